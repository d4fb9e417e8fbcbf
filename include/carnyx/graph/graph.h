// The graph of one step: values in single assignment, made by ops, and the state that the step
// replaces. It is built for one batch size and one mode, so nothing in it is symbolic.
//
// Convention: axis 0 counts samples, the last axis features, row-major. Loss and metric results are
// sums over valid rows; nothing inside a graph is divided by the batch
// (StepContext::gradient_scale).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/graph/initializer.h"
#include "carnyx/kernels/kernel.h"
#include "carnyx/tensor/dtype.h"
#include "carnyx/tensor/shape.h"

namespace carnyx {

class Constraint;
class Graph;
class Regularizer;

struct ValueType {
  Shape shape;
  DType dtype = DType::Float32;
  bool operator==(const ValueType&) const = default;
};

/// A handle to one result of one op. Copying it copies the handle.
struct Value {
  Graph* graph = nullptr;
  int id = -1;

  [[nodiscard]] const Shape& shape() const;
  [[nodiscard]] DType dtype() const;
  bool operator==(const Value&) const = default;
};

struct ConstArray {
  const Shape& shape;
  std::span<const double> data;
};
struct Array {
  const Shape& shape;
  std::span<double> data;
};
struct ReferenceArguments {
  std::span<const ConstArray> inputs;
  std::span<const Array> outputs;
  const kernels::StepContext& context;
};

/// One per input; nothing where none flows.
using Gradients = std::vector<std::optional<Value>>;

/// What mixed precision does with an op's floating results.
enum class Precision {
  Follows,  ///< computed in the policy's compute dtype
  Wide,     ///< float32 at least: losses, sums, updates
  Inside,   ///< float32 at least, of operands as they come; results are of the dtypes infer() gives
};

/// One kind of operation with its attributes: shape rule, gradient rule and specification side by
/// side. Derive from it to add an op of your own; it runs as its reference says.
class Op {
 public:
  virtual ~Op() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Throws InvalidArgument naming the op, what it expected and what came.
  [[nodiscard]] virtual std::vector<ValueType> infer(std::span<const ValueType> inputs) const = 0;
  /// The gradient of each input, made of ops. Default: none flows.
  [[nodiscard]] virtual Gradients gradient(std::span<const Value> inputs,
                                           std::span<const Value> outputs,
                                           std::span<const std::optional<Value>> slopes) const;
  /// The answer, in double; the executor rounds each result to its value's dtype.
  virtual void reference(const ReferenceArguments& arguments) const = 0;
  [[nodiscard]] virtual Precision precision() const { return Precision::Follows; }
};

struct Node {
  std::shared_ptr<const Op> op;  // shared by the graphs that hold it
  std::vector<int> inputs;
  std::vector<int> outputs;
  bool wide = false;  ///< computes in float32 at least, whatever its op says
};

enum class Mode { Training, Inference };

// Shared by layers and the graphs' specs; null for none.
using RegularizerPtr = std::shared_ptr<const Regularizer>;
using ConstraintPtr = std::shared_ptr<const Constraint>;

/// What lives from step to step: a weight, a moving statistic, an optimizer's slot.
struct StateSpec {
  enum class Kind { Weight, Statistic, Slot };
  std::string name;  ///< path, e.g. "dense_1/kernel"; a slot's is "slot/path"
  Shape shape;
  InitializerPtr initializer;
  Kind kind = Kind::Weight;
  bool trainable = true;
  DType saved_as = DType::Float32;  ///< Int64 for what files of models hold as a whole number
  RegularizerPtr regularizer = nullptr;
  ConstraintPtr constraint = nullptr;
};

class Graph {
 public:
  struct Input {
    std::string name;
    int value;
  };
  struct State {
    StateSpec spec;
    int value;
  };
  struct Result {
    std::string name;
    int value;
  };
  struct Assignment {
    int state;
    int next;
  };  // indices: a state, a value

  /// What is added while one is alive computes in float32 at least, or as its op says.
  class Wide {
   public:
    explicit Wide(Graph& graph, bool wide = true) : graph_(graph), before_(graph.wide_) {
      graph_.wide_ = wide;
    }
    ~Wide() { graph_.wide_ = before_; }
    Wide(const Wide&) = delete;
    Wide& operator=(const Wide&) = delete;

   private:
    Graph& graph_;
    bool before_;
  };

  Graph() = default;
  Graph(const Graph&) = delete;  // values point at their graph
  Graph& operator=(const Graph&) = delete;

  /// Appends a node; the order of nodes is topological by construction.
  std::vector<Value> add(std::shared_ptr<const Op> op, std::span<const Value> inputs);
  Value input(std::string name, ValueType type);
  /// The state of this name; asked for twice it is the same value. Throws InvalidArgument if the
  /// shapes differ.
  Value state(const StateSpec& spec);
  /// After the step, `state` := `next`; of several the last one counts.
  void assign(Value state, Value next);
  void result(std::string name, Value value);

  [[nodiscard]] Value value(int id) { return {this, id}; }
  [[nodiscard]] const ValueType& type(int id) const { return types_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] int producer(int id) const { return producers_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] const Node& node(int index) const {
    return nodes_[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] int node_count() const { return static_cast<int>(nodes_.size()); }
  [[nodiscard]] int value_count() const { return static_cast<int>(types_.size()); }
  [[nodiscard]] const std::vector<Input>& inputs() const { return inputs_; }
  [[nodiscard]] const std::vector<State>& states() const { return states_; }
  [[nodiscard]] const std::vector<Result>& results() const { return results_; }
  [[nodiscard]] const std::vector<Assignment>& assignments() const { return assignments_; }
  /// The index in states() of the state this value is, or nothing.
  [[nodiscard]] std::optional<int> state_of(int value) const;
  /// For each node, whether a result or an assignment needs it.
  [[nodiscard]] std::vector<bool> live_nodes() const;
  /// Sets a value's dtype; the precision pass alone does.
  void retype(int value, DType dtype) { types_[static_cast<std::size_t>(value)].dtype = dtype; }

 private:
  std::vector<Node> nodes_;
  std::vector<ValueType> types_;
  std::vector<int> producers_;
  std::vector<Input> inputs_;
  std::vector<State> states_;
  std::map<std::string, std::size_t> states_by_name_;
  std::vector<Result> results_;
  std::vector<Assignment> assignments_;
  bool wide_ = false;
};

/// The op of the node that made `value`, if it is a T.
template <class T>
const T* op_as(const Graph& graph, int value) {
  return dynamic_cast<const T*>(graph.node(graph.producer(value)).op.get());
}

/// d(sum of `target`) / d(each source), made of ops in the same graph; zeros where nothing flows.
std::vector<Value> gradients(Value target, std::span<const Value> sources);

}  // namespace carnyx
