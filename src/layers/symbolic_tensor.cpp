#include "carnyx/layers/symbolic_tensor.h"

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {

Value Layer::build_from(GraphBuilder& builder, std::span<const Value> xs) const {
  if (xs.size() == 1) return build(builder, xs[0]);
  throw InvalidArgument(
      format("{}: expected one input, got {}; merge them first, with Add or Concatenate",
             class_name(),
             xs.size()));
}

SymbolicTensor::SymbolicTensor(AnyLayer input) : SymbolicTensor(Call{std::move(input), {}}) {
  if (call_->layer->class_name() == "InputLayer") return;
  throw InvalidArgument(format("SymbolicTensor: expected an Input, got {}; call the layer on one",
                               call_->layer->class_name()));
}

SymbolicTensor AnyLayer::operator()(const SymbolicTensor& x) const {
  return (*this)(std::vector<SymbolicTensor>{x});
}

SymbolicTensor AnyLayer::operator()(std::initializer_list<SymbolicTensor> xs) const {
  return (*this)(std::vector<SymbolicTensor>(xs));
}

SymbolicTensor AnyLayer::operator()(std::vector<SymbolicTensor> xs) const {
  if (xs.empty()) throw InvalidArgument(layer_->class_name() + ": called on no input");
  return SymbolicTensor(SymbolicTensor::Call{*this, std::move(xs)});
}

}  // namespace carnyx
