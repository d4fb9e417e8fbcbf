#include "carnyx/training/callbacks/backup_and_restore.h"

#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"

namespace carnyx {

BackupAndRestore::BackupAndRestore(BackupAndRestoreOptions options)
    : policy_{.directory = std::move(options.backup_dir),
              .every_steps = options.save_freq,
              .keep = options.double_checkpoint ? 2 : 1},
      delete_checkpoint_(options.delete_checkpoint) {
  if (policy_.directory.empty()) {
    throw InvalidArgument("BackupAndRestore: backup_dir must name a folder, got ''");
  }
  if (policy_.every_steps < 0) {
    throw InvalidArgument(
        format("BackupAndRestore: save_freq must be at least 0, got {}", policy_.every_steps));
  }
}

void BackupAndRestore::on_train_end(CallbackContext& context, const Logs&) {
  if (delete_checkpoint_ && context.run.rank == 0) remove_all(policy_.directory);
}

}  // namespace carnyx
