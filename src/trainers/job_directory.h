#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/base/file_lock.h"
#include "carnyx/trainers/job.h"

namespace carnyx {

/// Throws InvalidArgument if `job_dir`, or what would be above it, is there and is no folder.
void require_folder(const std::string& job_dir);

/// Keeps a second job out of a folder for as long as it lives, where the file system has locks. It
/// makes the folder; one that nothing came into goes with it, so that a job that fails before it
/// wrote anything leaves nothing.
class JobHold final {
 public:
  /// Throws IoError naming who is there.
  explicit JobHold(const JobDirectory& directory);
  ~JobHold();
  JobHold(const JobHold&) = delete;
  JobHold& operator=(const JobHold&) = delete;

 private:
  std::vector<std::string> made_;  // the deepest first
  std::optional<FileLock> lock_;
};

/// Runs what writes the results. A disk that refuses them takes nothing that the last checkpoint
/// has: the IoError says where that is.
void keep_results(const JobDirectory& directory, const std::function<void()>& write);

/// Whether a run may use the folder. An earlier run is resumed, or removed on request, and never
/// mixed with another; of `models`, the files that the run will write besides, none is replaced
/// that an earlier run of this folder did not make. Throws InvalidArgument naming the remedy.
void check_directory(const JobDirectory& directory,
                     const JobOptions& options,
                     const std::vector<std::string>& models);

/// All that an earlier run left in the folder. Called when nothing but the training is left to do:
/// data or a model that can't be read cost nothing.
void remove_earlier_run(const JobDirectory& directory);

}  // namespace carnyx
