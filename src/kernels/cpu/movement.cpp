// A strip of the result is filled part by part, in runs of rows along the innermost axis of rows:
// in a run each step, from row to row and from column to column, is a fixed one in x's matrix.
#include <algorithm>
#include <string>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/kernels/image_steps.h"

#include "kernels/cpu/panel_copy.h"
#include "kernels/cpu/strip_chunks.h"

namespace carnyx::kernels {
namespace {

/// A step in a matrix.
struct MatrixStep {
  std::int64_t row = 0, column = 0;

  MatrixStep operator*(std::int64_t times) const { return {row * times, column * times}; }
  MatrixStep operator+(MatrixStep other) const { return {row + other.row, column + other.column}; }
  bool operator==(const MatrixStep&) const = default;
};

/// One axis of a box in the result.
struct BoxAxis {
  std::int64_t begin = 0, extent = 0;
  MatrixStep step;  ///< in x
};

/// A part whose places are those of x's matrix.
struct Box {
  Operand x;
  MatrixStep first;  ///< where its begin lies in x
  std::vector<BoxAxis> rows;
  BoxAxis columns;
};

MatrixStep step_of(std::int64_t elements, std::int64_t columns) {
  if (columns != 0 && elements % columns == 0) return {elements / columns, 0};
  if (elements == 1) return {0, 1};
  throw InvalidArgument("movement: expected strides of 0, 1 or whole rows of " +
                        std::to_string(columns) + ", got " + std::to_string(elements));
}

Box box_of(const MovedPart& part) {
  const std::int64_t columns = part.x.shape.columns();
  std::vector<BoxAxis> axes;
  for (std::size_t i = 0; i < part.strides.size(); ++i) {
    axes.push_back({part.begin[i], part.extents[i], step_of(part.strides[i], columns)});
  }
  Box box{.x = part.x, .first = {}, .rows = {}, .columns = axes.back()};
  if (columns > 0) box.first = {part.first / columns, part.first % columns};
  axes.pop_back();
  box.rows = std::move(axes);
  return box;
}

/// An axis that every part fills, in steps that its outer neighbour goes on with, is one with it.
bool merges(const std::vector<Box>& boxes, std::int64_t extent, std::size_t axis) {
  return std::ranges::all_of(boxes, [&](const Box& box) {
    const BoxAxis& inner = box.rows[axis];
    return inner.begin == 0 && inner.extent == extent &&
           box.rows[axis - 1].step == inner.step * extent;
  });
}

class Move final : public Kernel {
 public:
  explicit Move(MoveSpec spec)
      : spec_(std::move(spec)), extents_(spec_.shape.axes()), chunks_(strip_chunks(spec_.shape)) {
    std::int64_t gap = spec_.shape.elements();
    for (const MovedPart& part : spec_.parts) {
      boxes_.push_back(box_of(part));
      gap -= Shape(part.extents).elements();
    }
    has_gaps_ = gap > 0;
    extents_.pop_back();
    for (std::size_t axis = extents_.size(); axis-- > 1;) merge_axis(axis);
    if (!extents_.empty()) return;
    extents_ = {1};  // of a vector
    for (Box& box : boxes_) box.rows = {{.begin = 0, .extent = 1, .step = {}}};
  }

  [[nodiscard]] std::int64_t chunks() const override { return chunks_.count(); }
  [[nodiscard]] std::int64_t scratch_bytes() const override { return StripScratch::bytes(); }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    const StripScratch scratch(arguments);
    const ChunkBounds bounds = chunks_.bounds(chunk);
    for_each_strip(bounds, spec_.shape.columns(), [&](const StripPlace& place) {
      if (has_gaps_) std::fill_n(scratch.strip, place.rows * kPanel, spec_.number);
      for (const Box& box : boxes_) {
        const PanelSource from(box.x, arguments.buffers[box.x.buffer]);
        fill(box, place, from, scratch.strip);
      }
      run_stages(spec_.stages, place, arguments, scratch.strip, scratch.spare);
    });
  }

