// What fit() trains on, whether its samples are all in memory or pass through a window of it.
#pragma once

#include <cstdint>
#include <memory>

#include "carnyx/base/json.h"
#include "carnyx/data/sample_order.h"
#include "carnyx/training/model.h"

namespace carnyx {

struct TrainingRows {
  /// Rows that are bound to the program, weighted by their classes if asked to: all samples, or a
  /// stream's window.
  Dataset data;
  std::int64_t samples = 0;  ///< of an epoch
  std::unique_ptr<SampleOrder> order;
  /// The last samples of the data in memory, of which an epoch has none; empty without a split.
  Dataset split = {};
  std::uint64_t seed = 0;  ///< of the order and of what augments the samples
  /// What decides the order beside samples, batch size and seed: {} for data in memory.
  Json order_identity = Json::object();
  /// Null, or the digest of what weighs the samples.
  Json weights_identity = {};
  /// A digest of some of the samples: other data have another.
  Json data_identity = {};
};

/// Throws InvalidArgument if the options ask for what the data can't give.
TrainingRows resident_rows(const Dataset& data, const FitOptions& options, std::uint64_t seed);
TrainingRows streamed_rows(const SampleStream& stream,
                           const FitOptions& options,
                           std::uint64_t seed);

}  // namespace carnyx
