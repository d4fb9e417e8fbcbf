#pragma once

#include <string>
#include <vector>

#include "carnyx/trainers/job.h"

namespace carnyx {

/// Makes the folder ready for a run. An earlier run is resumed, or removed on request, and never
/// mixed with another; of `models`, the files that the run will write besides, none is replaced
/// that an earlier run of this folder did not make. Throws InvalidArgument naming the remedy.
void prepare_directory(const JobDirectory& directory,
                       const JobOptions& options,
                       const std::vector<std::string>& models);

}  // namespace carnyx
