#include "kernels/cpu/stages.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/stages.cpp"  // NOLINT(readability-identifier-naming)

#include <array>
#include <string>

#include "carnyx/base/error.h"

#include "kernels/cpu/targets.h"
// clang-format off: these need the target first
#include "kernels/cpu/dropout-inl.h"
#include "kernels/cpu/noise-inl.h"
#include "kernels/cpu/unary-inl.h"
#include "kernels/cpu/unary_gradient-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {

using Floats = hn::CappedTag<float, kPanel>;
constexpr std::int64_t kLanes = hn::MaxLanes(Floats());

/// x[i] = function(x[i])
template <class Function, class D = Floats>
HWY_INLINE void map_strip(float* strip, std::int64_t count, const Function& function, D d = D()) {
  for (std::int64_t i = 0; i < count; i += hn::MaxLanes(d)) {
    hn::Store(function(d, hn::Load(d, strip + i)), d, strip + i);
  }
}

/// x[i] = function(x[i], y[i])
template <class Function, class D = Floats>
HWY_INLINE void map_strips(
    float* strip, const float* other, std::int64_t count, const Function& function, D d = D()) {
  for (std::int64_t i = 0; i < count; i += hn::MaxLanes(d)) {
    hn::Store(function(d, hn::Load(d, strip + i), hn::LoadU(d, other + i)), d, strip + i);
  }
}

/// One stage's view of the strip.
struct Step {
  const Stage& stage;
  const StripPlace& place;
  const Arguments& arguments;
  float* strip;
  float* spare;

  [[nodiscard]] std::int64_t count() const { return place.rows * kPanel; }
  [[nodiscard]] const float* operand() const {
    return read_strip(stage.operand, arguments.buffers[stage.operand.buffer], place, spare);
  }
};

void binary_row(const Step& step) {
  const Floats d;
  const Stage& stage = step.stage;
  const StripPlace first{0, 1, step.place.panel, step.place.columns};
  alignas(64) std::array<float, kPanel> row;
  load_strip(stage.operand, step.arguments.buffers[stage.operand.buffer], first, row.data());
  with_binary(stage.binary, [&](const auto& function) HWY_ATTR {
    for (std::int64_t lane = 0; lane < kPanel; lane += kLanes) {
      const auto y = hn::Load(d, row.data() + lane);
      float* x = step.strip + lane;
      for (std::int64_t i = 0; i < step.place.rows; ++i, x += kPanel) {
        const auto own = hn::Load(d, x);
        hn::Store(stage.swapped ? function(d, y, own) : function(d, own, y), d, x);
      }
    }
  });
}

/// Rows begin to end of the strip with one row of the operand.
template <class Function>
HWY_INLINE void map_group(const Step& step,
                          std::int64_t begin,
                          std::int64_t end,
                          const float* row,
                          const Function& function) {
  const Floats d;
  for (std::int64_t lane = 0; lane < kPanel; lane += kLanes) {
    const auto y = hn::LoadU(d, row + lane);
    float* x = step.strip + begin * kPanel + lane;
    for (std::int64_t i = begin; i < end; ++i, x += kPanel) {
      const auto own = hn::Load(d, x);
      hn::Store(step.stage.swapped ? function(d, y, own) : function(d, own, y), d, x);
    }
  }
}

/// Groups that a strip has rows of are at most its rows, so their operand's rows fit in `spare`.
void binary_group(const Step& step) {
  const Stage& stage = step.stage;
  const std::int64_t length = stage.rows_per_sample;
  const std::int64_t columns = stage.operand.shape.columns();
  const bool is_one = columns == 1;
  const std::int64_t first = step.place.row / length;
  const std::int64_t last = (step.place.row + step.place.rows - 1) / length;
  const StripPlace groups =
      strip_place(first, last - first + 1, is_one ? 0 : step.place.panel, columns);
  const float* rows =
      read_strip(stage.operand, step.arguments.buffers[stage.operand.buffer], groups, step.spare);
  with_binary(stage.binary, [&](const auto& function) HWY_ATTR {
    alignas(64) std::array<float, kPanel> same;
    for (std::int64_t group = first; group <= last; ++group, rows += kPanel) {
      if (is_one) same.fill(rows[0]);
      map_group(step,
                std::max<std::int64_t>(0, group * length - step.place.row),
                std::min(step.place.rows, (group + 1) * length - step.place.row),
                is_one ? same.data() : rows,
                function);
    }
  });
}

