// Ops that metrics count with. No gradient flows through them.
#pragma once

#include <vector>

#include "graph/ops/op_support.h"

namespace carnyx::ops {

/// 1 at the k largest over the last axis.
struct TopKMask final : Op {
  explicit TopKMask(std::int64_t mask_k) : k(mask_k) {}
  std::string_view name() const override { return "top_k_mask"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Precision precision() const override { return Precision::Wide; }
  std::int64_t k;
};

/// Sums of weights by how many thresholds x is above.
struct BucketSums final : Op {
  BucketSums(std::vector<double> bucket_thresholds, bool sums_by_feature)
      : thresholds(std::move(bucket_thresholds)), by_feature(sums_by_feature) {}
  std::string_view name() const override { return "bucket_sums"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Precision precision() const override { return Precision::Wide; }
  std::vector<double> thresholds;
  bool by_feature;
};

}  // namespace carnyx::ops
