#include "carnyx/optimizers/optimizers.h"

#include <cmath>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "optimizers/own_fields.h"
#include "optimizers/update_rules.h"

namespace carnyx {
namespace {

/// NaN fails all of them.
void require_range(
    std::string_view optimizer, std::string_view option, double value, double low, double high) {
  if (value >= low && value <= high) return;
  throw InvalidArgument(
      format("{}: {} must be in [{}, {}], got {}", optimizer, option, low, high, value));
}

void require_decay(std::string_view optimizer, std::string_view option, double value) {
  if (value >= 0 && value < 1) return;
  throw InvalidArgument(format("{}: {} must be in [0, 1), got {}", optimizer, option, value));
}

void require_not_negative(std::string_view optimizer, std::string_view option, double value) {
  if (value >= 0 && std::isfinite(value)) return;
  throw InvalidArgument(format("{}: {} must be at least 0, got {}", optimizer, option, value));
}

template <class Options>
void require_adam(std::string_view optimizer, const Options& options) {
  require_decay(optimizer, "beta_1", options.beta_1);
  require_decay(optimizer, "beta_2", options.beta_2);
  require_range(optimizer, "epsilon", options.epsilon, 0, 1);
}

/// The options that are this optimizer's alone.
template <class Options>
Json own(const Options& options) {
  Json config = to_json(options);
  config.erase("learning_rate");
  return config;
}

template <class Parameters>
std::shared_ptr<const kernels::UpdateRule> rule_of(Parameters parameters, double first_slot = 0) {
  return std::make_shared<const BuiltInRule<Parameters>>(parameters, first_slot);
}

/// AdamW's decay is an option of its own, with a default; the rule finds it among the common ones.
OptimizerOptions with_decay(OptimizerOptions common, double weight_decay) {
  if (common.weight_decay) {
    throw InvalidArgument(
        "AdamW: weight_decay is one of its own options, got it among the common ones too; give it "
        "once, AdamW({.weight_decay = ...})");
  }
  common.weight_decay = weight_decay;
  return common;
}

}  // namespace

SGD::SGD(SGDOptions options, OptimizerOptions common)
    : Optimizer(options.learning_rate, std::move(common)), options_(std::move(options)) {
  require_range("SGD", "momentum", options_.momentum, 0, 1);
}
Json SGD::own_config() const {
  return own(options_);
}
std::shared_ptr<const kernels::UpdateRule> SGD::update_rule() const {
  return rule_of(
      kernels::SgdParameters{.momentum = options_.momentum, .nesterov = options_.nesterov});
}

RMSprop::RMSprop(RMSpropOptions options, OptimizerOptions common)
    : Optimizer(options.learning_rate, std::move(common)), options_(std::move(options)) {
  require_decay("RMSprop", "rho", options_.rho);
  require_range("RMSprop", "momentum", options_.momentum, 0, 1);
  require_range("RMSprop", "epsilon", options_.epsilon, 0, 1);
}
Json RMSprop::own_config() const {
  Json config = own(options_);
  config.erase("epsilon_outside_root");  // no word of Keras's: its files could not be loaded
  return config;
}
std::shared_ptr<const kernels::UpdateRule> RMSprop::update_rule() const {
  return rule_of(kernels::RmspropParameters{.rho = options_.rho,
                                            .momentum = options_.momentum,
                                            .epsilon = options_.epsilon,
                                            .centered = options_.centered,
                                            .epsilon_outside_root = options_.epsilon_outside_root});
}

Adam::Adam(AdamOptions options, OptimizerOptions common)
    : Optimizer(options.learning_rate, std::move(common)), options_(std::move(options)) {
  require_adam("Adam", options_);
}
Json Adam::own_config() const {
  return own(options_);
}
std::shared_ptr<const kernels::UpdateRule> Adam::update_rule() const {
  return rule_of(kernels::AdamParameters{.beta_1 = options_.beta_1,
                                         .beta_2 = options_.beta_2,
                                         .epsilon = options_.epsilon,
                                         .amsgrad = options_.amsgrad});
}

AdamW::AdamW(AdamWOptions options, OptimizerOptions common)
    : Optimizer(options.learning_rate, with_decay(std::move(common), options.weight_decay)),
      options_(std::move(options)) {
  require_adam("AdamW", options_);
}
Json AdamW::own_config() const {
  return own(options_);
}
std::shared_ptr<const kernels::UpdateRule> AdamW::update_rule() const {
  return rule_of(kernels::AdamParameters{.beta_1 = options_.beta_1,
                                         .beta_2 = options_.beta_2,
                                         .epsilon = options_.epsilon,
                                         .amsgrad = options_.amsgrad});
}

Adamax::Adamax(AdamaxOptions options, OptimizerOptions common)
    : Optimizer(options.learning_rate, std::move(common)), options_(std::move(options)) {
  require_adam("Adamax", options_);
}
Json Adamax::own_config() const {
  return own(options_);
}
std::shared_ptr<const kernels::UpdateRule> Adamax::update_rule() const {
  return rule_of(kernels::AdamaxParameters{
      .beta_1 = options_.beta_1, .beta_2 = options_.beta_2, .epsilon = options_.epsilon});
}

Nadam::Nadam(NadamOptions options, OptimizerOptions common)
    : Optimizer(options.learning_rate, std::move(common)), options_(std::move(options)) {
  require_adam("Nadam", options_);
}
Json Nadam::own_config() const {
  return own(options_);
}
std::shared_ptr<const kernels::UpdateRule> Nadam::update_rule() const {
  return rule_of(kernels::NadamParameters{
      .beta_1 = options_.beta_1, .beta_2 = options_.beta_2, .epsilon = options_.epsilon});
}
std::vector<double> Nadam::derived_variables(std::int64_t steps) const {
  const std::int64_t moves = steps / common().gradient_accumulation_steps.value_or(1);
  return {kernels::nadam_product(options_.beta_1, moves)};
}

Adadelta::Adadelta(AdadeltaOptions options, OptimizerOptions common)
    : Optimizer(options.learning_rate, std::move(common)), options_(std::move(options)) {
  require_decay("Adadelta", "rho", options_.rho);
  require_range("Adadelta", "epsilon", options_.epsilon, 0, 1);
}
Json Adadelta::own_config() const {
  return own(options_);
}
std::shared_ptr<const kernels::UpdateRule> Adadelta::update_rule() const {
  return rule_of(kernels::AdadeltaParameters{.rho = options_.rho, .epsilon = options_.epsilon});
}

Adagrad::Adagrad(AdagradOptions options, OptimizerOptions common)
    : Optimizer(options.learning_rate, std::move(common)), options_(std::move(options)) {
  require_not_negative("Adagrad", "initial_accumulator_value", options_.initial_accumulator_value);
  require_range("Adagrad", "epsilon", options_.epsilon, 0, 1);
}
Json Adagrad::own_config() const {
  return own(options_);
}
std::shared_ptr<const kernels::UpdateRule> Adagrad::update_rule() const {
  return rule_of(kernels::AdagradParameters{.epsilon = options_.epsilon},
                 options_.initial_accumulator_value);
}

Ftrl::Ftrl(FtrlOptions options, OptimizerOptions common)
    : Optimizer(options.learning_rate, std::move(common)), options_(std::move(options)) {
  const auto& o = options_;
  require_not_negative("Ftrl", "initial_accumulator_value", o.initial_accumulator_value);
  require_not_negative("Ftrl", "l1_regularization_strength", o.l1_regularization_strength);
  require_not_negative("Ftrl", "l2_regularization_strength", o.l2_regularization_strength);
  require_not_negative(
      "Ftrl", "l2_shrinkage_regularization_strength", o.l2_shrinkage_regularization_strength);
  require_not_negative("Ftrl", "beta", o.beta);
  if (!(o.learning_rate_power <= 0)) {
    throw InvalidArgument(
        format("Ftrl: learning_rate_power must be at most 0, got {}", o.learning_rate_power));
  }
}
Json Ftrl::own_config() const {
  return own(options_);
}
std::shared_ptr<const kernels::UpdateRule> Ftrl::update_rule() const {
  return rule_of(
      kernels::FtrlParameters{.learning_rate_power = options_.learning_rate_power,
                              .l1 = options_.l1_regularization_strength,
                              .l2 = options_.l2_regularization_strength,
                              .l2_shrinkage = options_.l2_shrinkage_regularization_strength,
                              .beta = options_.beta},
      options_.initial_accumulator_value);
}

Lion::Lion(LionOptions options, OptimizerOptions common)
    : Optimizer(options.learning_rate, std::move(common)), options_(std::move(options)) {
  require_range("Lion", "beta_2", options_.beta_2, 0, 1);
  if (options_.beta_1 > 0 && options_.beta_1 <= 1) return;
  throw InvalidArgument(format("Lion: beta_1 must be in (0, 1], got {}", options_.beta_1));
}
Json Lion::own_config() const {
  return own(options_);
}
std::shared_ptr<const kernels::UpdateRule> Lion::update_rule() const {
  return rule_of(kernels::LionParameters{.beta_1 = options_.beta_1, .beta_2 = options_.beta_2});
}

}  // namespace carnyx
