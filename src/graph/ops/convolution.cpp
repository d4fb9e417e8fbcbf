#include "graph/ops/convolution.h"

#include <algorithm>

namespace carnyx::ops {
namespace {

std::size_t at(const Shape& shape, std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d) {
  return static_cast<std::size_t>(((a * shape[1] + b) * shape[2] + c) * shape[3] + d);
}

void require_kernel(std::string_view op, const Shape& x, const Shape& kernel, const Conv2D& conv) {
  const Window& window = conv.window;
  const bool fits = conv.groups > 0 && kernel.rank() == 4 && kernel[0] == window.size[0] &&
                    kernel[1] == window.size[1] && kernel[2] * conv.groups == x[3] &&
                    kernel[3] % conv.groups == 0;
  if (fits) return;
  reject(op,
         "expected a kernel [" + std::to_string(window.size[0]) + ", " +
             std::to_string(window.size[1]) + ", channels / groups, filters] for images " +
             x.to_string() + " in " + std::to_string(conv.groups) +
             " groups, which divide channels and filters; got " + kernel.to_string());
}

/// f(index of x, index of the kernel, index of y) for every product of the sum.
template <class F>
void for_each_product(
    const Window& window, const Shape& x, const Shape& kernel, const Shape& y, const F& f) {
  if (y.elements() == 0 || x.elements() == 0) return;
  const std::int64_t filters_of_group = y[3] / std::max<std::int64_t>(1, x[3] / kernel[2]);
  const auto for_each_channel = [&](std::int64_t b, Pair place, Pair tap, Pair pixel) {
    for (std::int64_t n = 0; n < y[3]; ++n) {
      const std::int64_t first = n / filters_of_group * kernel[2];
      for (std::int64_t c = 0; c < kernel[2]; ++c) {
        f(at(x, b, pixel[0], pixel[1], first + c),
          at(kernel, tap[0], tap[1], c, n),
          at(y, b, place[0], place[1], n));
      }
    }
  };
  const std::int64_t places = y[1] * y[2];
  const std::int64_t taps = kernel[0] * kernel[1];
  for (std::int64_t i = 0; i < y[0] * places; ++i) {
    const Pair place = {i % places / y[2], i % y[2]};
    for (std::int64_t t = 0; t < taps; ++t) {
      const Pair tap = {t / kernel[1], t % kernel[1]};
      const Pair pixel = {window.element(0, place[0], tap[0]), window.element(1, place[1], tap[1])};
      const bool inside = pixel[0] >= 0 && pixel[0] < x[1] && pixel[1] >= 0 && pixel[1] < x[2];
      if (inside) for_each_channel(i / places, place, tap, pixel);
    }
  }
}

Value input_gradient(const Conv2D& conv, Value slope, Value kernel, const Shape& image) {
  return add_node<Conv2DInputGradient>({slope, kernel}, conv.window, conv.groups, image);
}
Value kernel_gradient(const Conv2D& conv, Value x, Value slope, const Shape& kernel) {
  return add_node<Conv2DKernelGradient>({x, slope}, conv.window, conv.groups, kernel);
}

}  // namespace

Shape windowed_shape(std::string_view op,
                     const Shape& image,
                     const Window& window,
                     std::int64_t channels) {
  if (image.rank() != 4) reject(op, "expected images [B, H, W, C], got " + image.to_string());
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const bool moves = window.size[axis] > 0 && window.stride[axis] > 0 &&
                       window.dilation[axis] > 0 && window.before[axis] >= 0 &&
                       window.after[axis] >= 0;
    if (!moves) reject(op, "expected a window of positive size, stride and dilation");
    if (window.places(axis, image[1 + static_cast<std::int64_t>(axis)]) > 0) continue;
    reject(op,
           "a window that spans " + std::to_string(window.span(0)) + " x " +
               std::to_string(window.span(1)) + " pixels does not fit into images " +
               image.to_string() + "; use a smaller one, or padding \"same\"");
  }
  return {image[0], window.places(0, image[1]), window.places(1, image[2]), channels};
}

std::vector<ValueType> Conv2D::infer(std::span<const ValueType> inputs) const {
  const Shape& x = inputs[0].shape;
  const Shape& kernel = inputs[1].shape;
  const Shape y = windowed_shape(name(), x, window, kernel.columns());
  require_kernel(name(), x, kernel, *this);
  return {{y, inputs[0].dtype}};
}

