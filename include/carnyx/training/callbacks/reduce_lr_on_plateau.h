#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "carnyx/training/callback.h"
#include "carnyx/training/callbacks/monitor.h"

namespace carnyx {

struct ReduceLROnPlateauOptions {
  std::string monitor = "val_loss";
  double factor = 0.1;         ///< below 1
  std::int64_t patience = 10;  ///< epochs without improvement before it acts
  int verbose = 0;             ///< 1: a log line when it acts
  MonitorMode mode = MonitorMode::Auto;
  double min_delta = 1e-4;
  std::int64_t cooldown = 0;  ///< epochs after it acted in which it only watches
  double min_lr = 0;
};

/// Multiplies the learning rate by `factor` when the monitored quantity no longer improves, and
/// adds "learning_rate" to the logs. Source: Keras 3, keras.callbacks.ReduceLROnPlateau.
class ReduceLROnPlateau final : public Callback {
 public:
  /// Throws InvalidArgument unless factor is in [0, 1).
  explicit ReduceLROnPlateau(ReduceLROnPlateauOptions options);

  [[nodiscard]] std::string name() const override { return "reduce_lr_on_plateau"; }
  void on_train_begin(CallbackContext& context) override;
  void on_epoch_end(CallbackContext& context, std::int64_t epoch, Logs& logs) override;
  [[nodiscard]] Json state() const override;
  void restore(const Json& saved) override;

 private:
  struct Memory {
    std::int64_t wait = 0;
    std::int64_t cooldown_counter = 0;
    std::optional<double> best = {};
  };
  void reduce(Model& model, std::int64_t epoch);

  ReduceLROnPlateauOptions options_;
  Monitor monitor_;
  Memory memory_;
  bool is_restored_ = false;  // what a checkpoint gave survives on_train_begin(), once
};

}  // namespace carnyx
