// Pooling makes strips of places, each from the rows of the image beneath it. Its gradient makes
// bands of pixels: every window that reaches into a band is looked at, and adds there what belongs
// there, so bands are independent and pixels' sums run in the order of the windows.
#include <limits>
#include <string>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/kernels/image_steps.h"

#include "kernels/cpu/pooling_rows.h"
#include "kernels/cpu/strip_chunks.h"

namespace carnyx::kernels {
namespace {

std::int64_t round_up(std::int64_t x, std::int64_t unit) {
  return (x + unit - 1) / unit * unit;
}

/// Images, the window on them, and its places.
struct Places {
  Window window;
  std::int64_t height, width;  // of an image
  std::int64_t rows, columns;  // of places

  Places(const Window& pool_window, const Shape& image)
      : window(pool_window),
        height(image[1]),
        width(image[2]),
        rows(window.places(0, height)),
        columns(window.places(1, width)) {}

  [[nodiscard]] PlaceRow along(std::int64_t first, std::int64_t places) const {
    return {.places = places,
            .first = window.element(1, first, 0),
            .stride = window.stride[1],
            .dilation = window.dilation[1],
            .taps = window.size[1],
            .width = width};
  }
  /// The taps along the height that are inside of the image, of a row of places.
  [[nodiscard]] PlaceRow::Taps taps_inside(std::int64_t row) const {
    const PlaceRow down{.dilation = window.dilation[0], .taps = window.size[0], .width = height};
    return down.inside(window.element(0, row, 0));
  }
};

class Pool final : public Kernel {
 public:
  Pool(PoolSpec spec, const Shape& result)
      : spec_(std::move(spec)), places_(spec_.window, spec_.x.shape), columns_(result.columns()) {
    constexpr std::int64_t kPixels = 4096;  // that a chunk reads: some 64 Ki elements
    const std::int64_t taps = spec_.window.size[0] * spec_.window.size[1];
    const std::int64_t rows = std::clamp(kPixels / taps, kPanel, 8 * kStripRows);
    chunks_ = {.rows = result.rows(),
               .panels = result.rows() == 0 ? 0 : panel_count(columns_),
               .rows_per_chunk = round_up(rows, kPanel)};
  }

  [[nodiscard]] std::int64_t chunks() const override { return chunks_.count(); }
  [[nodiscard]] std::int64_t scratch_bytes() const override {
    return StripScratch::bytes(places_.width);
  }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    const StripScratch scratch(arguments);
    for_each_strip(chunks_.bounds(chunk), columns_, [&](const StripPlace& place) {
      std::int64_t step = 0;
      for (std::int64_t row = 0; row < place.rows; row += step) {
        const std::int64_t first = (place.row + row) % places_.columns;
        step = std::min(place.rows - row, places_.columns - first);
        pool(place, row, step, arguments, scratch);
      }
      run_stages(spec_.stages, place, arguments, scratch.strip, scratch.spare);
    });
  }

 private:
  /// Rows `row` to `row + places` of the strip, all in one row of places.
  void pool(const StripPlace& place,
            std::int64_t row,
            std::int64_t places,
            const Arguments& arguments,
            const StripScratch& scratch) const {
    const std::int64_t index = place.row + row;
    const std::int64_t row_of_places = index / places_.columns;
    const std::int64_t image = row_of_places / places_.rows;
    const PlaceRow along = places_.along(index % places_.columns, places);
    float* out = scratch.strip + row * kPanel;
    const std::int64_t i = row_of_places % places_.rows;
    const PlaceRow::Taps taps = places_.taps_inside(i);
    for (std::int64_t tap = taps.first; tap < taps.end; ++tap) {
      const std::int64_t image_row = image * places_.height + places_.window.element(0, i, tap);
      const StripPlace pixels{image_row * places_.width, places_.width, place.panel, place.columns};
      const float* x = read_strip(spec_.x, arguments.buffers[spec_.x.buffer], pixels, scratch.rest);
      pool_row(spec_.kind, along, x, tap == taps.first, out);
    }
    const std::int64_t rows = std::max<std::int64_t>(0, taps.end - taps.first);
    const bool max = spec_.kind == Pooling::Max;
    const float nothing = max ? -std::numeric_limits<float>::infinity() : 0.0F;
    if (rows == 0) std::fill_n(out, places * kPanel, nothing);
    if (spec_.kind == Pooling::Average) divide_by_counts(along, rows, out);
  }

  PoolSpec spec_;
  Places places_;
  std::int64_t columns_;
  Chunks chunks_;
};

class PoolGradient final : public Kernel {
 public:
  explicit PoolGradient(PoolGradientSpec spec)
      : spec_(std::move(spec)),
        places_(spec_.window, spec_.image),
        columns_(spec_.image.columns()) {
    // Windows at a band's ends are looked at twice: bands are high, but not so that they leave L2.
    constexpr std::int64_t kFewestPixels = 512;
    const std::int64_t high = 8 * places_.width, window = 2 * spec_.window.size[0] * places_.width;
    chunks_ = {.rows = spec_.image.rows(),
               .panels = spec_.image.rows() == 0 ? 0 : panel_count(columns_),
               .rows_per_chunk = round_up(std::max({kFewestPixels, high, window}), kStripRows)};
  }

