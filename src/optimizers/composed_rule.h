#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "carnyx/graph/regularizer.h"
#include "carnyx/kernels/update_rule.h"
#include "carnyx/optimizers/optimizer.h"

namespace carnyx {

/// The slots of the common options, before the rule's own.
inline constexpr std::string_view kAverageSlot = "average";
inline constexpr std::string_view kAccumulatorSlot = "gradient_accumulator";

/// Those that `options` ask for, in Keras's order.
std::vector<std::string_view> common_slots(const OptimizerOptions& options);

/// What pulls at a weight besides its gradient.
struct WeightPulls {
  double weight_decay = 0;
  Regularizer::Slope slope = {};
};

/// A rule together with what every optimizer can do besides: gradient accumulation, clipping,
/// weight decay, the moving average; and with the slope of the weight's regularizer. All of it
/// works element by element, so a composed rule runs wherever its inner one does. Order of things:
/// keras.optimizers, BaseOptimizer.apply.
class ComposedRule final : public kernels::UpdateRule {
 public:
  ComposedRule(std::shared_ptr<const kernels::UpdateRule> inner,
               OptimizerOptions options,
               WeightPulls pulls);
  [[nodiscard]] std::span<const std::string_view> slot_names() const override { return slots_; }
  [[nodiscard]] double initial_value(std::size_t slot) const override;
  [[nodiscard]] bool multiplies() const override { return true; }
  void apply(const kernels::UpdateBlock<float>& block) const override { run(block); }
  void apply(const kernels::UpdateBlock<double>& block) const override { run(block); }

 private:
  template <class T>
  void run(const kernels::UpdateBlock<T>& block) const;
  template <class T>
  void run_piece(kernels::UpdateBlock<T> block) const;
  template <class T>
  void move(const kernels::UpdateBlock<T>& block, std::span<T> gradient, std::int64_t step) const;
  template <class T>
  void average(const kernels::UpdateBlock<T>& block, std::int64_t step) const;

  std::shared_ptr<const kernels::UpdateRule> inner_;  // shared by the rules of all weights
  OptimizerOptions options_;
  WeightPulls pulls_;
  std::vector<std::string_view> slots_;
  std::size_t own_slots_;  ///< where the inner rule's begin
};

}  // namespace carnyx
