#include "graph/ops/augment.h"

namespace carnyx::ops {
namespace {

Shape images(std::int64_t batch, const kernels::ImageChange& change) {
  return {batch, change.height, change.width, change.channels};
}
Shape new_images(std::int64_t batch, const kernels::ImageChange& change) {
  return {batch, change.new_height, change.new_width, change.channels};
}

/// visit(draw, the first element of the image, of the result) for each image of the step.
template <class Visit>
void for_each_image(const kernels::ImageChange& change,
                    std::uint32_t stream,
                    const ReferenceArguments& arguments,
                    Visit visit) {
  const std::int64_t count = arguments.inputs[0].shape[0];
  for (std::int64_t i = 0; i < count; ++i) {
    const kernels::ImageKey key{.seed = arguments.context.seed,
                                .stream = stream,
                                .time = static_cast<std::uint32_t>(arguments.context.step),
                                .sample = arguments.context.first_row + i};
    visit(draw_image(change, key),
          static_cast<std::size_t>(i * change.elements()),
          static_cast<std::size_t>(i * change.new_elements()));
  }
}

}  // namespace

std::vector<ValueType> Augment::infer(std::span<const ValueType> inputs) const {
  const Shape& x = inputs[0].shape;
  if (x.rank() != 4 || x != images(x[0], change)) {
    reject(name(),
           "expected images " + images(x.rank() == 0 ? 0 : x[0], change).to_string() + ", got " +
               x.to_string());
  }
  if (change.contrast != 0 || change.brightness != 0 || change.standardises) {
    reject(name(), "contrast, brightness and standardising belong to a data set's augmentation");
  }
  return {{new_images(x[0], change), inputs[0].dtype}};
}

Gradients Augment::gradient(std::span<const Value>,
                            std::span<const Value>,
                            std::span<const std::optional<Value>> dy) const {
  return {add_node<AugmentGradient>({*dy[0]}, change, stream)};
}

void Augment::reference(const ReferenceArguments& arguments) const {
  const auto x = arguments.inputs[0].data;
  const auto y = arguments.outputs[0].data;
  const auto size = static_cast<std::size_t>(change.elements());
  const auto new_size = static_cast<std::size_t>(change.new_elements());
  for_each_image(
      change, stream, arguments, [&](const auto& draw, std::size_t from, std::size_t to) {
        change_image(change, draw, x.subspan(from, size), y.subspan(to, new_size));
      });
}

std::vector<ValueType> AugmentGradient::infer(std::span<const ValueType> inputs) const {
  const Shape& slope = inputs[0].shape;
  if (slope.rank() != 4 || slope != new_images(slope[0], change)) {
    reject(name(), "got a slope " + slope.to_string());
  }
  return {{images(slope[0], change), inputs[0].dtype}};
}

void AugmentGradient::reference(const ReferenceArguments& arguments) const {
  const auto slope = arguments.inputs[0].data;
  const auto dx = arguments.outputs[0].data;
  const auto size = static_cast<std::size_t>(change.elements());
  const auto new_size = static_cast<std::size_t>(change.new_elements());
  for_each_image(
      change, stream, arguments, [&](const auto& draw, std::size_t to, std::size_t from) {
        change_image_gradient(change, draw, slope.subspan(from, new_size), dx.subspan(to, size));
      });
}

Value augment(Value x, const kernels::ImageChange& change, std::uint32_t stream) {
  return add_node<Augment>({x}, change, stream);
}

}  // namespace carnyx::ops
