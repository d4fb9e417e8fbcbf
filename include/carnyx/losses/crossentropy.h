#pragma once

#include <cstdint>
#include <optional>

#include "carnyx/losses/loss.h"

namespace carnyx {

struct CrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0;  ///< in [0, 1]
  std::int64_t axis = -1;      ///< of the classes; with logits the last
};

/// -sum_c target[c] log p[c]. Target: probabilities [B, ..., C], or labels [B], taken as one-hot.
/// Probabilities are scaled to sum to 1 and kept 1e-7 away from 0 and 1, unless softmax made them:
/// then the logits are used.
class CategoricalCrossentropy final : public Loss {
 public:
  /// Throws InvalidArgument unless label_smoothing is in [0, 1].
  explicit CategoricalCrossentropy(CrossentropyOptions options);
  [[nodiscard]] std::string class_name() const override { return "CategoricalCrossentropy"; }
  [[nodiscard]] Json config() const override;
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;
  Value build(GraphBuilder& builder, Value target, Value output) const override;
  Value build_weighted(GraphBuilder& builder,
                       Value target,
                       Value output,
                       Value weight) const override;

 private:
  [[nodiscard]] Value smoothed(Value target, Value output) const;
  [[nodiscard]] std::optional<Value> logits_of(Value output) const;
  CrossentropyOptions options_;
};

struct SparseCrossentropyOptions {
  bool from_logits = false;
  /// Positions with this label count nothing, and the step's mean is over the others; replicas
  /// count their own, as under Keras's distribution.
  std::optional<std::int64_t> ignore_class = std::nullopt;
  std::int64_t axis = -1;  ///< the last one, as Keras wants it
};

/// -log p[label]. Target: labels [B] or [B, 1] for an output [B, C]; [B, ...] for [B, ..., C].
class SparseCategoricalCrossentropy final : public Loss {
 public:
  explicit SparseCategoricalCrossentropy(SparseCrossentropyOptions options);
  [[nodiscard]] std::string class_name() const override { return "SparseCategoricalCrossentropy"; }
  [[nodiscard]] Json config() const override;
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;
  Value build(GraphBuilder& builder, Value target, Value output) const override;
  Value build_weighted(GraphBuilder& builder,
                       Value target,
                       Value output,
                       Value weight) const override;
  /// per_row() before the mean is moved to the positions that count: 0 at ignored ones.
  [[nodiscard]] Value unscaled_rows(Value target, Value output) const;
  /// 1 at positions that count and 0 at ignored ones, int32 [B, ...]; nothing if all count.
  [[nodiscard]] std::optional<Value> counted(Value target, Value output) const;

 private:
  [[nodiscard]] Value known_labels(Value target, Value output) const;
  [[nodiscard]] Value logits_of(Value output) const;
  [[nodiscard]] Value over_counted(Value sum, Value target, Value output) const;
  SparseCrossentropyOptions options_;
};

/// Mean over the features of -(t log p + (1 - t) log(1 - p)). Target: [B, ...] or labels 0 and 1.
class BinaryCrossentropy final : public Loss {
 public:
  explicit BinaryCrossentropy(CrossentropyOptions options);
  [[nodiscard]] std::string class_name() const override { return "BinaryCrossentropy"; }
  [[nodiscard]] Json config() const override;
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  CrossentropyOptions options_;
};

struct CategoricalGeneralizedCrossEntropyOptions {
  double q = 0.5;  ///< in (0, 1)
};
/// (1 - p[label]^q) / q: between crossentropy and the absolute error, for labels with mistakes.
/// Target: labels [B]. Source: Zhang & Sabuncu, 2018, equation 6.
class CategoricalGeneralizedCrossEntropy final : public Loss {
 public:
  explicit CategoricalGeneralizedCrossEntropy(CategoricalGeneralizedCrossEntropyOptions options);
  [[nodiscard]] std::string class_name() const override {
    return "CategoricalGeneralizedCrossEntropy";
  }
  [[nodiscard]] Json config() const override;
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  CategoricalGeneralizedCrossEntropyOptions options_;
};

}  // namespace carnyx
