// A data set in a few lines, or as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/data/source.h"

namespace carnyx::cli {

struct Range {
  double least = 0;
  double most = 0;
  double mean = 0;
};

/// Of all elements; zeros for none.
Range range_of(const Tensor& tensor);

/// Samples of each class.
std::vector<std::int64_t> class_counts(const Dataset& part);

std::string report_text(const LoadedData& data);
Json report_json(const LoadedData& data);

}  // namespace carnyx::cli
