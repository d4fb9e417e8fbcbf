// What the files that name oneDNN share; for its API 2.x.
#pragma once

#include <optional>

#include <dnnl.hpp>

#include "dense_primitives.h"

namespace carnyx::bench {

dnnl::engine& cpu();
dnnl::stream& stream();
dnnl::memory::data_type type_of(Dtype dtype);

/// Bias and this activation in the forward primitive itself.
dnnl::primitive_attr fused(Activation activation);

/// A working copy of a kernel where a primitive wants another layout or dtype than the master's.
struct Copy {
  dnnl::memory::desc layout;
  std::optional<dnnl::reorder> reorder;
  dnnl::memory copy;

  Copy(const dnnl::memory::desc& master, dnnl::memory::desc wanted);
  void refresh(dnnl::memory& master);
  const dnnl::memory& of(const dnnl::memory& master) const { return reorder ? copy : master; }
};

}  // namespace carnyx::bench
