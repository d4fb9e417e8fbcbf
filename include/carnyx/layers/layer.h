#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/graph/graph_builder.h"

namespace carnyx {

/// One sample's axes, without the batch's; null if a layer does not say.
using SampleShape = std::optional<std::vector<std::int64_t>>;

/// A step of a model: it composes ops and declares weights. Shapes and gradients follow from the
/// ops. Derive from it for a layer of your own; nothing in the library needs to change.
/// Threads: const, and free of state; weights live in the model.
class Layer {
 public:
  virtual ~Layer() = default;
  /// As Keras names it: "Dense". The automatic name is this in snake_case.
  [[nodiscard]] virtual std::string class_name() const = 0;
  /// x is [B, ...]; called with builder.training() or not.
  virtual Value build(GraphBuilder& builder, Value x) const = 0;
  /// The same for a layer that merges several inputs, all [B, ...]. Default: build() of the one.
  /// Throws InvalidArgument naming the layer if it takes another number of inputs.
  virtual Value build_from(GraphBuilder& builder, std::span<const Value> xs) const;
  /// Keras calls it on a list of inputs, also where that has one.
  [[nodiscard]] virtual bool is_called_on_list() const { return false; }
  /// The options as Keras's config has them, without the name. Default: none.
  [[nodiscard]] virtual Json config() const { return Json::object(); }
  /// The name asked for; empty for an automatic one.
  [[nodiscard]] virtual std::string name() const { return {}; }
  /// Whether an optimizer moves its weights; not if frozen() made it.
  [[nodiscard]] virtual bool trainable() const { return true; }
  /// The shape of one sample, if this layer says what the model's input is.
  [[nodiscard]] virtual std::optional<Shape> input_shape() const { return std::nullopt; }
};

class SymbolicTensor;

/// Any layer as a value. Copies share the layer, which is immutable.
class AnyLayer {
 public:
  template <std::derived_from<Layer> L>
  AnyLayer(L layer)  // NOLINT(google-explicit-constructor): Sequential({Dense(...), ...})
      : layer_(std::make_shared<const L>(std::move(layer))) {}

  const Layer& operator*() const { return *layer_; }
  const Layer* operator->() const { return layer_.get(); }
  /// What the layer puts out, for a functional Network; include layers/symbolic_tensor.h. Called
  /// twice, the layer's weights are shared by both calls.
  SymbolicTensor operator()(const SymbolicTensor& x) const;
  SymbolicTensor operator()(std::initializer_list<SymbolicTensor> xs) const;
  SymbolicTensor operator()(std::vector<SymbolicTensor> xs) const;

 private:
  std::shared_ptr<const Layer> layer_;  // shared by the models that hold it
};

}  // namespace carnyx
