#include "image_layers_v2.h"
#include "image_loops.h"

namespace carnyx::bench {

using dnnl::memory;
using Flags = dnnl::normalization_flags;

namespace {

constexpr float kEpsilon = 1e-5F;

memory channels_of(const memory& x) {
  return {{{x.get_desc().dims()[1]}, memory::data_type::f32, memory::format_tag::x}, cpu()};
}

}  // namespace

Normalization::Normalization(Plan& plan, const memory& x, bool is_relu)
    : flags_(Flags::use_scale | Flags::use_shift), x_(x) {
  if (is_relu) flags_ |= Flags::fuse_norm_relu;
  if (!plan.is_training) flags_ |= Flags::use_global_stats;
  const auto kind =
      plan.is_training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  forward_ = {{kind, x.get_desc(), kEpsilon, flags_}, cpu()};
  plan.implementations += std::string("  batch norm ") + forward_.impl_info_str() + "\n";
  const std::int64_t channels = x.get_desc().dims()[1];
  scale_ = &plan.parameters.vector(channels, 1);
  shift_ = &plan.parameters.vector(channels, 0);
  MovingStatistics& moving = plan.parameters.statistics(channels);
  y_ = plan.buffers.make(forward_.dst_desc());
  if (plan.is_training) {
    mean_ = channels_of(x);
    variance_ = channels_of(x);
  } else {
    mean_ = {channels_of(x).get_desc(), cpu(), moving.mean.data()};
    variance_ = {channels_of(x).get_desc(), cpu(), moving.variance.data()};
  }
  Arguments arguments = {{DNNL_ARG_SRC, x_},
                         {DNNL_ARG_DST, y_},
                         {DNNL_ARG_MEAN, mean_},
                         {DNNL_ARG_VARIANCE, variance_},
                         {DNNL_ARG_SCALE, scale_->value},
                         {DNNL_ARG_SHIFT, shift_->value}};
  if (is_relu && plan.is_training) {
    workspace_ = plan.buffers.make(forward_.workspace_desc());
    arguments.emplace(DNNL_ARG_WORKSPACE, workspace_);
  }
  execute(plan.forward, dnnl::batch_normalization_forward(forward_), arguments);
  if (plan.is_training) follow(plan, moving);
}

void Normalization::follow(Plan& plan, MovingStatistics& moving) {
  plan.forward.emplace_back([&moving, mean = mean_, variance = variance_] {
    move_towards(moving.mean, static_cast<const float*>(mean.get_data_handle()));
    move_towards(moving.variance, static_cast<const float*>(variance.get_data_handle()));
  });
}

memory Normalization::backward(Plan& plan, const memory& dy) {
  const memory gradient = reordered(plan, plan.backward, dy, y_.get_desc());
  const dnnl::batch_normalization_backward::primitive_desc chosen(
      {dnnl::prop_kind::backward, y_.get_desc(), x_.get_desc(), kEpsilon, flags_}, cpu(), forward_);
  const memory dx = plan.buffers.make(chosen.diff_src_desc());
  Arguments arguments = {{DNNL_ARG_SRC, x_},
                         {DNNL_ARG_MEAN, mean_},
                         {DNNL_ARG_VARIANCE, variance_},
                         {DNNL_ARG_SCALE, scale_->value},
                         {DNNL_ARG_SHIFT, shift_->value},
                         {DNNL_ARG_DIFF_DST, gradient},
                         {DNNL_ARG_DIFF_SRC, dx},
                         {DNNL_ARG_DIFF_SCALE, scale_->gradient},
                         {DNNL_ARG_DIFF_SHIFT, shift_->gradient}};
  if (workspace_) arguments.emplace(DNNL_ARG_WORKSPACE, workspace_);
  execute(plan.backward, dnnl::batch_normalization_backward(chosen), arguments);
  free_copy(plan, gradient, dy);
  plan.buffers.free(x_);
  return dx;
}

}  // namespace carnyx::bench
