// "Every N steps", counted over the whole run: epochs need not be multiples of N.
#pragma once

#include <cstdint>
#include <numeric>

#include "carnyx/training/callback.h"

namespace carnyx {

class GlobalSteps {
 public:
  explicit GlobalSteps(std::int64_t every) : every_(every) {}

  void on_train_begin(const RunInfo& run) { steps_per_epoch_ = run.steps_per_epoch; }
  /// What Callback::every_steps() answers, so that each due step is the end of such a stretch.
  [[nodiscard]] std::int64_t every_in_epoch() const { return std::gcd(every_, steps_per_epoch_); }
  /// Steps done when `step` of `epoch` has ended.
  [[nodiscard]] std::int64_t done(std::int64_t epoch, std::int64_t step) const {
    return epoch * steps_per_epoch_ + step + 1;
  }
  [[nodiscard]] bool is_due(std::int64_t epoch, std::int64_t step) const {
    return every_ > 0 && done(epoch, step) % every_ == 0;
  }

 private:
  std::int64_t every_;  // 0: never
  std::int64_t steps_per_epoch_ = 0;
};

}  // namespace carnyx
