#include "saving/given_tensors.h"

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {

GivenTensors::GivenTensors(const std::vector<NamedTensor>& tensors, std::string_view what)
    : what_(what) {
  for (const NamedTensor& named : tensors) by_name_.emplace(named.name, &named.tensor);
}

Tensor GivenTensors::take(const VariableSpec& spec) {
  const auto found = by_name_.find(spec.name);
  if (found == by_name_.end()) fail(spec.name, format("expected {}, found none", what_));
  const Tensor& tensor = *found->second;
  if (tensor.empty() || tensor.shape() != spec.shape) {
    fail(spec.name,
         format("expected the shape {}, found {}",
                spec.shape.to_string(),
                tensor.empty() ? "nothing" : tensor.shape().to_string()));
  }
  by_name_.erase(found);
  return tensor.dtype() == DType::Float32 ? tensor : tensor.as(DType::Float32);
}

void GivenTensors::expect_none_left() const {
  if (by_name_.empty()) return;
  fail(std::string(by_name_.begin()->first), format("{} that the network has not", what_));
}

void GivenTensors::fail(const std::string& name, const std::string& problem) const {
  throw InvalidArgument(format("saving a model: '{}': {}", name, problem));
}

}  // namespace carnyx
