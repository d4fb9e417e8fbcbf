#pragma once

#include <cstdint>
#include <string>

#include "carnyx/training/callback.h"

namespace carnyx {

struct BackupAndRestoreOptions {
  std::string backup_dir;
  std::int64_t save_freq = 0;      ///< in optimizer steps; 0: at the end of each epoch
  bool double_checkpoint = false;  ///< keep the one before the last, too
  bool delete_checkpoint = true;   ///< remove backup_dir when training has ended
};

/// Keras's word for FitOptions::checkpoint: the run's atomic checkpoints go to backup_dir, and a
/// run that finds one there goes on from it, bit for bit, mid-epoch too. Source: Keras 3,
/// keras.callbacks.BackupAndRestore.
class BackupAndRestore final : public Callback {
 public:
  /// Throws InvalidArgument if backup_dir is empty or save_freq negative.
  explicit BackupAndRestore(BackupAndRestoreOptions options);

  [[nodiscard]] std::string name() const override { return "backup_and_restore"; }
  [[nodiscard]] const CheckpointPolicy* checkpoint_policy() const override { return &policy_; }
  void on_train_end(CallbackContext& context, const Logs& logs) override;

 private:
  CheckpointPolicy policy_;
  bool delete_checkpoint_;
};

}  // namespace carnyx
