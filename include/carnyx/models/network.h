#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/graph/graph_builder.h"
#include "carnyx/layers/layer.h"

namespace carnyx {

/// Which number the first layer of a class gets: "dense" (tf.keras, Keras 3) or "dense_1" (Keras
/// 2).
enum class NamingStyle { Keras3, Keras2 };

struct NetworkOptions {
  std::string name = "sequential";
  NamingStyle naming = NamingStyle::Keras3;
};

/// One row of a summary.
struct LayerSummary {
  std::string name;
  std::string class_name;
  Shape output_shape;  ///< of one sample
  std::int64_t trainable_parameters = 0;
  std::int64_t other_parameters = 0;
  std::int64_t other_bytes = 0;  ///< of those; a whole number takes eight, any other four
};

/// A stack of named layers. A value: copies share the layers, which are immutable; weights live in
/// the model that trains it.
class Network {
 public:
  struct NamedLayer {
    std::string name;
    AnyLayer layer;
  };

  /// Throws InvalidArgument if two layers have one name, or an input layer is not the first.
  explicit Network(std::vector<AnyLayer> layers, NetworkOptions options = {});

  [[nodiscard]] const std::string& name() const { return options_.name; }
  /// All layers but the input's, in order.
  [[nodiscard]] const std::vector<NamedLayer>& layers() const { return layers_; }
  [[nodiscard]] bool has_input_shape() const { return input_shape_.has_value(); }
  /// The shape of one sample. Throws InvalidArgument if no layer said it.
  [[nodiscard]] const Shape& input_shape() const;
  /// The same network fed with samples of this shape; what a layer said stays.
  /// Throws InvalidArgument if a layer said another shape.
  [[nodiscard]] Network with_input_shape(const Shape& shape) const;

  /// The output for x [B, ...]; declares the weights under the layers' names.
  Value build(GraphBuilder& builder, Value x) const;
  /// Shapes and parameter counts, layer by layer. Throws InvalidArgument naming the layer that does
  /// not fit.
  [[nodiscard]] std::vector<LayerSummary> summarize() const;

  /// The object that Keras 3 writes as config.json, without build and compile configs.
  [[nodiscard]] Json to_json() const;
  /// From a Sequential of Keras 2 or 3: the whole object with class_name and config.
  static Network from_json(const Json& json);

 private:
  NetworkOptions options_;
  std::vector<NamedLayer> layers_;
  std::string input_name_;
  std::optional<Shape> input_shape_;
};

/// "MaxPooling2D" -> "max_pooling2d", by Keras's rules.
std::string to_snake_case(const std::string& class_name);

}  // namespace carnyx
