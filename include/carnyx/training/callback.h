#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/saving/model_file.h"
#include "carnyx/training/checkpoint_policy.h"
#include "carnyx/training/logs.h"

namespace carnyx {

class Model;

/// What a run is, told once at its beginning.
struct RunInfo {
  std::int64_t epochs = 0;
  std::int64_t first_epoch = 0;  ///< > 0 when a run goes on
  std::int64_t steps_per_epoch = 0;
  std::int64_t samples = 0;             ///< training samples an epoch
  std::int64_t validation_samples = 0;  ///< 0 without validation
  std::int64_t batch_size = 0;
  int rank = 0;  ///< of this replica: files that all replicas would write alike are rank 0's
};

/// What a callback sees and may change. Replicas may have different callbacks, but those that
/// change the model must do so alike on all.
struct CallbackContext {
  Model& model;
  const RunInfo& run;
  bool stop_training = false;  ///< set it to end after this step or epoch, on all replicas
};

/// Something that happens at the run's boundaries. The loop runs natively between the boundaries
/// that callbacks ask for. Epochs and steps count from 0.
class Callback {
 public:
  virtual ~Callback() = default;
  /// The name its state has in a checkpoint.
  [[nodiscard]] virtual std::string name() const = 0;
  /// on_step is called every so many steps; 0: never.
  [[nodiscard]] virtual std::int64_t every_steps() const { return 0; }

  virtual void on_train_begin(CallbackContext&) {}
  virtual void on_epoch_begin(CallbackContext&, std::int64_t) {}
  /// `step` of the epoch has ended; `logs` are the epoch's running means, of this replica alone.
  virtual void on_step(CallbackContext&,
                       std::int64_t /*epoch*/,
                       std::int64_t /*step*/,
                       const Logs&) {}
  /// `logs` has validation results, if there are any; what a callback adds is kept in History.
  virtual void on_epoch_end(CallbackContext&, std::int64_t /*epoch*/, Logs&) {}
  virtual void on_train_end(CallbackContext&, const Logs&) {}

  /// What a checkpoint keeps of it, and its return: before on_train_begin(), in a run that goes on.
  [[nodiscard]] virtual Json state() const { return Json::object(); }
  virtual void restore(const Json&) {}
  /// The same for tensors, by names of its own.
  [[nodiscard]] virtual std::vector<NamedTensor> tensors() const { return {}; }
  // NOLINTNEXTLINE(performance-unnecessary-value-param): who overrides it keeps them
  virtual void restore_tensors(std::vector<NamedTensor>) {}
  /// Asked after restore() if callbacks had ended the run that goes on: whether this one would
  /// still end it, or nothing if it does not know. The run stays ended if one would, or none knows.
  [[nodiscard]] virtual std::optional<bool> still_ends(const CallbackContext&) const {
    return std::nullopt;
  }
  /// The checkpoints it wants the run to have, where fit() was told of none; null: no wish.
  [[nodiscard]] virtual const CheckpointPolicy* checkpoint_policy() const { return nullptr; }
};

using CallbackPtr = std::shared_ptr<Callback>;  // shared by the caller, who reads it afterwards

}  // namespace carnyx
