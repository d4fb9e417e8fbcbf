#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/training/callback.h"
#include "carnyx/training/callbacks/monitor.h"

namespace carnyx {

struct EarlyStoppingOptions {
  std::string monitor = "val_loss";
  double min_delta = 0;
  std::int64_t patience = 0;  ///< epochs without improvement before the run ends
  int verbose = 0;            ///< 1: log lines when it acts
  MonitorMode mode = MonitorMode::Auto;
  std::optional<double> baseline = std::nullopt;  ///< to be beaten for patience to begin anew
  bool restore_best_weights = false;
  std::int64_t start_from_epoch = 0;  ///< epochs before it are not looked at
};

/// Ends training when the monitored quantity no longer improves; with restore_best_weights the
/// model then has its best epoch's weights, however the run ended.
/// Source: Keras 3, keras.callbacks.EarlyStopping.
class EarlyStopping final : public Callback {
 public:
  explicit EarlyStopping(EarlyStoppingOptions options);

  [[nodiscard]] std::string name() const override { return "early_stopping"; }
  void on_train_begin(CallbackContext& context) override;
  void on_epoch_end(CallbackContext& context, std::int64_t epoch, Logs& logs) override;
  void on_train_end(CallbackContext& context, const Logs& logs) override;
  [[nodiscard]] Json state() const override;
  void restore(const Json& saved) override;
  [[nodiscard]] std::optional<bool> still_ends(const CallbackContext& context) const override;
  [[nodiscard]] std::vector<NamedTensor> tensors() const override { return memory_.best_weights; }
  void restore_tensors(std::vector<NamedTensor> saved) override;

  [[nodiscard]] std::optional<double> best() const { return memory_.best; }
  [[nodiscard]] std::int64_t best_epoch() const { return memory_.best_epoch; }  ///< from 0
  /// The epoch after which it ended the run, from 0; nothing if it did not.
  [[nodiscard]] std::optional<std::int64_t> stopped_epoch() const { return memory_.stopped_epoch; }

 private:
  struct Memory {
    std::int64_t wait = 0;
    std::optional<double> best = {};
    std::int64_t best_epoch = 0;
    std::optional<std::int64_t> stopped_epoch = {};
    std::vector<NamedTensor> best_weights = {};
  };
  void keep_weights(const Model& model);

  EarlyStoppingOptions options_;
  Monitor monitor_;
  Memory memory_;
  bool is_restored_ = false;  // what a checkpoint gave survives on_train_begin(), once
};

}  // namespace carnyx
