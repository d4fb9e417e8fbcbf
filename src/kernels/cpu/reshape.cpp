#include <utility>

#include "carnyx/base/ensure.h"
#include "carnyx/kernels/image_steps.h"

#include "kernels/cpu/panel_copy.h"
#include "kernels/cpu/strip_chunks.h"

namespace carnyx::kernels {
namespace {

/// A row of a strip is a run of elements, which may lie in several rows and panels of x.
class Reshape final : public Kernel {
 public:
  Reshape(Operand x, const Shape& shape, std::vector<Stage> stages)
      : x_(std::move(x)),
        columns_(shape.columns()),
        stages_(std::move(stages)),
        chunks_(strip_chunks(shape)) {}

  [[nodiscard]] std::int64_t chunks() const override { return chunks_.count(); }
  [[nodiscard]] std::int64_t scratch_bytes() const override { return StripScratch::bytes(); }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    const StripScratch scratch(arguments);
    const PanelSource from(x_, arguments.buffers[x_.buffer]);
    for_each_strip(chunks_.bounds(chunk), columns_, [&](const StripPlace& place) {
      fill(from, place, scratch.strip);
      run_stages(stages_, place, arguments, scratch.strip, scratch.spare);
    });
  }

 private:
  void fill(const PanelSource& from, const StripPlace& place, float* strip) const {
    const std::int64_t width = from.columns();
    const std::int64_t first = place.row * columns_ + place.panel * kPanel;
    std::int64_t row = first / width, column = first % width;
    for (std::int64_t i = 0; i < place.rows; ++i, strip += kPanel) {
      copy_elements(from, row, column, place.columns, strip);
      row += columns_ / width;
      column += columns_ % width;
      if (column >= width) ++row, column -= width;
    }
  }

  /// `count` elements in row-major order from [row, column] on.
  static void copy_elements(const PanelSource& from,
                            std::int64_t row,
                            std::int64_t column,
                            std::int64_t count,
                            float* to) {
    for (std::int64_t done = 0; done < count; ++row, column = 0) {
      const std::int64_t in_row = std::min(count - done, from.columns() - column);
      from.copy_rows(row, column, 0, 1, in_row, to + done);
      done += in_row;
    }
  }

  Operand x_;
  std::int64_t columns_;
  std::vector<Stage> stages_;
  Chunks chunks_;
};

}  // namespace

std::unique_ptr<Kernel> make_reshape(Operand x, const Shape& shape, std::vector<Stage> stages) {
  CARNYX_ENSURE(x.shape.elements() == shape.elements());
  check_operand(x, x.shape.rows(), x.shape.columns(), false, "reshape: x");
  check_stages(stages, shape.rows(), shape.columns(), "reshape");
  return std::make_unique<Reshape>(std::move(x), shape, std::move(stages));
}

}  // namespace carnyx::kernels
