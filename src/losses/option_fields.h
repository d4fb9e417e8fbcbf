// The losses' options as fields, in the order of Keras's configs, and what their configs share.
#pragma once

#include <string_view>

#include "carnyx/base/fields.h"
#include "carnyx/losses/losses.h"

namespace carnyx {

Json json_of(const FocalAlpha& alpha);
void read_json(const Json& json, FocalAlpha& alpha);

template <class V>
void visit_fields(V& visit, CrossentropyOptions& o) {
  visit("from_logits", o.from_logits);
  visit("label_smoothing", o.label_smoothing);
  visit("axis", o.axis);
}

template <class V>
void visit_fields(V& visit, SparseCrossentropyOptions& o) {
  visit("from_logits", o.from_logits);
  visit("ignore_class", o.ignore_class);
  visit("axis", o.axis);
}

template <class V>
void visit_fields(V& visit, CategoricalGeneralizedCrossEntropyOptions& o) {
  visit("q", o.q);
}

template <class V>
void visit_fields(V& visit, BinaryFocalCrossentropyOptions& o) {
  visit("from_logits", o.from_logits);
  visit("label_smoothing", o.label_smoothing);
  visit("axis", o.axis);
  visit("apply_class_balancing", o.apply_class_balancing);
  visit("alpha", o.alpha);
  visit("gamma", o.gamma);
}

template <class V>
void visit_fields(V& visit, CategoricalFocalCrossentropyOptions& o) {
  visit("from_logits", o.from_logits);
  visit("label_smoothing", o.label_smoothing);
  visit("axis", o.axis);
  visit("alpha", o.alpha);
  visit("gamma", o.gamma);
}

template <class V>
void visit_fields(V& visit, DiceOptions& o) {
  visit("axis", o.axis);
}

template <class V>
void visit_fields(V& visit, TverskyOptions& o) {
  visit("alpha", o.alpha);
  visit("beta", o.beta);
  visit("axis", o.axis);
}

template <class V>
void visit_fields(V& visit, HuberOptions& o) {
  visit("delta", o.delta);
}

template <class V>
void visit_fields(V& visit, CosineSimilarityOptions& o) {
  visit("axis", o.axis);
}

/// {"name": ..., "reduction": "sum_over_batch_size", ...the options}.
template <class Options>
Json loss_config(std::string_view name, const Options& options) {
  Json config = Json::object({{"name", name}, {"reduction", "sum_over_batch_size"}});
  const Json own = to_json(options);
  for (const auto& [key, value] : own.members()) config.set(key, value);
  return config;
}

}  // namespace carnyx
