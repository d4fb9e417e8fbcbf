#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/graph/graph_builder.h"
#include "carnyx/layers/layer.h"
#include "carnyx/layers/symbolic_tensor.h"

namespace carnyx {

/// Which number the first layer of a class gets: "dense" (tf.keras, Keras 3) or "dense_1" (Keras
/// 2).
enum class NamingStyle { Keras3, Keras2 };

struct NetworkOptions {
  std::string name = "sequential";
  NamingStyle naming = NamingStyle::Keras3;
};

/// A network as a graph of calls; Keras's Model(inputs, outputs).
struct FunctionalOptions {
  std::vector<SymbolicTensor> inputs;  ///< each made of an Input
  std::vector<SymbolicTensor> outputs;
  std::string name = "functional";
  NamingStyle naming = NamingStyle::Keras3;
};

/// One row of a summary.
struct LayerSummary {
  std::string name;
  std::string class_name;
  Shape output_shape;  ///< of one sample; of the last call
  std::int64_t trainable_parameters = 0;
  std::int64_t other_parameters = 0;
  std::int64_t other_bytes = 0;     ///< of those; a whole number takes eight, any other four
  bool has_several_shapes = false;  ///< its calls differ
  std::vector<std::string> connections = {};  ///< what a graph's layer is called on: "dense[0][0]"
};

struct DrawnGraph;

/// Named layers and the calls between them: a row, or any graph without cycles, with several inputs
/// and outputs. A value: copies share the layers, which are immutable; weights live in the model
/// that trains it.
class Network {
 public:
  struct NamedLayer {
    std::string name;
    AnyLayer layer;
  };
  struct NamedInput {
    std::string name;
    std::optional<Shape> shape;  ///< of one sample; always known in a graph
  };
  /// One call of a layer. What it is called on is counted inputs first, then calls.
  struct Call {
    std::size_t layer;
    std::vector<std::size_t> sources;
    std::size_t number;  ///< among the calls of its layer: 1 in "dense[1][0]"
    std::size_t depth;   ///< calls after it on the longest way to an output
  };

  /// A row of layers. Throws InvalidArgument if two layers have one name, or an input layer is not
  /// the first.
  explicit Network(std::vector<AnyLayer> layers, NetworkOptions options = {});
  /// A graph of layers. Those without a name are counted in the order in which they are reached
  /// from the outputs. Throws InvalidArgument if two layers have one name, an input is listed twice
  /// or no Input, or an output depends on an input that is not listed.
  explicit Network(const FunctionalOptions& options);

  [[nodiscard]] const std::string& name() const { return options_.name; }
  /// Made of calls, not of a row: Keras's class Functional.
  [[nodiscard]] bool is_functional() const { return is_functional_; }
  /// All layers but the inputs', in Keras's order: a row's, or by depth and then as they are
  /// reached from the outputs.
  [[nodiscard]] const std::vector<NamedLayer>& layers() const { return layers_; }
  [[nodiscard]] const std::vector<NamedInput>& inputs() const { return inputs_; }
  /// In an order in which they can be made, each layer's first where the layer stands in layers().
  [[nodiscard]] const std::vector<Call>& calls() const { return calls_; }
  /// Counted as a Call's sources.
  [[nodiscard]] const std::vector<std::size_t>& outputs() const { return outputs_; }
  /// The names of the layers that make the outputs.
  [[nodiscard]] std::vector<std::string> output_names() const;

  [[nodiscard]] bool has_input_shape() const;
  /// The shape of one sample. Throws InvalidArgument if no layer said it, or there are several
  /// inputs.
  [[nodiscard]] const Shape& input_shape() const;
  /// The same network fed with samples of this shape; what a layer said stays.
  /// Throws InvalidArgument if a layer said another shape, or there are several inputs.
  [[nodiscard]] Network with_input_shape(const Shape& shape) const;
  /// The shape of one sample of each output. Throws as summarize().
  [[nodiscard]] std::vector<Shape> output_shapes() const;

  /// The list of layers that Keras has of the network: a graph's inputs are among them.
  struct Row {
    bool is_input;
    std::size_t index;  ///< in inputs() or layers()
  };
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }

  /// An input of the builder's graph for each of the network's, under its name. Throws
  /// InvalidArgument if a shape is not known.
  [[nodiscard]] std::vector<Value> input_values(GraphBuilder& builder) const;
  /// Told of each call that was built: the layer's place in layers(), and its output.
  using CallVisitor = std::function<void(std::size_t layer, Value output)>;
  /// The outputs for the inputs, each [B, ...]; declares the weights under the layers' names, in
  /// the layers' order.
  std::vector<Value> build(GraphBuilder& builder,
                           std::span<const Value> xs,
                           const CallVisitor& visit = {}) const;
  /// The same with one of each. Throws InvalidArgument if there are several.
  Value build(GraphBuilder& builder, Value x) const;
  /// Shapes and parameter counts, layer by layer; a graph's inputs are rows too, as in Keras.
  /// Throws InvalidArgument naming the layer that does not fit.
  [[nodiscard]] std::vector<LayerSummary> summarize() const;

  /// The object that Keras 3 writes as config.json, without build and compile configs.
  [[nodiscard]] Json to_json() const;
  /// From a Sequential or Functional of Keras 2 or 3: the whole object with class_name and config.
  static Network from_json(const Json& json);

 private:
  Network(NetworkOptions options, const DrawnGraph& graph);
  [[nodiscard]] const NamedInput& only_input() const;
  [[nodiscard]] Json row_to_json() const;

  NetworkOptions options_;
  bool is_functional_ = false;
  std::vector<NamedInput> inputs_;
  std::vector<NamedLayer> layers_;
  std::vector<Call> calls_;
  std::vector<std::size_t> outputs_;
  std::vector<Row> rows_;
};

/// "MaxPooling2D" -> "max_pooling2d", by Keras's rules.
std::string to_snake_case(const std::string& class_name);

}  // namespace carnyx
