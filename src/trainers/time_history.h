// How fast a run is, as TensorFlow's official models measure and say it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/base/clock.h"
#include "carnyx/base/json.h"
#include "carnyx/training/callback.h"
#include "carnyx/training/progress.h"

namespace carnyx {

struct BatchTimestamp {
  std::int64_t batch_index = 0;  ///< of the run, from 1
  double timestamp = 0;          ///< seconds since 1970
};

/// Says "BenchmarkMetric: {...}" every log_steps batches and after each epoch.
class TimeHistory final : public Callback {
 public:
  struct Options {
    std::int64_t log_steps = 100;
    ProgressOutput* output = nullptr;  ///< null: it only measures; outlives it
    /// Told of each speed that is said; empty: nobody.
    std::function<void(std::int64_t step, double examples_per_second)> on_speed = {};
  };
  TimeHistory(Options options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

  [[nodiscard]] std::string name() const override { return "time_history"; }
  [[nodiscard]] std::int64_t every_steps() const override { return stride_; }
  void on_train_begin(CallbackContext& context) override;
  void on_epoch_begin(CallbackContext& context, std::int64_t epoch) override;
  void on_step(CallbackContext& context,
               std::int64_t epoch,
               std::int64_t step,
               const Logs& logs) override;
  void on_epoch_end(CallbackContext& context, std::int64_t epoch, Logs& logs) override;
  void on_train_end(CallbackContext& context, const Logs& logs) override;

  /// Adds "step_timestamp_log", "train_finish_time" and, if two times were taken,
  /// "avg_exp_per_second".
  void add_stats(Json& stats) const;

 private:
  [[nodiscard]] double now() const;
  void say(const std::string& metric) const;

  Options options_;
  const Clock& clock_;
  std::int64_t stride_ = 1;  // divides log_steps and an epoch's steps: their calls fall on both
  std::int64_t batch_size_ = 0;
  std::vector<BatchTimestamp> log_;
  Clock::Steady last_said_;
  Clock::Steady epoch_began_;
  std::optional<double> finish_time_;
};

}  // namespace carnyx
