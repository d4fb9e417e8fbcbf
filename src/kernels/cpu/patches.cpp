#include "kernels/cpu/patches.h"

#include <algorithm>

#include "kernels/cpu/strip.h"

namespace carnyx::kernels {
namespace {

std::int64_t floor_of(std::int64_t a, std::int64_t b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}
std::int64_t ceiling_of(std::int64_t a, std::int64_t b) {
  return -floor_of(-a, b);
}

/// Of consecutive places along an axis, those where a tap lies on an element.
struct Seen {
  std::int64_t place = 0, place_step = 1;
  std::int64_t element = 0, element_step = 1;
  std::int64_t count = 0;
};

Seen see(const Window& window,
         std::size_t axis,
         std::int64_t tap,
         bool transposed,
         std::int64_t first,
         std::int64_t end,
         std::int64_t extent) {
  const std::int64_t stride = window.stride[axis];
  const std::int64_t shift = window.element(axis, 0, tap);
  if (transposed) {  // place = element * stride + shift
    const std::int64_t low = std::max<std::int64_t>(0, ceiling_of(first - shift, stride));
    const std::int64_t high = std::min(extent, floor_of(end - 1 - shift, stride) + 1);
    return {.place = low * stride + shift,
            .place_step = stride,
            .element = low,
            .count = std::max<std::int64_t>(0, high - low)};
  }
  const std::int64_t low = std::max(first, ceiling_of(-shift, stride));
  const std::int64_t high = std::min(end, floor_of(extent - 1 - shift, stride) + 1);
  return {.place = low,
          .element = low * stride + shift,
          .element_step = stride,
          .count = std::max<std::int64_t>(0, high - low)};
}

void clear(float* to, std::int64_t rows, std::int64_t columns) {
  if (columns == kPanel) {
    std::fill_n(to, rows * kPanel, 0.0F);
    return;
  }
  for (; rows > 0; --rows, to += kPanel) std::fill_n(to, columns, 0.0F);
}

float as_float(float x) {
  return x;
}
float as_float(Bfloat16 x) {
  return x.to_float();
}

/// `rows` times `kCount` numbers. The compiler must know the count: a call of memmove for a few
/// bytes costs more than the product that reads them.
template <std::int64_t kCount, class T>
void copy_rows(
    const T* from, std::int64_t step, std::int64_t rows, float* to, std::int64_t to_step) {
  for (; rows > 0; --rows, from += step, to += to_step) {
    for (std::int64_t i = 0; i < kCount; ++i) to[i] = as_float(from[i]);
  }
}

template <class T>
void copy_rows(const T* from,
               std::int64_t count,
               std::int64_t step,
               std::int64_t rows,
               float* to,
               std::int64_t to_step) {
  switch (count) {
    case 1:
      return copy_rows<1>(from, step, rows, to, to_step);
    case 2:
      return copy_rows<2>(from, step, rows, to, to_step);
    case 3:
      return copy_rows<3>(from, step, rows, to, to_step);
    case 4:
      return copy_rows<4>(from, step, rows, to, to_step);
    case kPanel:
      return copy_rows<kPanel>(from, step, rows, to, to_step);
    default:
      for (; rows > 0; --rows, from += step, to += to_step) {
        for (std::int64_t i = 0; i < count; ++i) to[i] = as_float(from[i]);
      }
  }
}

}  // namespace

/// Consecutive places of one line.
struct Patches::Run {
  std::int64_t sample, line;
  std::int64_t first, end;  ///< places along the line
};

Patches::Patches(const Convolution& convolution, Operand images, bool transposed)
    : window_(convolution.window), images_(std::move(images)), transposed_(transposed) {
  const Shape& placed = transposed ? convolution.image : convolution.result;
  places_ = {placed[1], placed[2]};
  rows_ = placed.rows();
  channels_ = images_.shape.columns() / convolution.groups;
  columns_ = window_.size[0] * window_.size[1] * channels_;
  for (std::int64_t panel = 0; panel < panel_count(columns_); ++panel) {
    segments_.push_back(segments_of(panel));
  }
}

/// A segment ends with its tap, its panel, and where Panels of the images have an end.
std::vector<Patches::Segment> Patches::segments_of(std::int64_t panel) const {
  std::vector<Segment> segments;
  const std::int64_t end = std::min(columns_, (panel + 1) * kPanel);
  for (std::int64_t column = panel * kPanel; column < end;) {
    const std::int64_t tap = column / channels_;
    const std::int64_t channel = column % channels_;
    const std::int64_t left = std::min(channels_ - channel, kPanel - channel % kPanel);
    const std::int64_t count = std::min(left, end - column);
    segments.push_back({.row_tap = tap / window_.size[1],
                        .column_tap = tap % window_.size[1],
                        .channel = channel,
                        .count = count,
                        .column = column % kPanel});
    column += count;
  }
  return segments;
}

template <class T>
void Patches::pack_run(const std::byte* images,
                       const Run& run,
                       const Segment& segment,
                       float* to) const {
  const Shape& shape = images_.shape;
  const std::int64_t length = run.end - run.first;
  const Seen line = see(window_, 0, segment.row_tap, transposed_, run.line, run.line + 1, shape[1]);
  const Seen seen = see(window_, 1, segment.column_tap, transposed_, run.first, run.end, shape[2]);
  const std::int64_t count = line.count == 0 ? 0 : seen.count;
  if (count < length) clear(to, length, segment.count);
  if (count == 0) return;
  const bool padded = images_.format.layout != Layout::Rows;
  const std::int64_t from_row = (run.sample * shape[1] + line.element) * shape[2] + seen.element;
  const std::int64_t row_stride = padded ? kPanel : shape.columns();
  const T* from =
      reinterpret_cast<const T*>(images) +
      offset(images_.format.layout, shape.rows(), shape.columns(), from_row, segment.channel);
  float* first = to + (seen.place - run.first) * kPanel;
  copy_rows(
      from, segment.count, seen.element_step * row_stride, count, first, seen.place_step * kPanel);
}

void Patches::pack(const std::byte* images,
                   std::int64_t group,
                   std::int64_t row,
                   std::int64_t rows,
                   std::int64_t first,
                   std::int64_t panels,
                   float* to) const {
  const std::int64_t per_sample = places_[0] * places_[1];
  for (std::int64_t done = 0; done < rows;) {
    const std::int64_t place = (row + done) % per_sample;
    const std::int64_t column = place % places_[1];
    const std::int64_t count = std::min(rows - done, places_[1] - column);
    const Run run{.sample = (row + done) / per_sample,
                  .line = place / places_[1],
                  .first = column,
                  .end = column + count};
    for (std::int64_t i = 0; i < panels; ++i) {
      for (Segment segment : segments_[static_cast<std::size_t>(first + i)]) {
        segment.channel += group * channels_;
        float* out = to + (i * rows + done) * kPanel + segment.column;
        if (images_.format.dtype == DType::Bfloat16) {
          pack_run<Bfloat16>(images, run, segment, out);
        } else {
          pack_run<float>(images, run, segment, out);
        }
      }
    }
    done += count;
  }
}

const float* Patches::in_place(const std::byte* images,
                               std::int64_t group,
                               std::int64_t panel) const {
  const bool is_plain = window_ == Window{} && (channels_ % kPanel == 0 || group == 0);
  if (!is_plain || images_.format != Format{Layout::Panels, DType::Float32}) return nullptr;
  const std::int64_t first = group * channels_ / kPanel + panel;
  return reinterpret_cast<const float*>(images) + first * images_.shape.rows() * kPanel;
}

}  // namespace carnyx::kernels
