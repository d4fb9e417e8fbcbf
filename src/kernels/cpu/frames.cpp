#include "kernels/cpu/frames.h"

#include <algorithm>
#include <utility>

#include "carnyx/kernels/format.h"

namespace carnyx::kernels {
namespace {

void copy(const float* from, std::int64_t count, float* to) {
  std::copy_n(from, count, to);
}
void copy(const Bfloat16* from, std::int64_t count, float* to) {
  std::transform(from, from + count, to, [](Bfloat16 x) { return x.to_float(); });
}

/// Ranges of `length` that `count` numbers in a row touch at most.
std::int64_t most_touched(std::int64_t count, std::int64_t length) {
  return (count + length - 2) / length + 1;
}

}  // namespace

std::unique_ptr<const Frames> Frames::make(const Convolution& convolution,
                                           const Operand& images,
                                           bool transposed,
                                           std::int64_t rows) {
  const Window& window = convolution.window;
  const std::int64_t channels = images.shape.columns() / convolution.groups;
  const bool suits = window.stride == Pair{1, 1} && channels % kPanel == 0 &&
                     images.format.layout == Layout::Panels;
  const bool has_places = convolution.result.elements() > 0;
  if (!suits || !has_places || window == Window{}) return nullptr;
  return std::make_unique<const Frames>(convolution, images, transposed, rows);
}

Frames::Frames(const Convolution& convolution, Operand images, bool transposed, std::int64_t rows)
    : images_(std::move(images)) {
  const Window& window = convolution.window;
  const Shape& placed = transposed ? convolution.image : convolution.result;
  places_ = {placed[1], placed[2]};
  panels_ = images_.shape.columns() / convolution.groups / kPanel;
  const auto seen = [&](std::size_t axis, std::int64_t tap) {  // from a place
    const std::int64_t shift = window.element(axis, 0, tap);
    return transposed ? -shift : shift;
  };
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t last = window.size[axis] - 1;
    first_[axis] = std::min(seen(axis, 0), seen(axis, last));
    more_[axis] = window.span(axis) - 1;
  }
  pitch_ = places_[1] + more_[1];
  const std::int64_t lines =
      most_touched(rows, places_[1]) + more_[0] * most_touched(rows, places_[0] * places_[1]);
  panel_stride_ = lines * pitch_ * kPanel;
  for (std::int64_t tap = 0; tap < window.size[0] * window.size[1]; ++tap) {
    const std::int64_t down = seen(0, tap / window.size[1]) - first_[0];
    const std::int64_t right = seen(1, tap % window.size[1]) - first_[1];
    for (std::int64_t panel = 0; panel < panels_; ++panel) {
      distances_.push_back(panel * panel_stride_ + (down * pitch_ + right) * kPanel);
    }
  }
}

std::int64_t Frames::place(std::int64_t first, std::int64_t row) const {
  const std::int64_t first_line = first / places_[1];
  const std::int64_t line = row / places_[1];
  const std::int64_t samples = line / places_[0] - first_line / places_[0];
  return ((line - first_line + samples * more_[0]) * pitch_ + row % places_[1]) * kPanel;
}

template <class T>
void Frames::fill_panel(const T* panel, std::int64_t row, std::int64_t rows, float* to) const {
  const std::int64_t height = images_.shape[1];
  const std::int64_t width = images_.shape[2];
  const std::int64_t left = std::clamp<std::int64_t>(-first_[1], 0, pitch_);
  const std::int64_t right = std::clamp(width - first_[1], left, pitch_);
  const std::int64_t end = (row + rows - 1) / places_[1] + 1;
  for (std::int64_t line = row / places_[1]; line < end;) {
    const std::int64_t sample = line / places_[0];
    const std::int64_t next = std::min(end, (sample + 1) * places_[0]);
    const std::int64_t first = line % places_[0] + first_[0];
    for (std::int64_t y = first; y < first + next - line + more_[0]; ++y, to += pitch_ * kPanel) {
      if (y < 0 || y >= height) {
        std::fill_n(to, pitch_ * kPanel, 0.0F);
        continue;
      }
      const std::int64_t element = (sample * height + y) * width + left + first_[1];
      std::fill_n(to, left * kPanel, 0.0F);
      copy(panel + element * kPanel, (right - left) * kPanel, to + left * kPanel);
      std::fill_n(to + right * kPanel, (pitch_ - right) * kPanel, 0.0F);
    }
    line = next;
  }
}

void Frames::fill(const std::byte* images,
                  std::int64_t group,
                  std::int64_t row,
                  std::int64_t rows,
                  float* to) const {
  for (std::int64_t panel = group * panels_; panel < (group + 1) * panels_; ++panel) {
    const std::int64_t first = panel * images_.shape.rows() * kPanel;
    if (images_.format.dtype == DType::Bfloat16) {
      fill_panel(reinterpret_cast<const Bfloat16*>(images) + first, row, rows, to);
    } else {
      fill_panel(reinterpret_cast<const float*>(images) + first, row, rows, to);
    }
    to += panel_stride_;
  }
}

}  // namespace carnyx::kernels
