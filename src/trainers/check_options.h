#pragma once

#include "carnyx/trainers/job_options.h"

namespace carnyx {

/// Throws InvalidArgument for a value that no job can run with, naming the flag as it is typed,
/// "--batch-size". It looks at no data and writes nothing.
void check_options(const JobOptions& options);

}  // namespace carnyx
