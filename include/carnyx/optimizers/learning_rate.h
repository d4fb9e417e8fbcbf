#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>

#include "carnyx/base/json.h"

namespace carnyx {

/// A learning rate that follows from the step alone, so a resumed run goes on with the same one.
/// Derive from it for one of your own; a file can name only the built-in ones.
class LearningRateSchedule {
 public:
  virtual ~LearningRateSchedule() = default;
  /// The rate of a step, counted from 0.
  [[nodiscard]] virtual double at(std::int64_t step) const = 0;
  [[nodiscard]] virtual std::string class_name() const = 0;
  /// Keras's config.
  [[nodiscard]] virtual Json config() const = 0;
};

/// A number or a schedule. Copies share the schedule, which is immutable.
class LearningRate {
 public:
  // NOLINTBEGIN(google-explicit-constructor): {.learning_rate = 0.01}, {.learning_rate =
  // CosineDecay(...)}
  LearningRate(double rate) : rate_(rate) {}
  template <std::derived_from<LearningRateSchedule> S>
  LearningRate(S schedule) : schedule_(std::make_shared<const S>(std::move(schedule))) {}
  // NOLINTEND(google-explicit-constructor)

  /// Null for a number.
  [[nodiscard]] const LearningRateSchedule* schedule() const { return schedule_.get(); }
  [[nodiscard]] double at(std::int64_t step) const {
    return schedule_ == nullptr ? rate_ : schedule_->at(step);
  }

 private:
  double rate_ = 0;
  std::shared_ptr<const LearningRateSchedule> schedule_;  // shared by copies
};

/// A number, or {"module": "keras.optimizers.schedules", "class_name": ..., "config": ...}.
Json json_of(const LearningRate& rate);
/// Throws InvalidArgument naming the nearest known schedule, or the option that does not fit.
void read_json(const Json& json, LearningRate& rate);

}  // namespace carnyx
