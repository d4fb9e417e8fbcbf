#pragma once

#include <string>
#include <string_view>

#include "carnyx/trainers/job_options.h"

namespace carnyx {

/// Throws InvalidArgument for a value that no job can run with, naming the flag as it is typed,
/// "--batch-size". It looks at no data and writes nothing.
void check_options(const JobOptions& options);

/// Throws InvalidArgument, naming the flag, for an address like gs://bucket/job or hdfs://node/job:
/// it would become a folder of that name.
void require_local(std::string_view flag, const std::string& path);

}  // namespace carnyx
