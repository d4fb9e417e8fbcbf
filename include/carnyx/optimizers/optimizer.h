#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/graph/graph_builder.h"
#include "carnyx/graph/state_store.h"
#include "carnyx/kernels/update_rule.h"
#include "carnyx/optimizers/learning_rate.h"

namespace carnyx {

/// What every optimizer takes besides its own options: Adam({.beta_1 = 0.8}, {.clipnorm = 1}).
/// At most one of the three clips.
struct OptimizerOptions {
  /// Each weight shrinks by this times the learning rate before its step; >= 0.
  std::optional<double> weight_decay = std::nullopt;
  /// Weights that do not: those whose own name ("bias" of "dense/bias") contains one of these.
  /// As in Keras, no config keeps it.
  std::vector<std::string> exclude_from_weight_decay = {};
  std::optional<double> clipnorm = std::nullopt;         ///< of each weight's gradient; > 0
  std::optional<double> global_clipnorm = std::nullopt;  ///< of all gradients together; > 0
  std::optional<double> clipvalue = std::nullopt;        ///< of each element; > 0
  /// Keep a moving average of the weights, and put it in their place when training ends.
  bool use_ema = false;
  double ema_momentum = 0.99;                                    ///< in [0, 1]
  std::optional<std::int64_t> ema_overwrite_frequency = {};      ///< and every so many steps; >= 1
  std::optional<double> loss_scale_factor = std::nullopt;        ///< on the way back alone; > 0
  std::optional<std::int64_t> gradient_accumulation_steps = {};  ///< one move for so many; >= 2
};

/// How weights follow their gradients. An elementwise rule is all that most need: override
/// update_rule(). Others override build() and compose ops.
class Optimizer {
 public:
  /// Throws InvalidArgument if an option is out of range.
  Optimizer(LearningRate learning_rate, OptimizerOptions common);
  virtual ~Optimizer() = default;

  [[nodiscard]] virtual std::string class_name() const = 0;
  /// Keras's config: the own options; config() adds the common ones.
  [[nodiscard]] virtual Json own_config() const = 0;
  [[nodiscard]] virtual std::shared_ptr<const kernels::UpdateRule> update_rule() const = 0;
  /// How many slots, from the first on, Keras's order keeps together weight by weight; each slot
  /// after them goes through all weights on its own. Source: the variables of keras.optimizers.
  [[nodiscard]] virtual std::size_t interleaved_slots() const { return 1; }
  /// Numbers that Keras keeps behind the slots though they follow from the steps done: they are
  /// written to files, and not needed from them.
  [[nodiscard]] virtual std::vector<double> derived_variables(std::int64_t /*steps*/) const {
    return {};
  }

  /// Declares the slots and assigns every weight and slot its next value, within its constraint.
  /// `gradients` are sums over the batch, of a loss multiplied by loss_scale(); the step's
  /// gradient_scale makes them means. They lack what Regularizer::slope gives, which is added here.
  virtual void build(GraphBuilder& builder,
                     std::span<const Value> weights,
                     std::span<const Value> gradients) const;
  /// When training ends: with use_ema, the weights become their averages.
  void finalize_variable_values(StateStore& states) const;

  [[nodiscard]] const LearningRate& learning_rate() const { return learning_rate_; }
  [[nodiscard]] const OptimizerOptions& common() const { return common_; }
  [[nodiscard]] double loss_scale() const { return common_.loss_scale_factor.value_or(1); }
  /// The names of slots in the order of Keras's variables: each group goes through all weights,
  /// with its slots side by side for each of them.
  [[nodiscard]] std::vector<std::vector<std::string>> slot_groups() const;
  [[nodiscard]] Json config() const;

 protected:
  Optimizer(const Optimizer&) = default;
  Optimizer(Optimizer&&) = default;
  Optimizer& operator=(const Optimizer&) = default;
  Optimizer& operator=(Optimizer&&) = default;

 private:
  LearningRate learning_rate_;
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
