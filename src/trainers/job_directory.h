#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/base/file_lock.h"
#include "carnyx/trainers/job.h"

namespace carnyx {

/// Creates the folder and keeps a second job out for as long as the lock lives; none where the file
/// system has no locks. Throws IoError naming who is there.
std::optional<FileLock> lock_directory(const JobDirectory& directory);

/// Runs what writes the results. A disk that refuses them takes nothing that the last checkpoint
/// has: the IoError says where that is.
void keep_results(const JobDirectory& directory, const std::function<void()>& write);

/// Makes the folder ready for a run. An earlier run is resumed, or removed on request, and never
/// mixed with another; of `models`, the files that the run will write besides, none is replaced
/// that an earlier run of this folder did not make. Throws InvalidArgument naming the remedy.
void prepare_directory(const JobDirectory& directory,
                       const JobOptions& options,
                       const std::vector<std::string>& models);

}  // namespace carnyx
