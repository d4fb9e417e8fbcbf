// The counts that metrics of yes-or-no answers are made of: sums of weights of positives and of
// negatives by how many thresholds their output is above. They add up over steps as counts do, and
// one pass over the outputs serves any number of thresholds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "carnyx/metrics/confusion.h"

namespace carnyx::metrics {

struct ThresholdCounting {
  std::vector<double> thresholds;  ///< in any order
  std::optional<std::int64_t> top_k = std::nullopt;
  std::optional<std::int64_t> class_id = std::nullopt;
  bool by_label = false;                   ///< each column of an output [B, C] on its own
  std::vector<double> label_weights = {};  ///< one a column; empty: 1
};

/// The thresholds given, or the default where none are. Throws InvalidArgument, in the metric's
/// name, for one outside [0, 1].
std::vector<double> thresholds_or(std::string_view metric,
                                  const std::vector<double>& given,
                                  double otherwise);
/// 0, ..., 1; 0.5 alone if `count` is 1.
std::vector<double> even_thresholds(std::int64_t count);
/// Whether they are 0, ..., 1 in even steps: then Keras takes outputs beyond [0, 1] for its ends.
bool are_even(const std::vector<double>& thresholds);

/// The threshold that lets all through but what top_k took away.
inline constexpr double kTopKThreshold = -1e10;

/// Two sums: of positives, of negatives.
std::vector<Value> count_by_threshold(std::string_view metric,
                                      const MetricInputs& inputs,
                                      const ThresholdCounting& counting);
/// The counts at each threshold, in the order given, of those sums; of column `label` of `labels`.
std::vector<Confusion> confusions(std::span<const double> sums,
                                  const std::vector<double>& thresholds,
                                  std::size_t label = 0,
                                  std::size_t labels = 1);

/// 0 where there is nothing to divide by.
inline double share(double part, double whole) {
  return whole == 0 ? 0 : part / whole;
}

}  // namespace carnyx::metrics
