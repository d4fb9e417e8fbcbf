#include "kernels/cpu/augmented_gather.h"

#include <algorithm>
#include <utility>

#include "carnyx/base/ensure.h"
#include "carnyx/base/rng.h"

#include "kernels/cpu/image.h"
#include "kernels/cpu/row_set.h"

namespace carnyx::kernels {
namespace {

/// Images that one thread changes at a time: 10 to 50 microseconds, and whole blocks of lines.
std::int64_t rows_at_once(const GatherSpec& spec) {
  constexpr std::int64_t kElements = 16 << 10;
  for (const Operand& output : spec.outputs) {
    if (output.format.layout == Layout::ColumnTiles) return RowSet::kMostRows;
  }
  return std::clamp<std::int64_t>(
      kElements / std::max<std::int64_t>(spec.columns, 1), 1, RowSet::kMostRows);
}

class AugmentedGather final : public Kernel {
 public:
  explicit AugmentedGather(GatherSpec spec)
      : spec_(std::move(spec)),
        change_(*spec_.change),
        rows_at_once_(rows_at_once(spec_)),
        scaling_{.divisor = spec_.divisor,
                 .multiplies = spec_.source_dtype == DType::Uint8 &&
                               divides_bytes_by_multiplying(spec_.divisor),
                 .scale = spec_.scale,
                 .shift = spec_.shift} {
    CARNYX_ENSURE(change_.new_elements() == spec_.columns);
    CARNYX_ENSURE(spec_.source_dtype == DType::Uint8 || spec_.source_dtype == DType::Float32);
  }

  [[nodiscard]] std::int64_t chunks() const override {
    return (spec_.batch + rows_at_once_ - 1) / rows_at_once_;
  }
  [[nodiscard]] std::int64_t scratch_bytes() const override {
    const std::int64_t floats =
        rows_at_once_ * RowSet::padded(spec_.columns) + image_spare(change_);
    return floats * static_cast<std::int64_t>(sizeof(float));
  }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    auto* const scratch = reinterpret_cast<float*>(arguments.scratch.data());
    const std::int64_t first = chunk * rows_at_once_;
    const std::int64_t rows = std::min(rows_at_once_, spec_.batch - first);
    const RowSet images(scratch, first, rows, spec_.columns);
    float* const spare = scratch + rows_at_once_ * images.padded();
    for (std::int64_t i = 0; i < rows; ++i) {
      float* const image = images.row(i);
      if (!make_image(first + i, arguments, spare, image)) {
        std::fill_n(image, spec_.columns, 0.0F);
      }
      std::fill(image + spec_.columns, image + images.padded(), 0.0F);
    }
    for (const Operand& output : spec_.outputs) store(images, output, first, arguments);
  }

 private:
  /// False where the batch has no such row.
  bool make_image(std::int64_t row, const Arguments& arguments, float* spare, float* image) const {
    const BatchRows& next = arguments.context.next;
    if (row >= std::ssize(next.indices)) return false;
    const auto at = static_cast<std::size_t>(row);
    const std::int64_t index = next.indices[at];
    const ImageKey key{.seed = next.seed,
                       .stream = stream_,
                       .time = static_cast<std::uint32_t>(next.epoch),
                       .sample = next.samples.empty() ? index : next.samples[at]};
    const std::byte* const source = arguments.buffers[spec_.source_buffer] +
                                    index * change_.elements() * size_of(spec_.source_dtype);
    change_image_to_float(
        change_, draw_image(change_, key), scaling_, spec_.source_dtype, source, spare, image);
    return true;
  }

  void store(const RowSet& images,
             const Operand& output,
             std::int64_t first,
             const Arguments& arguments) const {
    if (output.format != Format{Layout::Rows, DType::Float32}) {
      return images.store(output, arguments);
    }
    float* to = arguments.address<float>(output.buffer) + first * spec_.columns;
    for (std::int64_t i = 0; i < images.rows(); ++i, to += spec_.columns) {
      std::copy_n(images.row(i), spec_.columns, to);
    }
  }

  GatherSpec spec_;
  ImageChange change_;
  std::uint32_t stream_ = gather_stream();
  std::int64_t rows_at_once_;
  ImageScaling scaling_;
};

}  // namespace

std::uint32_t gather_stream() {
  return stream_of("augmentation");
}

std::unique_ptr<Kernel> make_augmented_gather(GatherSpec spec) {
  return std::make_unique<AugmentedGather>(std::move(spec));
}

}  // namespace carnyx::kernels
