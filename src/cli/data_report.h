// A data set in a few lines, or as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/data/source.h"
#include "carnyx/data/table.h"

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

/// A table's columns: kinds, means or categories, missing values.
std::string table_text(const Table& table);
Json table_json(const Table& table);

}  // namespace carnyx::cli
