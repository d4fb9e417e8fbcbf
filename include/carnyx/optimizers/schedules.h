// Learning rates over the steps, by Keras's names: t is the step, counted from 0.
#pragma once

#include <optional>
#include <vector>

#include "carnyx/optimizers/learning_rate.h"

namespace carnyx {

struct ExponentialDecayOptions {
  double initial_learning_rate = 0;
  double decay_steps = 0;  ///< > 0
  double decay_rate = 0;
  bool staircase = false;  ///< t / decay_steps without its fraction
};
/// initial_learning_rate decay_rate^(t / decay_steps).
class ExponentialDecay final : public LearningRateSchedule {
 public:
  /// All schedules throw InvalidArgument for an option out of range.
  explicit ExponentialDecay(ExponentialDecayOptions options);
  [[nodiscard]] double at(std::int64_t step) const override;
  [[nodiscard]] std::string class_name() const override { return "ExponentialDecay"; }
  [[nodiscard]] Json config() const override;

 private:
  ExponentialDecayOptions options_;
};

struct PiecewiseConstantDecayOptions {
  std::vector<std::int64_t> boundaries;  ///< ascending; at least one
  std::vector<double> values;            ///< one more than boundaries
};
/// values[i] up to and including step boundaries[i], the last value after all of them.
class PiecewiseConstantDecay final : public LearningRateSchedule {
 public:
  explicit PiecewiseConstantDecay(PiecewiseConstantDecayOptions options);
  [[nodiscard]] double at(std::int64_t step) const override;
  [[nodiscard]] std::string class_name() const override { return "PiecewiseConstantDecay"; }
  [[nodiscard]] Json config() const override;

 private:
  PiecewiseConstantDecayOptions options_;
};

struct PolynomialDecayOptions {
  double initial_learning_rate = 0;
  double decay_steps = 0;  ///< > 0
  double end_learning_rate = 0.0001;
  double power = 1;
  bool cycle = false;  ///< begin again at the end, over a multiple of decay_steps
};
/// From initial_learning_rate to end_learning_rate along (1 - t / decay_steps)^power.
class PolynomialDecay final : public LearningRateSchedule {
 public:
  explicit PolynomialDecay(PolynomialDecayOptions options);
  [[nodiscard]] double at(std::int64_t step) const override;
  [[nodiscard]] std::string class_name() const override { return "PolynomialDecay"; }
  [[nodiscard]] Json config() const override;

 private:
  PolynomialDecayOptions options_;
};

struct InverseTimeDecayOptions {
  double initial_learning_rate = 0;
  double decay_steps = 0;  ///< > 0
  double decay_rate = 0;
  bool staircase = false;
};
/// initial_learning_rate / (1 + decay_rate t / decay_steps).
class InverseTimeDecay final : public LearningRateSchedule {
 public:
  explicit InverseTimeDecay(InverseTimeDecayOptions options);
  [[nodiscard]] double at(std::int64_t step) const override;
  [[nodiscard]] std::string class_name() const override { return "InverseTimeDecay"; }
  [[nodiscard]] Json config() const override;

 private:
  InverseTimeDecayOptions options_;
};

struct CosineDecayOptions {
  double initial_learning_rate = 0;
  double decay_steps = 0;  ///< > 0
  double alpha = 0;        ///< the end's share of the beginning
  /// Where a linear warmup from initial_learning_rate ends and the decay begins; null: no warmup.
  std::optional<double> warmup_target = std::nullopt;
  double warmup_steps = 0;  ///< >= 0
};
/// Half a cosine wave. Source: Loshchilov & Hutter, 2017.
class CosineDecay final : public LearningRateSchedule {
 public:
  explicit CosineDecay(CosineDecayOptions options);
  [[nodiscard]] double at(std::int64_t step) const override;
  [[nodiscard]] std::string class_name() const override { return "CosineDecay"; }
  [[nodiscard]] Json config() const override;

 private:
  CosineDecayOptions options_;
};

struct CosineDecayRestartsOptions {
  double initial_learning_rate = 0;
  double first_decay_steps = 0;  ///< > 0
  double t_mul = 2;              ///< each period's length by the one before; >= 1
  double m_mul = 1;              ///< each period's height by the one before
  double alpha = 0;
};
/// Cosine waves one after the other. Source: Loshchilov & Hutter, 2017.
class CosineDecayRestarts final : public LearningRateSchedule {
 public:
  explicit CosineDecayRestarts(CosineDecayRestartsOptions options);
  [[nodiscard]] double at(std::int64_t step) const override;
  [[nodiscard]] std::string class_name() const override { return "CosineDecayRestarts"; }
  [[nodiscard]] Json config() const override;

 private:
  CosineDecayRestartsOptions options_;
};

}  // namespace carnyx
