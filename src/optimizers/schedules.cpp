#include "carnyx/optimizers/schedules.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "optimizers/schedule_fields.h"

namespace carnyx {

namespace {

void require(bool holds, std::string_view schedule, std::string_view what, double value) {
  if (holds) return;  // a comparison with NaN does not
  throw InvalidArgument(format("{}: {}, got {}", schedule, what, value));
}

void require_steps(std::string_view schedule, std::string_view option, double steps) {
  require(
      steps > 0 && std::isfinite(steps), schedule, format("{} must be positive", option), steps);
}

/// Rates are numbers that training can go on with.
void require_rate(std::string_view schedule, std::string_view option, double rate) {
  require(
      rate >= 0 && std::isfinite(rate), schedule, format("{} must be at least 0", option), rate);
}

/// Half a wave from 1 down to `low`; `fraction` of the way is done.
double cosine(double fraction, double low) {
  return (1 - low) * 0.5 * (1 + std::cos(std::numbers::pi * fraction)) + low;
}

/// Keras's step counts are integers where they are whole.
template <class Options>
Json written(const Options& options) {
  Json config = to_json(options);
  for (const std::string_view key : {"decay_steps", "first_decay_steps", "warmup_steps"}) {
    const Json* steps = config.find(key);
    if (steps == nullptr) continue;
    const double number = steps->as_number();
    if (number == std::floor(number) && number < 9e15) {
      config.set(key, static_cast<std::int64_t>(number));
    }
  }
  return config;
}

}  // namespace

ExponentialDecay::ExponentialDecay(ExponentialDecayOptions options) : options_(options) {
  require_rate("ExponentialDecay", "initial_learning_rate", options.initial_learning_rate);
  require_steps("ExponentialDecay", "decay_steps", options.decay_steps);
  require_rate("ExponentialDecay", "decay_rate", options.decay_rate);
}
double ExponentialDecay::at(std::int64_t step) const {
  const double periods = static_cast<double>(step) / options_.decay_steps;
  return options_.initial_learning_rate *
         std::pow(options_.decay_rate, options_.staircase ? std::floor(periods) : periods);
}
Json ExponentialDecay::config() const {
  return written(options_);
}

PiecewiseConstantDecay::PiecewiseConstantDecay(PiecewiseConstantDecayOptions options)
    : options_(std::move(options)) {
  if (options_.boundaries.empty() || options_.values.size() != options_.boundaries.size() + 1) {
    throw InvalidArgument(
        format("PiecewiseConstantDecay: expected at least one boundary and one value more than "
               "boundaries, got {} boundaries and {} values",
               options_.boundaries.size(),
               options_.values.size()));
  }
  if (!std::ranges::is_sorted(options_.boundaries)) {
    throw InvalidArgument("PiecewiseConstantDecay: boundaries must ascend");
  }
  for (const double value : options_.values) {
    require_rate("PiecewiseConstantDecay", "every value", value);
  }
}
double PiecewiseConstantDecay::at(std::int64_t step) const {
  const auto& boundaries = options_.boundaries;
  const auto passed = std::ranges::lower_bound(boundaries, step) - boundaries.begin();
  return options_.values[static_cast<std::size_t>(passed)];
}
Json PiecewiseConstantDecay::config() const {
  return to_json(options_);
}

PolynomialDecay::PolynomialDecay(PolynomialDecayOptions options) : options_(options) {
  require_rate("PolynomialDecay", "initial_learning_rate", options.initial_learning_rate);
  require_steps("PolynomialDecay", "decay_steps", options.decay_steps);
  require_rate("PolynomialDecay", "end_learning_rate", options.end_learning_rate);
  require(options.power >= 0, "PolynomialDecay", "power must be at least 0", options.power);
}
double PolynomialDecay::at(std::int64_t step) const {
  const auto t = static_cast<double>(step);
  const double cycles = std::max(1.0, std::ceil(t / options_.decay_steps));
  const double length = options_.decay_steps * (options_.cycle ? cycles : 1);
  const double done = std::min(t, length) / length;
  return (options_.initial_learning_rate - options_.end_learning_rate) *
             std::pow(1 - done, options_.power) +
         options_.end_learning_rate;
}
Json PolynomialDecay::config() const {
  return written(options_);
}

InverseTimeDecay::InverseTimeDecay(InverseTimeDecayOptions options) : options_(options) {
  require_rate("InverseTimeDecay", "initial_learning_rate", options.initial_learning_rate);
  require_steps("InverseTimeDecay", "decay_steps", options.decay_steps);
  require_rate("InverseTimeDecay", "decay_rate", options.decay_rate);
}
double InverseTimeDecay::at(std::int64_t step) const {
  const double periods = static_cast<double>(step) / options_.decay_steps;
  return options_.initial_learning_rate /
         (1 + options_.decay_rate * (options_.staircase ? std::floor(periods) : periods));
}
Json InverseTimeDecay::config() const {
  return written(options_);
}

CosineDecay::CosineDecay(CosineDecayOptions options) : options_(options) {
  require_rate("CosineDecay", "initial_learning_rate", options.initial_learning_rate);
  require_steps("CosineDecay", "decay_steps", options.decay_steps);
  require_rate("CosineDecay", "alpha", options.alpha);
  require_rate("CosineDecay", "warmup_target", options.warmup_target.value_or(0));
  require_rate("CosineDecay", "warmup_steps", options.warmup_steps);
}
double CosineDecay::at(std::int64_t step) const {
  const auto& o = options_;
  const auto t = static_cast<double>(step);
  const double warmup = o.warmup_target ? o.warmup_steps : 0;
  if (t < warmup) {
    return o.initial_learning_rate + (*o.warmup_target - o.initial_learning_rate) * (t / warmup);
  }
  const double done = std::min(t - warmup, o.decay_steps) / o.decay_steps;
  return o.warmup_target.value_or(o.initial_learning_rate) * cosine(done, o.alpha);
}
Json CosineDecay::config() const {
  return written(options_);
}

CosineDecayRestarts::CosineDecayRestarts(CosineDecayRestartsOptions options) : options_(options) {
  require_rate("CosineDecayRestarts", "initial_learning_rate", options.initial_learning_rate);
  require_steps("CosineDecayRestarts", "first_decay_steps", options.first_decay_steps);
  require(options.t_mul >= 1, "CosineDecayRestarts", "t_mul must be at least 1", options.t_mul);
  require_rate("CosineDecayRestarts", "m_mul", options.m_mul);
  require_rate("CosineDecayRestarts", "alpha", options.alpha);
}
double CosineDecayRestarts::at(std::int64_t step) const {
  const auto& o = options_;
  double done = static_cast<double>(step) / o.first_decay_steps;  // in first periods
  double restarts = std::floor(done);
  if (o.t_mul == 1) {
    done -= restarts;
  } else {
    // Period i begins after 1 + t_mul + ... + t_mul^(i-1) first periods and is t_mul^i long.
    restarts = std::floor(std::log(1 - done * (1 - o.t_mul)) / std::log(o.t_mul));
    const double length = std::pow(o.t_mul, restarts);
    done = (done - (1 - length) / (1 - o.t_mul)) / length;
  }
  const double height = std::pow(o.m_mul, restarts);
  const double wave = height * cosine(done, 0);
  return o.initial_learning_rate * ((1 - o.alpha) * wave + o.alpha);
}
Json CosineDecayRestarts::config() const {
  return written(options_);
}

}  // namespace carnyx