void unary(const Step& step) {
  with_unary(step.stage.unary, step.stage.alpha, [&](const auto& function, auto... d) HWY_ATTR {
    map_strip(step.strip, step.count(), function, d...);
  });
}

void unary_gradient(const Step& step) {
  const float* operand = step.operand();
  with_unary_gradient(
      step.stage.unary, step.stage.alpha, [&](const auto& function, auto... d) HWY_ATTR {
        map_strips(step.strip, operand, step.count(), function, d...);
      });
}

void binary(const Step& step) {
  const float* operand = step.operand();
  with_binary(step.stage.binary, [&](const auto& function) HWY_ATTR {
    if (step.stage.swapped) {
      map_strips(step.strip, operand, step.count(), [&](auto d, auto x, auto y) HWY_ATTR {
        return function(d, y, x);
      });
    } else {
      map_strips(step.strip, operand, step.count(), function);
    }
  });
}

void gate(const Step& step) {
  const float alpha = step.stage.alpha;
  map_strips(step.strip, step.operand(), step.count(), [=](auto d, auto x, auto y) HWY_ATTR {
    return hn::IfThenElseZero(hn::Gt(y, hn::Zero(d)), hn::Mul(x, hn::Set(d, alpha)));
  });
}

void dropout(const Step& step) {
  const Floats d;
  const hn::Rebind<std::int32_t, Floats> integers;
  const hn::Rebind<std::uint16_t, Floats> halves;
  const StepContext& context = step.arguments.context;
  const DrawsKey key{.seed = context.seed,
                     .stream = step.stage.stream,
                     .step = static_cast<std::uint32_t>(context.step),
                     .first_block = static_cast<std::uint32_t>(step.place.panel * kPanel / 8)};
  const std::int64_t first_row = context.first_row * step.stage.rows_per_sample + step.place.row;
  const auto last_dropped = hn::Set(integers, static_cast<std::int32_t>(step.stage.threshold) - 1);
  const auto alpha = hn::Set(d, step.stage.alpha);
  alignas(64) std::array<std::uint16_t, kDrawnRows * kPanel> draws;
  for (std::int64_t row = 0; row < step.place.rows; row += kDrawnRows) {
    draw_rows(key, static_cast<std::uint32_t>(first_row + row), draws.data());
    const std::int64_t count = std::min(kDrawnRows, step.place.rows - row) * kPanel;
    float* x = step.strip + row * kPanel;
    for (std::int64_t i = 0; i < count; i += kLanes) {
      const auto draw = hn::PromoteTo(integers, hn::Load(halves, draws.data() + i));
      const auto kept = hn::RebindMask(d, hn::Gt(draw, last_dropped));
      hn::Store(hn::IfThenElseZero(kept, hn::Mul(hn::Load(d, x + i), alpha)), d, x + i);
    }
  }
}

void noise(const Step& step) {
  const StepContext& context = step.arguments.context;
  const DrawsKey key{.seed = context.seed,
                     .stream = step.stage.stream,
                     .step = static_cast<std::uint32_t>(context.step),
                     .first_block = static_cast<std::uint32_t>(step.place.panel * kNoiseBlocks)};
  const std::int64_t first_row = context.first_row * step.stage.rows_per_sample + step.place.row;
  for (std::int64_t row = 0; row < step.place.rows; row += kNoiseRows) {
    add_noise(key,
              static_cast<std::uint32_t>(first_row + row),
              std::min(kNoiseRows, step.place.rows - row),
              step.stage.alpha,
              step.strip + row * kPanel);
  }
}

