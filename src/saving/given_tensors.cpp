#include "saving/given_tensors.h"

#include <algorithm>
#include <cmath>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

/// Numbers kept as floats, as whole ones; 0 for what is none.
Tensor whole_numbers(const Tensor& tensor) {
  constexpr double kMost = 0x1p53;
  Tensor whole(DType::Int64, tensor.shape());
  for (std::int64_t i = 0; i < tensor.elements(); ++i) {
    const double number = tensor.at(i);
    whole.data<std::int64_t>()[static_cast<std::size_t>(i)] =
        std::isnan(number) ? 0 : std::llround(std::clamp(number, -kMost, kMost));
  }
  return whole;
}

}  // namespace

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
  if (spec.dtype == DType::Int64) return whole_numbers(tensor);
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
