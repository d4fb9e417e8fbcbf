// Images of a step changed by draws of that step: the op that layers use.
#include <algorithm>
#include <array>
#include <utility>

#include "carnyx/base/ensure.h"
#include "carnyx/kernels/steps.h"

#include "kernels/cpu/image.h"
#include "kernels/cpu/strip.h"

namespace carnyx::kernels {
namespace {

constexpr Format kPlain = {Layout::Rows, DType::Float32};

bool is_known(const Format& format) {
  const bool is_narrow = format.dtype == DType::Float32 || format.dtype == DType::Bfloat16;
  return is_narrow && (format.layout == Layout::Rows || format.layout == Layout::Panels);
}

/// visit(strip's place, the first of its elements in an image of [pixels][channels]) for all strips
/// of the image whose first pixel is `first_row` of its matrix.
template <class Visit>
void for_each_strip(std::int64_t first_row,
                    std::int64_t pixels,
                    std::int64_t channels,
                    const Visit& visit) {
  for (std::int64_t panel = 0; panel < panel_count(channels); ++panel) {
    for (std::int64_t row = 0; row < pixels; row += kStripRows) {
      const std::int64_t rows = std::min(kStripRows, pixels - row);
      visit(strip_place(first_row + row, rows, panel, channels), row * channels + panel * kPanel);
    }
  }
}

class ChangeImages final : public Kernel {
 public:
  explicit ChangeImages(ChangeImagesSpec spec) : spec_(std::move(spec)) {
    CARNYX_ENSURE(is_known(spec_.x.format) && is_known(spec_.y.format));
  }

  [[nodiscard]] std::int64_t chunks() const override { return spec_.x.shape[0]; }
  [[nodiscard]] std::int64_t scratch_bytes() const override {
    const std::int64_t floats = padded(spec_.change.elements()) +
                                padded(spec_.change.new_elements()) + image_spare(spec_.change);
    return floats * static_cast<std::int64_t>(sizeof(float));
  }

  void run(std::int64_t image, const Arguments& arguments) const override {
    const ImageChange& change = spec_.change;
    auto* const x = reinterpret_cast<float*>(arguments.scratch.data());
    float* const y = x + padded(change.elements());
    float* const spare = y + padded(change.new_elements());
    const ImageKey key{.seed = arguments.context.seed,
                       .stream = spec_.stream,
                       .time = static_cast<std::uint32_t>(arguments.context.step),
                       .sample = arguments.context.first_row + image};
    const float* const from = read(image, arguments, x);
    change_image_to_float(change,
                          draw_image(change, key),
                          {},
                          DType::Float32,
                          reinterpret_cast<const std::byte*>(from),
                          spare,
                          y);
    write(y, image, arguments);
  }

 private:
  static std::int64_t padded(std::int64_t elements) { return panel_count(elements) * kPanel; }

  /// The image itself where it lies as such, else a copy.
  const float* read(std::int64_t image, const Arguments& arguments, float* copy) const {
    const std::byte* const buffer = arguments.buffers[spec_.x.buffer];
    if (spec_.x.format == kPlain) {
      return reinterpret_cast<const float*>(buffer) + image * spec_.change.elements();
    }
    const std::int64_t channels = spec_.change.channels;
    const std::int64_t pixels = spec_.change.height * spec_.change.width;
    alignas(64) std::array<float, kStripRows * kPanel> strip;
    for_each_strip(
        image * pixels, pixels, channels, [&](const StripPlace& place, std::int64_t first) {
          load_strip(spec_.x, buffer, place, strip.data());
          for (std::int64_t i = 0; i < place.rows; ++i) {
            std::copy_n(strip.data() + i * kPanel, place.columns, copy + first + i * channels);
          }
        });
    return copy;
  }

  void write(const float* y, std::int64_t image, const Arguments& arguments) const {
    std::byte* const buffer = arguments.buffers[spec_.y.buffer];
    if (spec_.y.format == kPlain) {
      std::copy_n(y,
                  spec_.change.new_elements(),
                  reinterpret_cast<float*>(buffer) + image * spec_.change.new_elements());
      return;
    }
    const std::int64_t channels = spec_.change.channels;
    const std::int64_t pixels = spec_.change.new_height * spec_.change.new_width;
    alignas(64) std::array<float, kStripRows * kPanel> strip;
    for_each_strip(
        image * pixels, pixels, channels, [&](const StripPlace& place, std::int64_t first) {
          for (std::int64_t i = 0; i < place.rows; ++i) {
            std::copy_n(y + first + i * channels, place.columns, strip.data() + i * kPanel);
          }
          store_strip(strip.data(), place, spec_.y, buffer);
        });
  }

  ChangeImagesSpec spec_;
};

}  // namespace

std::unique_ptr<Kernel> make_change_images(ChangeImagesSpec spec) {
  return std::make_unique<ChangeImages>(std::move(spec));
}

}  // namespace carnyx::kernels
