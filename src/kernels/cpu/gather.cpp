// A strip at a time: sixteen rows of a panel, one run of memory in the output, while as many rows
// of the source are read from front to back.
#include "carnyx/kernels/steps.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/gather.cpp"  // NOLINT(readability-identifier-naming)

#include <algorithm>
#include <array>
#include <memory>
#include <type_traits>
#include <utility>

#include "carnyx/base/ensure.h"

#include "kernels/cpu/augmented_gather.h"
#include "kernels/cpu/block_grid.h"
#include "kernels/cpu/element_type.h"
#include "kernels/cpu/strip.h"
#include "kernels/cpu/targets.h"
// Once for each of the targets.
#include "kernels/cpu/quotient-inl.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = QuotientFloats;
constexpr std::int64_t kLanes = kQuotientLanes;

template <class T>
HWY_INLINE float as_float(T value) {
  return static_cast<float>(value);
}
HWY_INLINE float as_float(Bfloat16 value) {
  return value.to_float();
}

bool is_exact_for_bytes(float divisor) {
  return quotients_are_exact(divisor);
}

template <bool kMultiplies, class T>
HWY_INLINE void divide_panel(const GatherSpec& spec, const T* from, float* to) {
  const auto divisor = hn::Set(Floats(), spec.divisor);
  const auto scale = hn::Set(Floats(), spec.scale);
  const auto shift = hn::Set(Floats(), spec.shift);
  for (std::int64_t i = 0; i < kPanel; i += kLanes) {
    const auto x = load_as_float(from + i);
    const auto quotient = kMultiplies ? corrected_quotient(x, spec.divisor) : hn::Div(x, divisor);
    hn::Store(hn::Add(hn::Mul(quotient, scale), shift), Floats(), to + i);
  }
}

/// One row of the strip; columns past `columns` become zero.
template <class T>
HWY_INLINE void gather_row(
    const GatherSpec& spec, bool multiplies, const T* from, std::int64_t columns, float* to) {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    if (columns == kPanel && multiplies) return divide_panel<true>(spec, from, to);
  }
  if constexpr (std::is_same_v<T, std::uint8_t> || std::is_same_v<T, float>) {
    if (columns == kPanel) return divide_panel<false>(spec, from, to);
  }
  for (std::int64_t i = 0; i < columns; ++i) {
    to[i] = as_float(from[i]) / spec.divisor * spec.scale + spec.shift;
  }
  for (std::int64_t i = columns; i < kPanel; ++i) to[i] = 0;
}

/// Asks for the lines that the next panels will need. A row is too short for the machine to see
/// that it is read in order: without this, rows that lie anywhere in memory take twice the time.
template <class T>
HWY_INLINE void prefetch(const T* row_start, std::int64_t panel) {
  constexpr std::int64_t kLine = 64;
  constexpr std::int64_t kAhead = 3;
  constexpr std::int64_t kPanelBytes = kPanel * static_cast<std::int64_t>(sizeof(T));
  const std::int64_t line = panel * kPanelBytes / kLine;
  if (panel != 0 && (panel - 1) * kPanelBytes / kLine == line) return;
  const auto* bytes = reinterpret_cast<const std::byte*>(row_start);
  for (std::int64_t ahead = panel == 0 ? 0 : kAhead; ahead <= kAhead; ++ahead) {
    __builtin_prefetch(bytes + (line + ahead) * kLine);
  }
}

template <class T>
void gather_rows(const GatherSpec& spec,
                 bool multiplies,
                 const T* source,
                 std::span<const std::int64_t> indices,
                 const StripPlace& place,
                 float* strip) {
  for (const std::int64_t index : indices) prefetch(source + index * spec.columns, place.panel);
  for (const std::int64_t index : indices) {
    const T* from = source + index * spec.columns + place.panel * kPanel;
    gather_row(spec, multiplies, from, place.columns, strip);
    strip += kPanel;
  }
}

