#include "graph/ops/pooling.h"

#include <algorithm>
#include <limits>

#include "carnyx/graph/ops.h"

#include "graph/ops/convolution.h"

namespace carnyx::ops {
namespace {

struct Range {
  std::int64_t first, end;
};

/// The elements of an axis under the window at a place, one dilation apart from `first`.
Range inside(const Window& window, std::size_t axis, std::int64_t place, std::int64_t extent) {
  const std::int64_t dilation = window.dilation[axis];
  const std::int64_t begin = window.element(axis, place, 0);
  const std::int64_t first =
      begin >= 0 ? begin : begin + (-begin + dilation - 1) / dilation * dilation;
  return {first, std::min(extent, begin + window.span(axis))};
}

/// What the window at one place shows of one channel of an image.
struct Shown {
  const Window& window;
  const Shape& image;
  std::int64_t sample, channel;
  Range rows, columns;

  /// f(index) of each pixel, row by row.
  template <class F>
  void for_each(const F& f) const {
    for (std::int64_t row = rows.first; row < rows.end; row += window.dilation[0]) {
      const std::int64_t line = (sample * image[1] + row) * image[2];
      for (std::int64_t col = columns.first; col < columns.end; col += window.dilation[1]) {
        f(static_cast<std::size_t>((line + col) * image[3] + channel));
      }
    }
  }
  [[nodiscard]] double count() const {
    double pixels = 0;
    for_each([&](std::size_t) { ++pixels; });
    return pixels;
  }
};

/// body(index of the result, what its window shows) for every element of the result.
template <class Body>
void for_each_window(const Window& window,
                     const Shape& image,
                     const Shape& result,
                     const Body& body) {
  for (std::int64_t i = 0; i < result.elements(); ++i) {
    const std::int64_t place = i / image[3];
    body(static_cast<std::size_t>(i),
         Shown{.window = window,
               .image = image,
               .sample = place / (result[1] * result[2]),
               .channel = i % image[3],
               .rows = inside(window, 0, place / result[2] % result[1], image[1]),
               .columns = inside(window, 1, place % result[2], image[2])});
  }
}

}  // namespace

std::vector<ValueType> Pool2D::infer(std::span<const ValueType> inputs) const {
  const Shape& x = inputs[0].shape;
  const Shape y = windowed_shape(name(), x, window, x.columns());
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const bool shows = std::max(window.before[axis], window.after[axis]) < window.span(axis);
    if (!shows)
      reject(name(), "expected padding less than the window, of which some would be empty");
  }
  return {{y, inputs[0].dtype}};
}

Gradients Pool2D::gradient(std::span<const Value> x,
                           std::span<const Value>,
                           std::span<const std::optional<Value>> dy) const {
  if (kind == PoolKind::Max) return {add_node<MaxPool2DGradient>({*dy[0], x[0]}, window)};
  return {add_node<AveragePool2DGradient>({*dy[0]}, window, x[0].shape())};
}

void Pool2D::reference(const ReferenceArguments& arguments) const {
  const ConstArray& x = arguments.inputs[0];
  const Array& y = arguments.outputs[0];
  for_each_window(window, x.shape, y.shape, [&](std::size_t i, const Shown& shown) {
    double sum = 0;
    double largest = -std::numeric_limits<double>::infinity();
    shown.for_each([&](std::size_t pixel) {
      sum += x.data[pixel];
      largest = std::max(largest, x.data[pixel]);
    });
    y.data[i] = kind == PoolKind::Max ? largest : sum / shown.count();
  });
}

Value max_pool2d(Value x, const Window& window) {
  return add_node<Pool2D>({x}, PoolKind::Max, window);
}
Value average_pool2d(Value x, const Window& window) {
  return add_node<Pool2D>({x}, PoolKind::Average, window);
}

std::vector<ValueType> MaxPool2DGradient::infer(std::span<const ValueType> inputs) const {
  return {{inputs[1].shape, inputs[0].dtype}};
}

void MaxPool2DGradient::reference(const ReferenceArguments& arguments) const {
  const auto slope = arguments.inputs[0].data;
  const ConstArray& x = arguments.inputs[1];
  const Array& dx = arguments.outputs[0];
  std::ranges::fill(dx.data, 0.0);
  const Shape& places = arguments.inputs[0].shape;
  for_each_window(window, x.shape, places, [&](std::size_t i, const Shown& shown) {
    std::optional<std::size_t> largest;
    shown.for_each([&](std::size_t pixel) {
      if (!largest || x.data[pixel] > x.data[*largest]) largest = pixel;
    });
    if (largest) dx.data[*largest] += slope[i];
  });
}

std::vector<ValueType> AveragePool2DGradient::infer(std::span<const ValueType> inputs) const {
  return {{image, inputs[0].dtype}};
}

Gradients AveragePool2DGradient::gradient(std::span<const Value>,
                                          std::span<const Value>,
                                          std::span<const std::optional<Value>> dy) const {
  return {average_pool2d(*dy[0], window)};
}

void AveragePool2DGradient::reference(const ReferenceArguments& arguments) const {
  const ConstArray& slope = arguments.inputs[0];
  const Array& dx = arguments.outputs[0];
  std::ranges::fill(dx.data, 0.0);
  for_each_window(window, image, slope.shape, [&](std::size_t i, const Shown& shown) {
    const double share = slope.data[i] / shown.count();
    shown.for_each([&](std::size_t pixel) { dx.data[pixel] += share; });
  });
}

std::vector<ValueType> RepeatPixels::infer(std::span<const ValueType> inputs) const {
  const Shape& x = inputs[0].shape;
  if (x.rank() != 4 || times[0] < 1 || times[1] < 1) {
    reject(name(), "expected images [B, H, W, C] and positive times, got " + x.to_string());
  }
  return {{Shape{x[0], x[1] * times[0], x[2] * times[1], x[3]}, inputs[0].dtype}};
}

Gradients RepeatPixels::gradient(std::span<const Value>,
                                 std::span<const Value>,
                                 std::span<const std::optional<Value>> dy) const {
  const Value mean = average_pool2d(*dy[0], {.size = times, .stride = times});
  return {scale(mean, static_cast<double>(times[0] * times[1]))};
}

void RepeatPixels::reference(const ReferenceArguments& arguments) const {
  const ConstArray& x = arguments.inputs[0];
  const Shape& to = arguments.outputs[0].shape;
  fill_output(arguments, [&](std::size_t i) {
    const auto index = static_cast<std::int64_t>(i);
    const std::int64_t pixel = index / to[3];
    const std::int64_t row = pixel / to[2] % to[1] / times[0];
    const std::int64_t column = pixel % to[2] / times[1];
    const std::int64_t sample = pixel / (to[1] * to[2]);
    return x.data[static_cast<std::size_t>(
        ((sample * x.shape[1] + row) * x.shape[2] + column) * to[3] + index % to[3])];
  });
}

Value repeat_pixels(Value x, Pair times) {
  return times == Pair{1, 1} ? x : add_node<RepeatPixels>({x}, times);
}

Window with_same_padding(Window window, Pair image) {
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t places = (image[axis] + window.stride[axis] - 1) / window.stride[axis];
    const std::int64_t missing = std::max<std::int64_t>(
        0, (places - 1) * window.stride[axis] + window.span(axis) - image[axis]);
    window.before[axis] = missing / 2;
    window.after[axis] = missing - missing / 2;
  }
  return window;
}

}  // namespace carnyx::ops
