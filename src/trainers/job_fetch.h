#pragma once

#include <string_view>

#include "carnyx/data/fetch.h"
#include "carnyx/trainers/job.h"

namespace carnyx {

/// fetch_dataset() under the job's stop flag, with a bar of its bytes where the job shows progress.
void fetch_for_job(std::string_view name,
                   FetchOptions options,
                   const JobOptions& job,
                   const JobEnvironment& environment);

/// MNIST, where the job looks for it. That it can't be fetched is said, and no error: what reads
/// the digits has others, or says that it has none. Throws Cancelled.
void fetch_digits(std::string_view format,
                  const JobOptions& job,
                  const JobEnvironment& environment);

}  // namespace carnyx