 private:
  void merge_axis(std::size_t axis) {
    if (!merges(boxes_, extents_[axis], axis)) return;
    for (Box& box : boxes_) {
      BoxAxis& outer = box.rows[axis - 1];
      outer = {outer.begin * extents_[axis], outer.extent * extents_[axis], box.rows[axis].step};
      box.rows.erase(box.rows.begin() + static_cast<std::ptrdiff_t>(axis));
    }
    extents_[axis - 1] *= extents_[axis];
    extents_.erase(extents_.begin() + static_cast<std::ptrdiff_t>(axis));
  }

  void fill(const Box& box, const StripPlace& place, const PanelSource& from, float* strip) const {
    const std::int64_t left = place.panel * kPanel;
    const std::int64_t begin = std::max(left, box.columns.begin);
    const std::int64_t end = std::min(left + place.columns, box.columns.begin + box.columns.extent);
    if (begin >= end) return;
    const MatrixStep to_column = box.columns.step * (begin - box.columns.begin);
    const std::int64_t extent = extents_.back();
    for (std::int64_t row = 0; row < place.rows;) {
      const std::int64_t inner = (place.row + row) % extent;
      const std::int64_t run = std::min(place.rows - row, extent - inner);
      MatrixStep at = box.first + to_column;
      if (is_inside(box, (place.row + row) / extent, at)) {
        const BoxAxis& axis = box.rows.back();
        const std::int64_t first = std::max(inner, axis.begin);
        const std::int64_t last = std::min(inner + run, axis.begin + axis.extent);
        at = at + axis.step * (first - axis.begin);
        float* to = strip + (row + first - inner) * kPanel + begin - left;
        copy(box, at, last - first, end - begin, from, to);
      }
      row += run;
    }
  }

  /// Whether the outer axes of rows are in the box; moves `at` along them.
  [[nodiscard]] bool is_inside(const Box& box, std::int64_t outer, MatrixStep& at) const {
    for (std::size_t i = extents_.size() - 1; i-- > 0;) {
      const std::int64_t index = outer % extents_[i] - box.rows[i].begin;
      if (index < 0 || index >= box.rows[i].extent) return false;
      at = at + box.rows[i].step * index;
      outer /= extents_[i];
    }
    return true;
  }

  static void copy(const Box& box,
                   MatrixStep at,
                   std::int64_t rows,
                   std::int64_t columns,
                   const PanelSource& from,
                   float* to) {
    const MatrixStep down = box.rows.back().step;
    if (box.columns.step == MatrixStep{0, 1} && down.column == 0) {
      from.copy_rows(at.row, at.column, down.row, rows, columns, to);
      return;
    }
    for (std::int64_t row = 0; row < rows; ++row, at = at + down, to += kPanel) {
      if (box.columns.step == MatrixStep{0, 1}) {
        from.copy_rows(at.row, at.column, 0, 1, columns, to);
      } else {
        from.copy_column(at.row, at.column, box.columns.step.row, columns, to);
      }
    }
  }

  MoveSpec spec_;
  std::vector<std::int64_t> extents_;  // of the axes of rows, some merged
  std::vector<Box> boxes_;
  bool has_gaps_ = false;
  Chunks chunks_;
};

void check_part(const MovedPart& part, const Shape& shape) {
  check_operand(part.x, part.x.shape.rows(), part.x.shape.columns(), false, "movement: x");
  const auto rank = static_cast<std::size_t>(shape.rank());
  bool fits = part.begin.size() == rank && part.extents.size() == rank &&
              part.strides.size() == rank && rank > 0;
  for (std::size_t i = 0; fits && i < rank; ++i) {
    fits = part.begin[i] >= 0 && part.extents[i] >= 0 &&
           part.begin[i] + part.extents[i] <= shape.axes()[i];
  }
  if (!fits) {
    throw InvalidArgument("movement: expected a box in " + shape.to_string() + ", got " +
                          Shape(part.extents).to_string() + " from " +
                          Shape(part.begin).to_string() + " on");
  }
}

}  // namespace

std::unique_ptr<Kernel> make_move(MoveSpec spec) {
  for (const MovedPart& part : spec.parts) check_part(part, spec.shape);
  check_stages(spec.stages, spec.shape.rows(), spec.shape.columns(), "movement");
  return std::make_unique<Move>(std::move(spec));
}

}  // namespace carnyx::kernels