void gather_strip(const GatherSpec& spec,
                  bool multiplies,
                  const std::byte* source,
                  std::span<const std::int64_t> indices,
                  const StripPlace& place,
                  float* strip) {
  with_element_type(spec.source_dtype, [&]<class T>(T) {
    gather_rows(spec, multiplies, reinterpret_cast<const T*>(source), indices, place, strip);
  });
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace carnyx::kernels {
namespace {

HWY_EXPORT(gather_strip);
HWY_EXPORT(is_exact_for_bytes);

constexpr std::int64_t kRows = 16;
constexpr std::int64_t kColumns = 4096;
using Strip = std::array<float, kRows * kPanel>;

/// The block's rows that have an index.
std::span<const std::int64_t> indices_of(const Block& block, const StepContext& context) {
  const auto indices = context.next.indices;
  const std::int64_t count = std::ssize(indices);
  const std::int64_t first = std::min(block.first_row, count);
  return indices.subspan(static_cast<std::size_t>(first),
                         static_cast<std::size_t>(std::min(block.row_end, count) - first));
}

class GatherFloats final : public Kernel {
 public:
  explicit GatherFloats(GatherSpec spec)
      : spec_(std::move(spec)),
        grid_(Layout::Panels, spec_.batch, spec_.columns, kRows, kColumns),
        multiplies_(spec_.source_dtype == DType::Uint8 &&
                    HWY_DYNAMIC_DISPATCH(is_exact_for_bytes)(spec_.divisor)) {}

  [[nodiscard]] std::int64_t chunks() const override { return grid_.count(); }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    const Block block = grid_[chunk];
    const auto indices = indices_of(block, arguments.context);
    for (std::int64_t column = block.first_column; column < block.column_end; column += kPanel) {
      const auto place = strip_place(block.first_row, block.rows(), column / kPanel, spec_.columns);
      run_strip(indices, place, arguments);
    }
  }

 private:
  /// The strip is made in the first output that can hold it as such, and copied to the others.
  void run_strip(std::span<const std::int64_t> indices,
                 const StripPlace& place,
                 const Arguments& arguments) const {
    alignas(64) Strip spare;
    float* strip = spare.data();
    const Operand* made = nullptr;
    for (const Operand& output : spec_.outputs) {
      float* direct = strip_in_place(output, arguments.buffers[output.buffer], place);
      if (direct == nullptr) continue;
      strip = direct;
      made = &output;
      break;
    }
    const std::byte* source = arguments.buffers[spec_.source_buffer];
    HWY_DYNAMIC_DISPATCH(gather_strip)(spec_, multiplies_, source, indices, place, strip);
    std::fill(strip + std::ssize(indices) * kPanel, strip + place.rows * kPanel, 0.0F);
    for (const Operand& output : spec_.outputs) {
      if (&output != made) store_strip(strip, place, output, arguments.buffers[output.buffer]);
    }
  }

  GatherSpec spec_;
  BlockGrid grid_;
  bool multiplies_;  ///< instead of dividing, to the same bits
};

template <class T>
void copy_labels(const T* from, std::int64_t count, std::int32_t* to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<std::int32_t>(from[i]);
}

void copy_labels(const Bfloat16* from, std::int64_t count, std::int32_t* to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<std::int32_t>(from[i].to_float());
}

class GatherLabels final : public Kernel {
 public:
  explicit GatherLabels(GatherSpec spec)
      : spec_(std::move(spec)), grid_(Layout::Rows, spec_.batch, 1, 256, 1) {}

  [[nodiscard]] std::int64_t chunks() const override { return grid_.count(); }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    for (const Operand& output : spec_.outputs) {
      std::int32_t* const labels = arguments.address<std::int32_t>(output.buffer);
      with_element_type(spec_.source_dtype, [&]<class T>(T) {
        gather(arguments.address<T>(spec_.source_buffer), grid_[chunk], arguments.context, labels);
      });
    }
  }

 private:
  template <class T>
  void gather(const T* source,
              const Block& block,
              const StepContext& context,
              std::int32_t* labels) const {
    std::int32_t* to = labels + block.first_row * spec_.columns;
    for (const std::int64_t index : indices_of(block, context)) {
      copy_labels(source + index * spec_.columns, spec_.columns, to);
      to += spec_.columns;
    }
    std::fill(to, labels + block.row_end * spec_.columns, 0);
  }

  GatherSpec spec_;
  BlockGrid grid_;
};

}  // namespace

std::unique_ptr<Kernel> make_gather(GatherSpec spec) {
  bool labels = false;
  for (Operand& output : spec.outputs) {
    const DType dtype = output.format.dtype;
    labels = dtype == DType::Int32;
    CARNYX_ENSURE(labels == (spec.outputs.front().format.dtype == DType::Int32));
    CARNYX_ENSURE(labels || dtype == DType::Float32 || dtype == DType::Bfloat16);
    const Shape matrix = {spec.batch, spec.columns};
    CARNYX_ENSURE(output.format.layout == Layout::Rows
                      ? output.shape.elements() == matrix.elements()
                      : output.shape == matrix && !labels);
    output.shape = matrix;  // in Rows [batch, height, width, channels] is the same memory
  }
  CARNYX_ENSURE(!labels || (spec.divisor == 1 && spec.scale == 1 && spec.shift == 0));
  CARNYX_ENSURE(!labels || !spec.change);
  if (labels) return std::make_unique<GatherLabels>(std::move(spec));
  if (spec.change) return make_augmented_gather(std::move(spec));
  return std::make_unique<GatherFloats>(std::move(spec));
}

}  // namespace carnyx::kernels
#endif
