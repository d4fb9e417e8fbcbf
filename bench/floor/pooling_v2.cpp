#include "image_layers_v2.h"

namespace carnyx::bench {

using dnnl::memory;

Pooling::Pooling(Plan& plan, const memory& x, dnnl::algorithm algorithm, std::int64_t size)
    : algorithm_(algorithm), window_{size, size}, x_(x) {
  const memory::dims in = x.get_desc().dims();
  const memory::dims out = {in[0], in[1], in[2] / size, in[3] / size};
  const auto kind =
      plan.is_training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  const memory::desc to(out, type_of(plan.dtype), memory::format_tag::any);
  forward_ = {{kind, algorithm, x.get_desc(), to, window_, window_, {0, 0}, {0, 0}}, cpu()};
  plan.implementations += std::string("  pooling ") + forward_.impl_info_str() + "\n";
  y_ = plan.buffers.make(forward_.dst_desc());
  Arguments arguments = {{DNNL_ARG_SRC, x_}, {DNNL_ARG_DST, y_}};
  if (algorithm == dnnl::algorithm::pooling_max && plan.is_training) {
    workspace_ = plan.buffers.make(forward_.workspace_desc());
    arguments.emplace(DNNL_ARG_WORKSPACE, workspace_);
  }
  execute(plan.forward, dnnl::pooling_forward(forward_), arguments);
}

memory Pooling::backward(Plan& plan, const memory& dy) {
  const dnnl::pooling_backward::primitive_desc chosen(
      {algorithm_, x_.get_desc(), y_.get_desc(), window_, window_, {0, 0}, {0, 0}},
      cpu(),
      forward_);
  const memory dx = plan.buffers.make(chosen.diff_src_desc());
  Arguments arguments = {{DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dx}};
  if (workspace_) arguments.emplace(DNNL_ARG_WORKSPACE, workspace_);
  execute(plan.backward, dnnl::pooling_backward(chosen), arguments);
  return dx;
}

}  // namespace carnyx::bench