void run_stage(const Step& step) {
  const Stage& stage = step.stage;
  const float alpha = stage.alpha;
  switch (stage.kind) {
    case StageKind::BinaryRow:
      return binary_row(step);
    case StageKind::BinaryGroup:
      return binary_group(step);
    case StageKind::Scale:
      return map_strip(step.strip, step.count(), [=](auto d, auto x) HWY_ATTR {
        return hn::Mul(x, hn::Set(d, alpha));
      });
    case StageKind::Shift:
      return map_strip(step.strip, step.count(), [=](auto d, auto x) HWY_ATTR {
        return hn::Add(x, hn::Set(d, alpha));
      });
    case StageKind::Unary:
      return unary(step);
    case StageKind::UnaryGradient:
      return unary_gradient(step);
    case StageKind::Binary:
      return binary(step);
    case StageKind::Gate:
      return gate(step);
    case StageKind::Dropout:
      return dropout(step);
    case StageKind::Noise:
      return noise(step);
    case StageKind::RowMask: {
      const std::int64_t valid =
          step.arguments.context.valid_rows * stage.rows_per_sample - step.place.row;
      const std::int64_t first = std::clamp<std::int64_t>(valid, 0, step.place.rows);
      std::fill(step.strip + first * kPanel, step.strip + step.count(), 0.0F);
      return;
    }
    case StageKind::Store:
      store_strip(
          step.strip, step.place, stage.operand, step.arguments.buffers[stage.operand.buffer]);
      return;
  }
}

void run_list(std::span<const Stage> stages,
              const StripPlace& place,
              const Arguments& arguments,
              float* strip,
              float* spare) {
  for (const Stage& stage : stages) run_stage({stage, place, arguments, strip, spare});
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace carnyx::kernels {
namespace {

HWY_EXPORT(run_list);

bool has_matrix(const Stage& stage) {
  switch (stage.kind) {
    case StageKind::Binary:
    case StageKind::UnaryGradient:
    case StageKind::Gate:
    case StageKind::Store:
      return true;
    default:
      return false;
  }
}

}  // namespace

void run_stages(std::span<const Stage> stages,
                const StripPlace& place,
                const Arguments& arguments,
                float* strip,
                float* spare) {
  HWY_DYNAMIC_DISPATCH(run_list)(stages, place, arguments, strip, spare);
}

void check_operand(const Operand& operand,
                   std::int64_t rows,
                   std::int64_t columns,
                   bool integers,
                   std::string_view place) {
  const DType dtype = operand.format.dtype;
  const bool is_float = dtype == DType::Float32 || dtype == DType::Bfloat16;
  const bool is_integer = dtype == DType::Uint8 || dtype == DType::Int32;
  if (!is_float && !(integers && is_integer)) {
    throw InvalidArgument(std::string(place) + ": expected float32 or bfloat16" +
                          (integers ? ", uint8 or int32" : "") + ", got " +
                          std::string(name_of(dtype)));
  }
  if (operand.buffer < 0 || operand.shape.rows() != rows || operand.shape.columns() != columns) {
    throw InvalidArgument(std::string(place) + ": expected a buffer of " +
                          Shape({rows, columns}).to_string() + ", got buffer " +
                          std::to_string(operand.buffer) + " of " + operand.shape.to_string());
  }
}

namespace {

void check_group(const Stage& stage,
                 std::int64_t rows,
                 std::int64_t columns,
                 std::string_view place) {
  const Shape& shape = stage.operand.shape;
  if (stage.rows_per_sample < 1) {
    throw InvalidArgument(std::string(place) + ": expected at least one row a group, got " +
                          std::to_string(stage.rows_per_sample));
  }
  check_operand(stage.operand,
                blocks_of(rows, stage.rows_per_sample),
                shape.columns() == 1 ? 1 : columns,
                true,
                place);
}

}  // namespace

void check_stages(std::span<const Stage> stages,
                  std::int64_t rows,
                  std::int64_t columns,
                  std::string_view kernel) {
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const Stage& stage = stages[i];
    const std::string place = std::string(kernel) + ": stage " + std::to_string(i);
    if (stage.kind == StageKind::BinaryRow) check_operand(stage.operand, 1, columns, true, place);
    if (stage.kind == StageKind::BinaryGroup) check_group(stage, rows, columns, place);
    if (has_matrix(stage)) {
      check_operand(stage.operand, rows, columns, stage.kind != StageKind::Store, place);
    }
  }
}

}  // namespace carnyx::kernels
#endif
