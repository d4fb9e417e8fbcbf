#include "kernels/cpu/patches.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "carnyx/base/ensure.h"

#include "kernels/cpu/strip.h"

namespace carnyx::kernels {
namespace {

/// Of most windows b is 1, and a division costs as much as copying some rows.
std::int64_t floor_of(std::int64_t a, std::int64_t b) {
  if (b == 1) return a;
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}
std::int64_t ceiling_of(std::int64_t a, std::int64_t b) {
  return -floor_of(-a, b);
}

struct Range {
  std::int64_t first, end;
};

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
         Range places,
         std::int64_t extent) {
  const auto [first, end] = places;
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

/// Whole rows that lie one behind the other.
void copy_panel(const float* from, std::int64_t rows, float* to) {
  std::memcpy(to, from, static_cast<std::size_t>(rows * kPanel) * sizeof(float));
}
void copy_panel(const Bfloat16* from, std::int64_t rows, float* to) {
  for (std::int64_t i = 0; i < rows * kPanel; ++i) to[i] = from[i].to_float();
}

template <class T>
void copy_rows(const T* from,
               std::int64_t count,
               std::int64_t step,
               std::int64_t rows,
               float* to,
               std::int64_t to_step) {
  if (count == kPanel && step == kPanel && to_step == kPanel) return copy_panel(from, rows, to);
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

Patches::Patches(const Convolution& convolution, Operand images, bool transposed)
    : window_(convolution.window), images_(std::move(images)), transposed_(transposed) {
  CARNYX_ENSURE(images_.format.layout == Layout::Rows || images_.format.layout == Layout::Panels);
  const Shape& placed = transposed ? convolution.image : convolution.result;
  places_ = {placed[1], placed[2]};
  rows_ = placed.rows();
  channels_ = images_.shape.columns() / convolution.groups;
  columns_ = window_.size[0] * window_.size[1] * channels_;
  order_taps();
  for (std::int64_t panel = 0; panel < panel_count(columns_); ++panel) {
    segments_.push_back(segments_of(panel));
  }
}

/// The first row and column of places that see a tap, seen from the result.
Pair Patches::phase_of(std::int64_t tap) const {
  const auto residue = [&](std::size_t axis, std::int64_t axis_tap) {
    const std::int64_t shift = window_.element(axis, 0, axis_tap);
    return shift - floor_of(shift, window_.stride[axis]) * window_.stride[axis];
  };
  return {residue(0, tap / window_.size[1]), residue(1, tap % window_.size[1])};
}

void Patches::order_taps() {
  taps_.resize(static_cast<std::size_t>(window_.size[0] * window_.size[1]));
  std::iota(taps_.begin(), taps_.end(), 0);
  const Pair steps = window_.stride;
  if (!transposed_ || steps == Pair{1, 1} || channels_ % kPanel != 0) {
    phases_ = {Phase{.columns = columns_}};
    return;
  }
  std::ranges::stable_sort(taps_, {}, [&](std::int64_t tap) { return phase_of(tap); });
  std::int64_t column = 0;
  for (std::int64_t i = 0; i < steps[0] * steps[1]; ++i) {
    const Pair first = {i / steps[1], i % steps[1]};
    const auto taps =
        std::ranges::count_if(taps_, [&](std::int64_t tap) { return phase_of(tap) == first; });
    phases_.push_back(
        {.first = first, .step = steps, .column = column, .columns = taps * channels_});
    column += taps * channels_;
  }
}

/// A segment ends with its tap, its panel, and where Panels of the images have an end.
std::vector<Patches::Segment> Patches::segments_of(std::int64_t panel) const {
  std::vector<Segment> segments;
  const std::int64_t end = std::min(columns_, (panel + 1) * kPanel);
  for (std::int64_t column = panel * kPanel; column < end;) {
    const std::int64_t tap = taps_[static_cast<std::size_t>(column / channels_)];
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
void Patches::pack_segment(const std::byte* images,
                           const Run& run,
                           const Segment& segment,
                           float* to) const {
  const Shape& shape = images_.shape;
  const std::int64_t end = run.first + (run.count - 1) * run.step + 1;
  const Seen line =
      see(window_, 0, segment.row_tap, transposed_, {run.line, run.line + 1}, shape[1]);
  const Seen seen = see(window_, 1, segment.column_tap, transposed_, {run.first, end}, shape[2]);
  const std::int64_t count = line.count == 0 ? 0 : seen.count;
  const std::int64_t before = count == 0 ? run.count : (seen.place - run.first) / run.step;
  if (seen.place_step == run.step) {  // what is seen lies side by side
    clear(to, before, segment.count);
    const std::int64_t after = before + count;
    clear(to + after * kPanel, run.count - after, segment.count);
  } else {
    clear(to, run.count, segment.count);
  }
  if (count == 0) return;
  const bool padded = images_.format.layout != Layout::Rows;
  const std::int64_t from_row = (run.sample * shape[1] + line.element) * shape[2] + seen.element;
  const std::int64_t row_stride = padded ? kPanel : shape.columns();
  const T* from =
      reinterpret_cast<const T*>(images) +
      offset(images_.format.layout, shape.rows(), shape.columns(), from_row, segment.channel);
  copy_rows(from,
            segment.count,
            seen.element_step * row_stride,
            count,
            to + before * kPanel,
            seen.place_step / run.step * kPanel);
}

void Patches::pack_run(const std::byte* images,
                       std::int64_t group,
                       const Run& run,
                       std::int64_t panel,
                       float* to) const {
  for (Segment segment : segments_[static_cast<std::size_t>(panel)]) {
    segment.channel += group * channels_;
    if (images_.format.dtype == DType::Bfloat16) {
      pack_segment<Bfloat16>(images, run, segment, to + segment.column);
    } else {
      pack_segment<float>(images, run, segment, to + segment.column);
    }
  }
}

std::int64_t Patches::pack(const std::byte* images,
                           std::int64_t group,
                           const Phase& phase,
                           PatchRows rows,
                           PatchPanels panels,
                           float* to) const {
  const std::int64_t per_sample = places_[0] * places_[1];
  std::int64_t packed = 0;
  for (std::int64_t row = rows.first, end = row + rows.count; row < end;) {
    const std::int64_t line = row % per_sample / places_[1];
    const std::int64_t column = row % places_[1];
    const std::int64_t next = std::min(places_[1], column + end - row);
    const std::int64_t skipped = phase.first[1] - column;
    const std::int64_t step = phase.step[1];
    const std::int64_t start = column + skipped - floor_of(skipped, step) * step;
    const Run run{.sample = row / per_sample,
                  .line = line,
                  .first = start,
                  .count = (next - start + step - 1) / step,
                  .step = step};
    row += next - column;
    if (line % phase.step[0] != phase.first[0] || start >= next) continue;
    for (std::int64_t i = 0; i < panels.count; ++i) {
      pack_run(images, group, run, panels.first + i, to + (i * rows.count + packed) * kPanel);
    }
    packed += run.count;
  }
  return packed;
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
