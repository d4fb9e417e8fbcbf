#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "carnyx/training/callback.h"

namespace carnyx {

/// Sets the learning rate at each epoch's beginning to what `schedule` makes of the epoch, from 0,
/// and the rate so far; adds "learning_rate" to the logs.
/// Source: Keras 3, keras.callbacks.LearningRateScheduler.
class LearningRateScheduler final : public Callback {
 public:
  using Schedule = std::function<double(std::int64_t epoch, double learning_rate)>;

  /// Throws InvalidArgument if the schedule is empty. `verbose` 1: a log line an epoch.
  explicit LearningRateScheduler(Schedule schedule, int verbose = 0);

  [[nodiscard]] std::string name() const override { return "learning_rate_scheduler"; }
  /// Throws InvalidArgument if the schedule's answer is not finite.
  void on_epoch_begin(CallbackContext& context, std::int64_t epoch) override;
  void on_epoch_end(CallbackContext& context, std::int64_t epoch, Logs& logs) override;

 private:
  Schedule schedule_;
  int verbose_;
};

}  // namespace carnyx
