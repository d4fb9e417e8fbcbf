#include <deque>
#include <functional>
#include <optional>

#include "image_layers_v2.h"
#include "image_part.h"

namespace carnyx::bench {

using dnnl::memory;

namespace {

/// Convolution, normalization, relu, convolution, normalization; the input, or its projection,
/// added; relu.
class ResidualBlock final {
 public:
  ResidualBlock(
      Plan& plan, const memory& x, std::int64_t outputs, std::int64_t stride, bool has_projection)
      : first_(plan, x, {.outputs = outputs, .stride = stride, .is_same = true}),
        first_norm_(plan, first_.y(), true),
        second_(plan, first_norm_.y(), {.outputs = outputs, .is_same = true}),
        second_norm_(plan, second_.y(), false) {
    if (has_projection) {
      projection_.emplace(
          plan, x, ConvolutionOptions{.outputs = outputs, .kernel = 1, .stride = stride});
      projection_norm_.emplace(plan, projection_->y(), false);
    }
    y_ = add_relu(plan, second_norm_.y(), projection_ ? projection_norm_->y() : x);
    if (projection_) plan.buffers.free(projection_norm_->y());
  }

  const memory& y() const { return y_; }

  /// dy: behind the last relu. Returns the gradient of x in two summands; frees dy, unless it is
  /// the second one.
  std::pair<memory, memory> backward(Plan& plan, const memory& dy) {
    memory d = normalized(plan, second_, second_norm_, dy);
    const memory inner = second_.backward_data(plan, d);
    plan.buffers.free(d);
    d = normalized(plan, first_, first_norm_, inner);
    plan.buffers.free(inner);
    const memory dx = first_.backward_data(plan, d);
    plan.buffers.free(d);
    if (!projection_) return {dx, dy};
    d = normalized(plan, *projection_, *projection_norm_, dy);
    plan.buffers.free(dy);
    const memory projected = projection_->backward_data(plan, d);
    plan.buffers.free(d);
    return {dx, projected};
  }

 private:
  /// Through the normalization and the convolution's weights; its result is the latter's dy.
  static memory normalized(Plan& plan,
                           Convolution& convolution,
                           Normalization& norm,
                           const memory& dy) {
    const memory d = norm.backward(plan, dy);
    convolution.backward_weights(plan, d);
    return d;
  }

  Convolution first_;
  Normalization first_norm_;
  Convolution second_;
  Normalization second_norm_;
  std::optional<Convolution> projection_;
  std::optional<Normalization> projection_norm_;
  memory y_;
};

/// Adds the tasks of mnist_cnn's convolutions; returns the result, and with training its gradient.
std::pair<memory, memory> build_mnist_cnn(Plan& plan, const memory& x) {
  const auto options = [](std::int64_t outputs) {
    return ConvolutionOptions{.outputs = outputs, .has_bias = true, .activation = Activation::Relu};
  };
  Convolution first(plan, x, options(32));
  Convolution second(plan, first.y(), options(64));
  Pooling pool(plan, second.y(), dnnl::algorithm::pooling_max, 2);
  if (!plan.is_training) return {pool.y(), {}};
  // The slope of the second relu is in dy already: a window's maximum is 0 exactly if all of it is.
  const memory dy = plan.buffers.make(pool.y().get_desc());
  const memory d = pool.backward(plan, dy);
  second.backward_weights(plan, d);
  const memory inner = second.backward_data(plan, d);
  first.backward_weights(plan, gated(plan, inner, nullptr, first.y()));
  return {pool.y(), dy};
}

std::pair<memory, memory> build_resnet(Plan& plan, const memory& x, std::int64_t blocks) {
  Convolution entry(plan, x, {.outputs = 16, .is_same = true});
  Normalization entry_norm(plan, entry.y(), true);
  std::deque<ResidualBlock> body;
  for (int stage = 0; stage < 3; ++stage) {
    for (std::int64_t i = 0; i < blocks; ++i) {
      const memory from = body.empty() ? entry_norm.y() : body.back().y();
      body.emplace_back(plan, from, 16 << stage, stage > 0 && i == 0 ? 2 : 1, i == 0);
    }
  }
  const memory last = body.back().y();
  Pooling pool(plan, last, dnnl::algorithm::pooling_avg_exclude_padding, last.get_desc().dims()[2]);
  if (!plan.is_training) return {pool.y(), {}};
  const memory dy = plan.buffers.make(pool.y().get_desc());
  memory d = gated(plan, pool.backward(plan, dy), nullptr, last);
  while (!body.empty()) {
    const auto [inner, more] = body.back().backward(plan, d);
    body.pop_back();
    d = gated(plan, inner, &more, body.empty() ? entry_norm.y() : body.back().y());
    plan.buffers.free(more);
  }
  entry.backward_weights(plan, entry_norm.backward(plan, d));
  return {pool.y(), dy};
}

void run(const Tasks& tasks) {
  for (const auto& task : tasks) task();
}

}  // namespace

struct ImagePart::State {
  Parameters parameters;
  memory input;
  Plan training, inference;
  memory output, output_gradient, inference_output;

  State(const ImageNetwork& network, Dtype dtype, Layout layout)
      : input({{network.batch_size, network.image[2], network.image[0], network.image[1]},
               type_of(dtype),
               memory::format_tag::nhwc},
              cpu()),
        training{dtype, layout, true, parameters, {}, {}, {}, {}},
        inference{dtype, layout, false, parameters, {}, {}, {}, {}} {
    const auto build = [&](Plan& plan) {
      parameters.rewind();
      return network.blocks > 0 ? build_resnet(plan, input, network.blocks)
                                : build_mnist_cnn(plan, input);
    };
    std::tie(output, output_gradient) = build(training);
    // The dense layers' weights follow the order that training gives the features.
    inference_output =
        reordered(inference, inference.forward, build(inference).first, output.get_desc());
  }
};

ImagePart::ImagePart(const ImageNetwork& network, Dtype dtype, Layout layout)
    : state_(std::make_unique<State>(network, dtype, layout)) {}
ImagePart::~ImagePart() = default;

std::size_t ImagePart::kernel_floats() const {
  return state_->parameters.kernel_floats();
}
std::size_t ImagePart::other_floats() const {
  return state_->parameters.vector_floats();
}
void ImagePart::bind(const ImageWeights& weights) {
  state_->parameters.bind(weights);
}
void ImagePart::initialize(std::mt19937& bits) {
  state_->parameters.initialize(bits);
}
void* ImagePart::input() {
  return state_->input.get_data_handle();
}
void* ImagePart::output_gradient() {
  return state_->output_gradient.get_data_handle();
}
void ImagePart::backward() {
  run(state_->training.backward);
}
std::string ImagePart::implementations() const {
  return state_->training.implementations;
}

std::int64_t ImagePart::features() const {
  const memory::dims dims = state_->output.get_desc().dims();
  return dims[1] * dims[2] * dims[3];
}

void* ImagePart::forward(bool is_training) {
  run(is_training ? state_->training.forward : state_->inference.forward);
  return (is_training ? state_->output : state_->inference_output).get_data_handle();
}

}  // namespace carnyx::bench