Gradients Conv2D::gradient(std::span<const Value> x,
                           std::span<const Value>,
                           std::span<const std::optional<Value>> dy) const {
  return {input_gradient(*this, *dy[0], x[1], x[0].shape()),
          kernel_gradient(*this, x[0], *dy[0], x[1].shape())};
}

void Conv2D::reference(const ReferenceArguments& arguments) const {
  const auto& [x, kernel] = std::pair(arguments.inputs[0], arguments.inputs[1]);
  const Array& y = arguments.outputs[0];
  std::ranges::fill(y.data, 0.0);
  for_each_product(window,
                   x.shape,
                   kernel.shape,
                   y.shape,
                   [&, x = x.data, k = kernel.data](std::size_t i, std::size_t j, std::size_t out) {
                     y.data[out] += x[i] * k[j];
                   });
}

Value conv2d(Value x, Value kernel, const Window& window, std::int64_t groups) {
  return add_node<Conv2D>({x, kernel}, window, groups);
}

Value conv2d_transpose(
    Value x, Value kernel, const Window& window, Pair image, std::int64_t groups) {
  const Shape images{x.shape()[0], image[0], image[1], kernel.shape()[-2] * groups};
  return add_node<Conv2DInputGradient>({x, kernel}, window, groups, images);
}

std::vector<ValueType> Conv2DInputGradient::infer(std::span<const ValueType> inputs) const {
  const Shape& kernel = inputs[1].shape;
  const Shape y = windowed_shape(name(), image, window, kernel.columns());
  require_kernel(name(), image, kernel, Conv2D(window, groups));
  if (inputs[0].shape != y) {
    reject(name(), "expected a slope " + y.to_string() + ", got " + inputs[0].shape.to_string());
  }
  return {{image, inputs[0].dtype}};
}

Gradients Conv2DInputGradient::gradient(std::span<const Value> x,
                                        std::span<const Value>,
                                        std::span<const std::optional<Value>> dy) const {
  return {conv2d(*dy[0], x[1], window, groups),
          kernel_gradient(Conv2D(window, groups), *dy[0], x[0], x[1].shape())};
}

void Conv2DInputGradient::reference(const ReferenceArguments& arguments) const {
  const auto& [slope, kernel] = std::pair(arguments.inputs[0], arguments.inputs[1]);
  const Array& dx = arguments.outputs[0];
  std::ranges::fill(dx.data, 0.0);
  for_each_product(
      window,
      dx.shape,
      kernel.shape,
      slope.shape,
      [&, s = slope.data, k = kernel.data](std::size_t i, std::size_t j, std::size_t out) {
        dx.data[i] += s[out] * k[j];
      });
}

std::vector<ValueType> Conv2DKernelGradient::infer(std::span<const ValueType> inputs) const {
  const Shape& x = inputs[0].shape;
  const Shape y = windowed_shape(name(), x, window, kernel.columns());
  require_kernel(name(), x, kernel, Conv2D(window, groups));
  if (inputs[1].shape != y) {
    reject(name(), "expected a slope " + y.to_string() + ", got " + inputs[1].shape.to_string());
  }
  return {{kernel, inputs[0].dtype}};
}

Gradients Conv2DKernelGradient::gradient(std::span<const Value> x,
                                         std::span<const Value>,
                                         std::span<const std::optional<Value>> dy) const {
  return {input_gradient(Conv2D(window, groups), x[1], *dy[0], x[0].shape()),
          conv2d(x[0], *dy[0], window, groups)};
}

void Conv2DKernelGradient::reference(const ReferenceArguments& arguments) const {
  const auto& [x, slope] = std::pair(arguments.inputs[0], arguments.inputs[1]);
  const Array& dk = arguments.outputs[0];
  std::ranges::fill(dk.data, 0.0);
  for_each_product(window,
                   x.shape,
                   dk.shape,
                   slope.shape,
                   [&, x = x.data, s = slope.data](std::size_t i, std::size_t j, std::size_t out) {
                     dk.data[j] += x[i] * s[out];
                   });
}

}  // namespace carnyx::ops