  [[nodiscard]] std::int64_t chunks() const override { return chunks_.count(); }
  [[nodiscard]] std::int64_t scratch_bytes() const override {
    return StripScratch::bytes(chunks_.rows_per_chunk + places_.columns + window_pixels());
  }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    const StripScratch scratch(arguments);
    const ChunkBounds band = chunks_.bounds(chunk);
    const std::int64_t pixels = places_.height * places_.width;
    float* dx = scratch.rest;
    std::fill_n(dx, band.rows * kPanel, 0.0F);
    for (std::int64_t image = band.row / pixels; image * pixels < band.row + band.rows; ++image) {
      add_image(band, image, dx, arguments);
    }
    for_each_strip(band, columns_, [&](const StripPlace& place) {
      std::copy_n(dx + (place.row - band.row) * kPanel, place.rows * kPanel, scratch.strip);
      run_stages(spec_.stages, place, arguments, scratch.strip, scratch.spare);
    });
  }

 private:
  /// Of the image's rows that one row of places looks at.
  [[nodiscard]] std::int64_t window_pixels() const {
    return std::min(places_.height, spec_.window.span(0)) * places_.width;
  }

  void add_image(const ChunkBounds& band,
                 std::int64_t image,
                 float* dx,
                 const Arguments& arguments) const {
    const std::int64_t first_pixel = image * places_.height * places_.width;
    const std::int64_t last =
        std::min(band.row + band.rows - first_pixel, places_.height * places_.width) - 1;
    const std::int64_t top = std::max<std::int64_t>(0, band.row - first_pixel) / places_.width;
    const std::int64_t bottom = last / places_.width;
    for (std::int64_t i = 0; i < places_.rows; ++i) {
      const std::int64_t begin = spec_.window.element(0, i, 0);
      if (begin > bottom) break;
      if (begin + spec_.window.span(0) > top) add_row(band, image, i, dx, arguments);
    }
  }

  void add_row(const ChunkBounds& band,
               std::int64_t image,
               std::int64_t i,
               float* dx,
               const Arguments& arguments) const {
    const PlaceRow::Taps taps = places_.taps_inside(i);
    if (taps.first >= taps.end) return;
    float* slope_spare = dx + chunks_.rows_per_chunk * kPanel;
    float* x_spare = slope_spare + places_.columns * kPanel;
    const auto read = [&](const Operand& from, std::int64_t row, std::int64_t rows, float* spare) {
      const StripPlace place = strip_place(row, rows, band.panel, columns_);
      return read_strip(from, arguments.buffers[from.buffer], place, spare);
    };
    const std::int64_t top = spec_.window.element(0, i, taps.first);
    const std::int64_t bottom = spec_.window.element(0, i, taps.end - 1);
    const std::int64_t first_pixel = (image * places_.height + top) * places_.width;
    PoolSlopes slopes{.row = places_.along(0, places_.columns),
                      .rows = taps.end - taps.first,
                      .row_pixels = spec_.window.dilation[0] * places_.width,
                      .dx = dx,
                      .first = first_pixel - band.row,
                      .pixels = band.rows};
    slopes.slope = read(
        spec_.slope, (image * places_.rows + i) * places_.columns, places_.columns, slope_spare);
    if (spec_.kind != Pooling::Max) return add_average_slopes(slopes);
    slopes.x = read(*spec_.x, first_pixel, (bottom - top + 1) * places_.width, x_spare);
    add_max_slopes(slopes);
  }

  PoolGradientSpec spec_;
  Places places_;
  std::int64_t columns_;
  Chunks chunks_;
};

Shape pooled(const Window& window, const Shape& image, std::string_view place) {
  if (image.rank() != 4) {
    throw InvalidArgument(std::string(place) + ": expected images [B, H, W, C], got " +
                          image.to_string());
  }
  return {image[0], window.places(0, image[1]), window.places(1, image[2]), image[3]};
}

}  // namespace

std::unique_ptr<Kernel> make_pool2d(PoolSpec spec) {
  const Shape& image = spec.x.shape;
  const Shape result = pooled(spec.window, image, "pooling");
  check_operand(spec.x, image.rows(), image.columns(), false, "pooling: x");
  check_stages(spec.stages, result.rows(), result.columns(), "pooling");
  return std::make_unique<Pool>(std::move(spec), result);
}

std::unique_ptr<Kernel> make_pool2d_gradient(PoolGradientSpec spec) {
  const std::int64_t rows = spec.image.rows(), columns = spec.image.columns();
  const Shape slope = pooled(spec.window, spec.image, "pooling's gradient");
  check_operand(spec.slope, slope.rows(), slope.columns(), false, "pooling's gradient: slope");
  if (spec.kind == Pooling::Max) {
    if (!spec.x) throw InvalidArgument("pooling's gradient: expected x of max pooling, got none");
    check_operand(*spec.x, rows, columns, false, "pooling's gradient: x");
  }
  check_stages(spec.stages, rows, columns, "pooling's gradient");
  return std::make_unique<PoolGradient>(std::move(spec));
}

}  // namespace carnyx::kernels
