#pragma once

#include <memory>
#include <vector>

#include "carnyx/layers/layer.h"

namespace carnyx {

/// What a layer will put out, and by which calls it comes about: an edge of a functional Network
/// that is being drawn, as Keras's KerasTensor.
///
///   const SymbolicTensor image(Input({.shape = {784}}));
///   const auto hidden = AnyLayer(Dense({.units = 64}))(image);
///   const auto sum = AnyLayer(Add())({hidden, AnyLayer(Dense({.units = 64}))(image)});
///   const Network network({.inputs = {image}, .outputs = {sum}});
///
/// A value: copies are the same edge.
class SymbolicTensor {
 public:
  /// What a network is fed. Throws InvalidArgument unless `input` is an Input.
  explicit SymbolicTensor(AnyLayer input);

  /// One call of a layer. Its address tells it from the layer's other calls.
  struct Call {
    AnyLayer layer;
    std::vector<SymbolicTensor> inputs;
  };
  [[nodiscard]] const Call& call() const { return *call_; }

 private:
  friend class AnyLayer;
  explicit SymbolicTensor(Call call) : call_(std::make_shared<const Call>(std::move(call))) {}

  std::shared_ptr<const Call> call_;  // shared by all that is called on it
};

}  // namespace carnyx
