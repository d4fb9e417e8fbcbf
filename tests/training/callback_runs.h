// Callbacks told what an epoch's logs say, without a network being trained: the model's one weight
// is the number of the epoch, so that restored weights can be told.
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "carnyx/layers/core.h"
#include "carnyx/training/callback.h"
#include "carnyx/training/model.h"

namespace carnyx {

inline Model one_weight_model() {
  Model model(Network({Dense({.units = 1, .use_bias = false, .input_shape = {{1}}})}),
              {.threads = 1});
  model.compile({.optimizer = SGD({.learning_rate = 0.1}),
                 .loss = MeanSquaredError({}),
                 .metrics = {Accuracy({})}});
  return model;
}

inline void set_the_weight(Model& model, double value) {
  const std::vector<float> values = {static_cast<float>(value)};
  model.set_weight("dense/kernel", Tensor::from<float>({1, 1}, values));
}

/// What a run of `epochs` tells a callback.
struct CallbackRun {
  std::vector<double> sequence;  ///< of the monitored quantity, an epoch each
  std::string monitor = "val_loss";
  std::int64_t steps_per_epoch = 5;
  std::int64_t first_epoch = 0;
  std::int64_t last_epoch = 1000;                    ///< not run any more
  std::function<void(Model&, const Logs&)> watch{};  ///< after each epoch
};

inline Logs logs_of_epoch(const CallbackRun& run, std::int64_t epoch) {
  Logs logs{{"loss", 2.0 / static_cast<double>(epoch + 1)}};
  logs.set(run.monitor, run.sequence[static_cast<std::size_t>(epoch)]);
  return logs;
}

inline void run_one_epoch(Callback& callback,
                          CallbackContext& context,
                          const CallbackRun& run,
                          std::int64_t epoch) {
  set_the_weight(context.model, static_cast<double>(epoch));
  callback.on_epoch_begin(context, epoch);
  for (std::int64_t step = 0; step < run.steps_per_epoch; ++step) {
    const std::int64_t every = callback.every_steps();
    const bool due = every > 0 && ((step + 1) % every == 0 || step + 1 == run.steps_per_epoch);
    if (due) callback.on_step(context, epoch, step, {{"loss", 1.0}});
  }
  Logs logs = logs_of_epoch(run, epoch);
  callback.on_epoch_end(context, epoch, logs);
  if (run.watch) run.watch(context.model, logs);
}

/// Returns the number of epochs that were run. Does not end the training if it stops before the
/// sequence's end at `last_epoch`: as a process that died.
inline std::int64_t drive(Callback& callback, Model& model, const CallbackRun& run) {
  const auto epochs = static_cast<std::int64_t>(run.sequence.size());
  const RunInfo info{
      .epochs = epochs, .first_epoch = run.first_epoch, .steps_per_epoch = run.steps_per_epoch};
  CallbackContext context{.model = model, .run = info};
  callback.on_train_begin(context);
  std::int64_t epoch = run.first_epoch;
  while (epoch < epochs && !context.stop_training) {
    if (epoch == run.last_epoch) return epoch;
    run_one_epoch(callback, context, run, epoch++);
  }
  callback.on_train_end(context, {});
  return epoch;
}

}  // namespace carnyx
