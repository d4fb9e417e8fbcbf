// Part files as Spark's jobs write them.
#pragma once

#include <string>

#include "carnyx/data/dataset.h"
#include "carnyx/data/source.h"

namespace carnyx {

/// Writes one part of a set below the new folder `folder`: csv, csv2, csv3 or tfr, cut into
/// `num_partitions` files with nearly equal numbers of samples, and the empty file _SUCCESS.
void write_parts(const std::string& folder,
                 const Dataset& part,
                 DataFormat format,
                 std::int64_t num_partitions);

}  // namespace carnyx
