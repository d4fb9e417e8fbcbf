#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "carnyx/base/json.h"
#include "carnyx/graph/graph_builder.h"
#include "carnyx/kernels/update_rule.h"

namespace carnyx {

/// What every optimizer takes besides its own options. One place: no rule repeats it.
struct OptimizerOptions {
  double learning_rate = 0.001;  ///< > 0
  /// Gradients are scaled down together when their norm over all weights is larger; > 0.
  std::optional<double> global_clipnorm = std::nullopt;
};

/// How weights follow their gradients. An elementwise rule is all that most need: override
/// update_rule(). Others override build() and compose ops.
class Optimizer {
 public:
  /// Throws InvalidArgument if an option is out of range.
  explicit Optimizer(OptimizerOptions common);
  virtual ~Optimizer() = default;

  [[nodiscard]] virtual std::string class_name() const = 0;
  /// Keras's config: the own options; config() adds the common ones.
  [[nodiscard]] virtual Json own_config() const = 0;
  [[nodiscard]] virtual std::shared_ptr<const kernels::UpdateRule> update_rule() const = 0;
  /// How many slots, from the first on, Keras's order keeps together weight by weight; each slot
  /// after them goes through all weights on its own. Source: the variables of keras.optimizers.
  [[nodiscard]] virtual std::size_t interleaved_slots() const { return 1; }

  /// Declares the slots and assigns every weight and slot its next value. `gradients` are sums over
  /// the batch; the step's gradient_scale makes them means.
  virtual void build(GraphBuilder& builder,
                     std::span<const Value> weights,
                     std::span<const Value> gradients) const;

  [[nodiscard]] const OptimizerOptions& common() const { return common_; }
  [[nodiscard]] Json config() const;

 protected:
  Optimizer(const Optimizer&) = default;
  Optimizer(Optimizer&&) = default;
  Optimizer& operator=(const Optimizer&) = default;
  Optimizer& operator=(Optimizer&&) = default;

 private:
  OptimizerOptions common_;
};

class AnyOptimizer {
 public:
  template <std::derived_from<Optimizer> O>
  AnyOptimizer(O optimizer)  // NOLINT(google-explicit-constructor): {.optimizer = Adam({})}
      : optimizer_(std::make_shared<const O>(std::move(optimizer))) {}
  const Optimizer* operator->() const { return optimizer_.get(); }
  const Optimizer& operator*() const { return *optimizer_; }

 private:
  std::shared_ptr<const Optimizer> optimizer_;  // shared by copies; immutable
};

/// The name of a weight's slot in a StateStore: "velocity/dense/kernel".
std::string slot_name(std::string_view slot, std::string_view weight);

/// By Keras's string ("rmsprop") or config object, of Keras 2 or 3 ("lr" is learning_rate).
/// Throws InvalidArgument naming the nearest known one.
AnyOptimizer optimizer_from_json(const Json& json);
/// {"module": "keras.optimizers", "class_name": ..., "config": ..., "registered_name": null}.
Json optimizer_to_json(const Optimizer& optimizer);

}  // namespace carnyx
