// The metrics' options as fields, named as Keras's configs name them.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

#include "carnyx/base/error.h"
#include "carnyx/base/fields.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"
#include "carnyx/metrics/metrics.h"

namespace carnyx::metrics {

template <class E, std::size_t N>
std::string_view spelling(E value, const std::array<std::string_view, N>& names) {
  return names[static_cast<std::size_t>(value)];
}

/// Letter case is not told apart: Keras reads "PR" and "pr".
template <class E, std::size_t N>
void find_spelling(std::string_view what,
                   std::string_view name,
                   const std::array<std::string_view, N>& names,
                   E& value) {
  const auto is_same = [&](std::string_view other) {
    return std::ranges::equal(name, other, [](unsigned char a, unsigned char b) {
      return std::tolower(a) == std::tolower(b);
    });
  };
  const auto found = std::ranges::find_if(names, is_same);
  if (found == names.end()) throw InvalidArgument(unknown_name(what, name, names));
  value = static_cast<E>(found - names.begin());
}

template <class V>
void visit_fields(V& visit, ExactAccuracyOptions& o) {
  visit("name", o.name);
}

template <class V>
void visit_fields(V& visit, BinaryAccuracyOptions& o) {
  visit("name", o.name);
  visit("threshold", o.threshold);
}

template <class V>
void visit_fields(V& visit, CategoricalAccuracyOptions& o) {
  visit("name", o.name);
}

template <class V>
void visit_fields(V& visit, SparseCategoricalAccuracyOptions& o) {
  visit("name", o.name);
}

template <class V>
void visit_fields(V& visit, TopKCategoricalAccuracyOptions& o) {
  visit("name", o.name);
  visit("k", o.k);
}

template <class V>
void visit_fields(V& visit, SparseTopKCategoricalAccuracyOptions& o) {
  visit("name", o.name);
  visit("k", o.k);
  visit("from_sorted_ids", o.from_sorted_ids);
}

template <class V>
void visit_fields(V& visit, ConfusionCountOptions& o) {
  visit("name", o.name);
  visit("thresholds", o.thresholds);
}

template <class V>
void visit_fields(V& visit, PrecisionOptions& o) {
  visit("name", o.name);
  visit("thresholds", o.thresholds);
  visit("top_k", o.top_k);
  visit("class_id", o.class_id);
}

template <class V>
void visit_fields(V& visit, RecallOptions& o) {
  visit("name", o.name);
  visit("thresholds", o.thresholds);
  visit("top_k", o.top_k);
  visit("class_id", o.class_id);
}

template <class V>
void visit_fields(V& visit, OperatingPointOptions& o) {
  visit("name", o.name);
  visit("num_thresholds", o.num_thresholds);
  visit("class_id", o.class_id);
}

template <class V>
void visit_fields(V& visit, AUCOptions& o) {
  visit("name", o.name);
  visit("num_thresholds", o.num_thresholds);
  visit("curve", o.curve);
  visit("summation_method", o.summation_method);
  visit("thresholds", o.thresholds);
  visit("multi_label", o.multi_label);
  visit("num_labels", o.num_labels);
  visit("label_weights", o.label_weights);
  visit("from_logits", o.from_logits);
}

template <class V>
void visit_fields(V& visit, FBetaScoreOptions& o) {
  visit("name", o.name);
  visit("average", o.average);
  visit("beta", o.beta);
  visit("threshold", o.threshold);
}

template <class V>
void visit_fields(V& visit, F1ScoreOptions& o) {
  visit("name", o.name);
  visit("average", o.average);
  visit("threshold", o.threshold);
}

template <class V>
void visit_fields(V& visit, IoUOptions& o) {
  visit("name", o.name);
  visit("num_classes", o.num_classes);
  visit("target_class_ids", o.target_class_ids);
  visit("ignore_class", o.ignore_class);
  visit("sparse_y_true", o.sparse_y_true);
  visit("sparse_y_pred", o.sparse_y_pred);
}

template <class V>
void visit_fields(V& visit, MeanIoUOptions& o) {
  visit("name", o.name);
  visit("num_classes", o.num_classes);
  visit("ignore_class", o.ignore_class);
  visit("sparse_y_true", o.sparse_y_true);
  visit("sparse_y_pred", o.sparse_y_pred);
}

template <class V>
void visit_fields(V& visit, BinaryIoUOptions& o) {
  visit("name", o.name);
  visit("target_class_ids", o.target_class_ids);
  visit("threshold", o.threshold);
}

template <class V>
void visit_fields(V& visit, OneHotIoUOptions& o) {
  visit("name", o.name);
  visit("num_classes", o.num_classes);
  visit("target_class_ids", o.target_class_ids);
  visit("ignore_class", o.ignore_class);
  visit("sparse_y_pred", o.sparse_y_pred);
}

template <class V>
void visit_fields(V& visit, OneHotMeanIoUOptions& o) {
  visit("name", o.name);
  visit("num_classes", o.num_classes);
  visit("ignore_class", o.ignore_class);
  visit("sparse_y_pred", o.sparse_y_pred);
}

template <class V>
void visit_fields(V& visit, RootMeanSquaredErrorOptions& o) {
  visit("name", o.name);
}

template <class V>
void visit_fields(V& visit, CosineSimilarityMetricOptions& o) {
  visit("name", o.name);
  visit("axis", o.axis);
}

template <class V>
void visit_fields(V& visit, PearsonCorrelationOptions& o) {
  visit("name", o.name);
  visit("axis", o.axis);
}

template <class V>
void visit_fields(V& visit, ConcordanceCorrelationOptions& o) {
  visit("name", o.name);
  visit("axis", o.axis);
}

template <class V>
void visit_fields(V& visit, R2ScoreOptions& o) {
  visit("name", o.name);
  visit("class_aggregation", o.class_aggregation);
  visit("num_regressors", o.num_regressors);
}

/// As Keras writes it: lists that say nothing are null.
template <class Options>
Json config_of(const Options& options) {
  Json config = to_json(options);
  for (const std::string_view key : {"thresholds", "label_weights"}) {
    const Json* list = config.find(key);
    if (list != nullptr && list->size() == 0) config.set(key, Json());
  }
  return config;
}

}  // namespace carnyx::metrics
