#include <algorithm>
#include <optional>

#include "dense_primitives.h"
#include "onednn_v2.h"

namespace carnyx::bench {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Type = memory::data_type;

}  // namespace

struct DensePrimitives::State {
  using Forward = dnnl::inner_product_forward;
  using BackwardWeights = dnnl::inner_product_backward_weights;
  using BackwardData = dnnl::inner_product_backward_data;

  DenseOptions options;
  memory::desc x, y, dy, bias_layout;
  Forward::primitive_desc forward;
  BackwardWeights::primitive_desc backward_weights;
  std::optional<BackwardData::primitive_desc> backward_data;
  Forward run_forward;
  BackwardWeights run_backward_weights;
  std::optional<BackwardData> run_backward_data;
  std::optional<Copy> forward_kernel, backward_kernel;
  memory kernel, bias, kernel_gradient, bias_gradient;

  /// With no `other`, every primitive chooses its kernel's layout; else it takes the other's.
  State(const DenseOptions& chosen, const State* other) : options(chosen) {
    const Type type = type_of(options.dtype);
    const memory::dims shape = {options.outputs, options.inputs};
    const memory::desc any(shape, type, Tag::any);
    const memory::desc any_gradient(shape, Type::f32, Tag::any);
    x = {{options.batch, options.inputs}, type, Tag::nc};
    y = {{options.batch, options.outputs}, options.is_last ? Type::f32 : type, Tag::nc};
    dy = {{options.batch, options.outputs}, type, Tag::nc};
    bias_layout = {{options.outputs}, Type::f32, Tag::x};
    forward = {{dnnl::prop_kind::forward_training,
                x,
                other ? other->forward_kernel->layout : any,
                bias_layout,
                y},
               fused(options.activation),
               cpu()};
    backward_weights = {
        {x, other ? other->backward_weights.diff_weights_desc() : any_gradient, bias_layout, dy},
        cpu(),
        forward};
    run_forward = Forward(forward);
    run_backward_weights = BackwardWeights(backward_weights);
    const memory::desc master = backward_weights.diff_weights_desc();
    forward_kernel.emplace(master, forward.weights_desc());
    if (options.is_first) return;
    backward_data.emplace(
        BackwardData::desc(x, other ? other->backward_kernel->layout : any, dy), cpu(), forward);
    run_backward_data.emplace(*backward_data);
    backward_kernel.emplace(master, backward_data->weights_desc());
  }
};

DensePrimitives::DensePrimitives(const DenseOptions& options)
    : state_(std::make_unique<State>(options, nullptr)) {}
DensePrimitives::DensePrimitives(const DenseOptions& options, const DensePrimitives& other)
    : state_(std::make_unique<State>(options, other.state_.get())) {}
DensePrimitives::~DensePrimitives() = default;
DensePrimitives::DensePrimitives(DensePrimitives&&) noexcept = default;
DensePrimitives& DensePrimitives::operator=(DensePrimitives&&) noexcept = default;

std::size_t DensePrimitives::kernel_size() const {
  return state_->backward_weights.diff_weights_desc().get_size() / sizeof(float);
}

void DensePrimitives::bind(float* kernel,
                           float* bias,
                           float* kernel_gradient,
                           float* bias_gradient) {
  const memory::desc layout = state_->backward_weights.diff_weights_desc();
  state_->kernel = memory(layout, cpu(), kernel);
  state_->kernel_gradient = memory(layout, cpu(), kernel_gradient);
  state_->bias = memory(state_->bias_layout, cpu(), bias);
  state_->bias_gradient = memory(state_->bias_layout, cpu(), bias_gradient);
}

void DensePrimitives::set_kernel(std::span<const float> plain) {
  const DenseOptions& options = state_->options;
  memory source({{options.outputs, options.inputs}, Type::f32, Tag::io}, cpu());
  std::copy(plain.begin(), plain.end(), static_cast<float*>(source.get_data_handle()));
  dnnl::reorder(source, state_->kernel).execute(stream(), source, state_->kernel);
}

void DensePrimitives::refresh_copies() {
  state_->forward_kernel->refresh(state_->kernel);
  if (state_->backward_kernel) state_->backward_kernel->refresh(state_->kernel);
}

void DensePrimitives::forward(void* x, void* y) {
  state_->run_forward.execute(stream(),
                              {{DNNL_ARG_SRC, memory(state_->x, cpu(), x)},
                               {DNNL_ARG_WEIGHTS, state_->forward_kernel->of(state_->kernel)},
                               {DNNL_ARG_BIAS, state_->bias},
                               {DNNL_ARG_DST, memory(state_->y, cpu(), y)}});
}

void DensePrimitives::backward_weights(void* x, void* dy) {
  state_->run_backward_weights.execute(stream(),
                                       {{DNNL_ARG_SRC, memory(state_->x, cpu(), x)},
                                        {DNNL_ARG_DIFF_DST, memory(state_->dy, cpu(), dy)},
                                        {DNNL_ARG_DIFF_WEIGHTS, state_->kernel_gradient},
                                        {DNNL_ARG_DIFF_BIAS, state_->bias_gradient}});
}

void DensePrimitives::backward_data(void* dy, void* dx) {
  state_->run_backward_data->execute(
      stream(),
      {{DNNL_ARG_DIFF_DST, memory(state_->dy, cpu(), dy)},
       {DNNL_ARG_WEIGHTS, state_->backward_kernel->of(state_->kernel)},
       {DNNL_ARG_DIFF_SRC, memory(state_->x, cpu(), dx)}});
}

std::string DensePrimitives::implementations() const {
  std::string text = std::string(state_->forward.impl_info_str()) + " / " +
                     state_->backward_weights.impl_info_str();
  if (state_->backward_data) text += std::string(" / ") + state_->backward_data->impl_info_str();
  if (state_->forward_kernel->reorder) text += ", forward reorders its kernel";
  if (state_->backward_kernel && state_->backward_kernel->reorder) {
    text += ", backward reorders its kernel";
  }
  return text;
}

}  // namespace carnyx::bench
