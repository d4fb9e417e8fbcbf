#include "onednn_v2.h"

#include <utility>

namespace carnyx::bench {

dnnl::engine& cpu() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& stream() {
  static dnnl::stream stream(cpu());
  return stream;
}

dnnl::memory::data_type type_of(Dtype dtype) {
  return dtype == Dtype::Float32 ? dnnl::memory::data_type::f32 : dnnl::memory::data_type::bf16;
}

dnnl::primitive_attr fused(Activation activation) {
  dnnl::primitive_attr attributes;
  if (activation != Activation::Linear) {
    const auto kind = activation == Activation::Relu ? dnnl::algorithm::eltwise_relu
                                                     : dnnl::algorithm::eltwise_tanh;
    dnnl::post_ops operations;
    operations.append_eltwise(1.0F, kind, 0.0F, 0.0F);
    attributes.set_post_ops(operations);
  }
  return attributes;
}

Copy::Copy(const dnnl::memory::desc& master, dnnl::memory::desc wanted)
    : layout(std::move(wanted)) {
  if (layout == master) return;
  reorder.emplace(dnnl::reorder::primitive_desc(cpu(), master, cpu(), layout));
  copy = dnnl::memory(layout, cpu());
}

void Copy::refresh(dnnl::memory& master) {
  if (reorder) reorder->execute(stream(), master, copy);
}

bool has_native_bfloat16() {
  const auto isa = dnnl::get_effective_cpu_isa();
  return isa == dnnl::cpu_isa::avx512_core_bf16 || isa == dnnl::cpu_isa::avx512_core_amx;
}

}  // namespace carnyx::bench
