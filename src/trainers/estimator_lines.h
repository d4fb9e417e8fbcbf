// What a tf.estimator of TensorFlow 1.14 and 2.0 says while it trains, with --log-style keras2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "carnyx/trainers/trainer.h"
#include "carnyx/training/callback.h"
#include "carnyx/training/progress.h"

namespace carnyx {

/// "INFO:tensorflow:loss = 0.25, step = 100 (0.812 sec)" every hundred steps, counted from 0 over
/// the run; the loss is that step's own. Both borrowed objects outlive it.
class EstimatorLines final : public Callback {
 public:
  EstimatorLines(ProgressOutput& output, const Clock& clock) : output_(output), clock_(clock) {}

  [[nodiscard]] std::string name() const override { return "estimator_lines"; }
  [[nodiscard]] std::int64_t every_steps() const override { return 1; }
  void on_step(CallbackContext& context,
               std::int64_t epoch,
               std::int64_t step,
               const Logs& logs) override;
  void on_train_end(CallbackContext& context, const Logs& logs) override;

 private:
  void say(std::int64_t iteration, double loss);

  ProgressOutput& output_;
  const Clock& clock_;
  std::optional<std::int64_t> last_step_;  // of the epoch, of the call before
  double loss_sum_ = 0;                    // of the epoch's steps, when that call came
  std::optional<double> final_loss_;
  std::optional<Clock::Steady> last_line_;
};

/// "INFO:tensorflow:Saving dict for global step 1000: accuracy = ..., global_step = 1000, loss =".
std::string estimator_evaluation_line(const Evaluation& evaluation);

}  // namespace carnyx
