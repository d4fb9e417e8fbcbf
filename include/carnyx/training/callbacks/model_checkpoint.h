#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "carnyx/training/callback.h"
#include "carnyx/training/callbacks/monitor.h"

namespace carnyx {

struct ModelCheckpointOptions {
  /// With fields such as {epoch:02d}, {batch} and {val_loss:.2f}; ends in .keras or .h5 (a
  /// whole model both), or in .weights.h5 with save_weights_only.
  std::string filepath;
  std::string monitor = "val_loss";
  int verbose = 0;  ///< 1: log lines when it acts
  bool save_best_only = false;
  bool save_weights_only = false;
  MonitorMode mode = MonitorMode::Auto;
  std::int64_t save_freq = 0;  ///< in steps, counted over the run; 0: at the end of each epoch
  std::optional<double> initial_value_threshold = std::nullopt;  ///< what is to be beaten first
};

/// Saves the model under a name made of the epoch and its logs; each file appears whole or not at
/// all. The best value so far survives a resume: a worse model never replaces the best one.
/// Source: Keras 3, keras.callbacks.ModelCheckpoint.
class ModelCheckpoint final : public Callback {
 public:
  /// Throws InvalidArgument for another ending or a template that can't be filled.
  explicit ModelCheckpoint(ModelCheckpointOptions options);
  ~ModelCheckpoint() override;

  [[nodiscard]] std::string name() const override { return "model_checkpoint"; }
  [[nodiscard]] std::int64_t every_steps() const override;
  void on_train_begin(CallbackContext& context) override;
  void on_step(CallbackContext& context,
               std::int64_t epoch,
               std::int64_t step,
               const Logs& logs) override;
  void on_epoch_end(CallbackContext& context, std::int64_t epoch, Logs& logs) override;
  [[nodiscard]] Json state() const override;
  void restore(const Json& saved) override;

  [[nodiscard]] std::optional<double> best() const { return best_; }

 private:
  struct Plan;
  void save(CallbackContext& context, std::int64_t epoch, std::int64_t batch, const Logs& logs);
  [[nodiscard]] bool is_wanted(const Logs& logs);

  ModelCheckpointOptions options_;
  Monitor monitor_;
  std::unique_ptr<Plan> plan_;
  std::optional<double> best_;
};

}  // namespace carnyx
