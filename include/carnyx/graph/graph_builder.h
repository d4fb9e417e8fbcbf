#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/graph/graph.h"

namespace carnyx {

/// What a layer may say of a weight besides its shape and beginning.
struct WeightOptions {
  RegularizerPtr regularizer = nullptr;
  ConstraintPtr constraint = nullptr;
};

/// What a layer, loss or metric builds with: a graph plus where in the model it stands.
class GraphBuilder {
 public:
  GraphBuilder(Mode mode, std::int64_t batch_size) : mode_(mode), batch_size_(batch_size) {}

  [[nodiscard]] Mode mode() const { return mode_; }
  [[nodiscard]] bool training() const { return mode_ == Mode::Training; }
  [[nodiscard]] std::int64_t batch_size() const { return batch_size_; }
  [[nodiscard]] Graph& graph() { return *graph_; }

  /// A batch-sized input; `sample_shape` leaves out the samples' axis.
  Value input(const std::string& name, const Shape& sample_shape, DType dtype = DType::Float32);
  /// A weight of the layer being built, trainable unless frozen(); asked for twice it is the same
  /// value.
  Value weight(std::string_view name,
               Shape shape,
               InitializerPtr initializer,
               WeightOptions options = {});
  /// A weight that no optimizer moves: a given number, or what assign() moves in training steps.
  /// `saved_as`: its dtype in files of models, Float32 or Int64; in memory it is as the others.
  Value statistic(std::string_view name,
                  Shape shape,
                  InitializerPtr initializer,
                  DType saved_as = DType::Float32);
  /// After the step, `state` := `next`. A shared layer's next use builds on latest().
  void assign(Value state, Value next) { graph_->assign(state, next); }
  /// What the state will be after the step as far as it is built: what was assigned, or itself.
  [[nodiscard]] Value latest(Value state);
  /// Adds to the loss what `regularizer` says of a layer's output [B, ...], divided by the rows
  /// that there are, as Keras does.
  void regularize(const Regularizer& regularizer, Value output);
  /// What regularizers add to the loss, in the form of losses: sums over valid rows, float64 [1].
  struct Regularization {
    std::optional<Value> total;
    /// The part whose gradient the optimizer does not know by itself (Regularizer::slope).
    std::optional<Value> differentiated;
  };
  [[nodiscard]] Regularization regularization();
  /// A sum over valid rows that the trainer reads by name.
  void result(const std::string& name, Value value) { graph_->result(name, value); }
  /// A number for a random op: the same at every build, another for every use in every layer.
  std::uint32_t random_stream();

  /// The values of the trainable weights, in the order of their first use.
  [[nodiscard]] std::vector<Value> trainable_weights();

  /// Names nest while one is alive: Scope scope(builder, "dense_1") makes "dense_1/kernel".
  class Scope {
   public:
    Scope(GraphBuilder& builder, std::string_view name);
    ~Scope() { builder_.path_.resize(length_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    GraphBuilder& builder_;
    std::size_t length_;
  };

  /// Weights declared while one is alive are not trainable.
  class Freeze {
   public:
    explicit Freeze(GraphBuilder& builder) : builder_(builder) { ++builder_.freezes_; }
    ~Freeze() { --builder_.freezes_; }
    Freeze(const Freeze&) = delete;
    Freeze& operator=(const Freeze&) = delete;

   private:
    GraphBuilder& builder_;
  };
  [[nodiscard]] bool frozen() const { return freezes_ > 0; }

  [[nodiscard]] std::unique_ptr<Graph> finish() { return std::move(graph_); }

 private:
  Value state(StateSpec spec, std::string_view name);
  std::optional<Value> weight_penalties(bool with_slopes);

  Mode mode_;
  std::int64_t batch_size_;
  std::string path_;
  int freezes_ = 0;
  std::vector<Value> output_penalties_;
  std::map<std::string, std::int64_t> streams_;  // uses by layer, to tell them apart
  std::unique_ptr<Graph> graph_ = std::make_unique<Graph>();
};

}  // namespace carnyx
