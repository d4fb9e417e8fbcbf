#include <cmath>
#include <memory>

#include "image_layers_v2.h"

namespace carnyx::bench {

using dnnl::memory;
using Tag = memory::format_tag;
using Type = memory::data_type;

namespace {

constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;

/// Of an axis, so that there is one output for every stride.
std::int64_t same_padding(std::int64_t size, std::int64_t kernel, std::int64_t stride) {
  const std::int64_t outputs = (size + stride - 1) / stride;
  return std::max<std::int64_t>((outputs - 1) * stride + kernel - size, 0);
}

}  // namespace

Convolution::Convolution(Plan& plan, const memory& x, const ConvolutionOptions& options)
    : options_(options) {
  const memory::dims in = x.get_desc().dims();
  const std::int64_t padding =
      options.is_same ? same_padding(in[2], options.kernel, options.stride) : 0;
  const std::int64_t side = (in[2] + padding - options.kernel) / options.stride + 1;
  strides_ = {options.stride, options.stride};
  before_ = {padding / 2, padding / 2};
  after_ = {padding - padding / 2, padding - padding / 2};
  kernel_dims_ = {options.outputs, in[1], options.kernel, options.kernel};
  const memory::dims out = {in[0], options.outputs, side, side};
  const memory::desc kernel(kernel_dims_, type_of(plan.dtype), Tag::any);
  const memory::desc bias({options.outputs}, Type::f32, Tag::x);
  const auto kind =
      plan.is_training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  const memory::desc from = plan.wanted(in);
  const memory::desc to = plan.wanted(out);
  using Desc = dnnl::convolution_forward::desc;
  const Desc desc = options.has_bias
                        ? Desc(kind, kAlgorithm, from, kernel, bias, to, strides_, before_, after_)
                        : Desc(kind, kAlgorithm, from, kernel, to, strides_, before_, after_);
  forward_ = {desc, fused(options.activation), cpu()};
  plan.implementations += std::string("  forward ") + forward_.impl_info_str() + "\n";

  // The master lies as the weights' gradient does, which the optimizer reads beside it.
  using Backward = dnnl::convolution_backward_weights;
  const memory::desc wide(kernel_dims_, Type::f32, Tag::any);
  const Backward::primitive_desc gradient(
      {kAlgorithm, from, wide, to, strides_, before_, after_},
      cpu(),
      plan.is_training
          ? forward_
          : dnnl::convolution_forward::primitive_desc(Desc(dnnl::prop_kind::forward_training,
                                                           kAlgorithm,
                                                           from,
                                                           kernel,
                                                           to,
                                                           strides_,
                                                           before_,
                                                           after_),
                                                      cpu()));
  const auto area = static_cast<double>(options.kernel * options.kernel);
  const double he = 2.0 / (area * static_cast<double>(in[1]));
  const double glorot = 2.0 / (area * static_cast<double>(in[1] + options.outputs));
  kernel_ = &plan.parameters.kernel(gradient.diff_weights_desc(),
                                    std::sqrt(options.has_bias ? glorot : he));
  x_ = reordered(plan, plan.forward, x, forward_.src_desc());
  y_ = plan.buffers.make(forward_.dst_desc());
  Arguments arguments = {{DNNL_ARG_SRC, x_},
                         {DNNL_ARG_WEIGHTS, kernel_for(plan.forward, forward_.weights_desc())},
                         {DNNL_ARG_DST, y_}};
  if (options.has_bias) {
    bias_ = &plan.parameters.vector(options.outputs, 0);
    arguments.emplace(DNNL_ARG_BIAS, bias_->value);
  }
  execute(plan.forward, dnnl::convolution_forward(forward_), arguments);
}

memory Convolution::kernel_for(Tasks& tasks, const memory::desc& layout) {
  const auto copy = std::make_shared<Copy>(kernel_->value.get_desc(), layout);
  if (!copy->reorder) return kernel_->value;
  tasks.emplace_back([copy, master = kernel_->value]() mutable { copy->refresh(master); });
  return copy->copy;
}

void Convolution::backward_weights(Plan& plan, const memory& dy) {
  const memory::desc bias({options_.outputs}, Type::f32, Tag::x);
  const memory::desc from = plan.wanted(x_.get_desc().dims());
  const memory::desc to = plan.wanted(y_.get_desc().dims());
  const memory::desc kernel = kernel_->gradient.get_desc();
  using Desc = dnnl::convolution_backward_weights::desc;
  const Desc desc = options_.has_bias
                        ? Desc(kAlgorithm, from, kernel, bias, to, strides_, before_, after_)
                        : Desc(kAlgorithm, from, kernel, to, strides_, before_, after_);
  const dnnl::convolution_backward_weights::primitive_desc chosen(desc, cpu(), forward_);
  plan.implementations += std::string("  weights ") + chosen.impl_info_str() + "\n";
  const memory x = reordered(plan, plan.backward, x_, chosen.src_desc());
  const memory gradient = reordered(plan, plan.backward, dy, chosen.diff_dst_desc());
  Arguments arguments = {
      {DNNL_ARG_SRC, x}, {DNNL_ARG_DIFF_DST, gradient}, {DNNL_ARG_DIFF_WEIGHTS, kernel_->gradient}};
  if (bias_ != nullptr) arguments.emplace(DNNL_ARG_DIFF_BIAS, bias_->gradient);
  execute(plan.backward, dnnl::convolution_backward_weights(chosen), arguments);
  free_copy(plan, x, x_);
  free_copy(plan, gradient, dy);
}

memory Convolution::backward_data(Plan& plan, const memory& dy) {
  const memory::desc kernel(kernel_dims_, type_of(plan.dtype), Tag::any);
  const dnnl::convolution_backward_data::primitive_desc chosen({kAlgorithm,
                                                                plan.wanted(x_.get_desc().dims()),
                                                                kernel,
                                                                plan.wanted(y_.get_desc().dims()),
                                                                strides_,
                                                                before_,
                                                                after_},
                                                               cpu(),
                                                               forward_);
  plan.implementations += std::string("  data ") + chosen.impl_info_str() + "\n";
  const memory gradient = reordered(plan, plan.backward, dy, chosen.diff_dst_desc());
  const memory dx = plan.buffers.make(chosen.diff_src_desc());
  execute(plan.backward,
          dnnl::convolution_backward_data(chosen),
          {{DNNL_ARG_DIFF_DST, gradient},
           {DNNL_ARG_WEIGHTS, kernel_for(plan.backward, chosen.weights_desc())},
           {DNNL_ARG_DIFF_SRC, dx}});
  free_copy(plan, gradient, dy);
  return dx;
}

}  // namespace carnyx::bench
