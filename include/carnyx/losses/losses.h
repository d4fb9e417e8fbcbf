// Losses by Keras's names. A loss builds a sum over valid rows; the trainer divides by their count.
#pragma once

#include <concepts>
#include <memory>
#include <string>

#include "carnyx/base/json.h"
#include "carnyx/graph/graph_builder.h"

namespace carnyx {

/// Derive from it for a loss of your own: it composes ops, gradients follow.
class Loss {
 public:
  virtual ~Loss() = default;
  [[nodiscard]] virtual std::string class_name() const = 0;
  [[nodiscard]] virtual Json config() const { return Json::object(); }
  /// The sum over valid rows of each row's loss, [1]. `target` is what the data set's y holds, with
  /// the batch's axis: labels [B] int32, or [B, ...] float32; `output` is the model's, [B, ...].
  /// Throws InvalidArgument if the two do not fit.
  virtual Value build(GraphBuilder& builder, Value target, Value output) const = 0;
};

class AnyLoss {
 public:
  template <std::derived_from<Loss> L>
  AnyLoss(L loss)  // NOLINT(google-explicit-constructor): {.loss = CategoricalCrossentropy({})}
      : loss_(std::make_shared<const L>(std::move(loss))) {}
  const Loss* operator->() const { return loss_.get(); }

 private:
  std::shared_ptr<const Loss> loss_;  // shared by copies; immutable
};

struct CrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0;  ///< in [0, 1]; not for SparseCategoricalCrossentropy
};

/// -sum_c target[c] log p[c]. Target: probabilities [B, C], or labels [B], taken as one-hot.
/// Probabilities are scaled to sum to 1 and kept 1e-7 away from 0 and 1, unless softmax made them:
/// then the logits are used.
class CategoricalCrossentropy final : public Loss {
 public:
  /// Throws InvalidArgument unless label_smoothing is in [0, 1].
  explicit CategoricalCrossentropy(CrossentropyOptions options);
  [[nodiscard]] std::string class_name() const override { return "CategoricalCrossentropy"; }
  [[nodiscard]] Json config() const override;
  Value build(GraphBuilder& builder, Value target, Value output) const override;

 private:
  CrossentropyOptions options_;
};

/// -log p[label]. Target: labels [B] or [B, 1].
class SparseCategoricalCrossentropy final : public Loss {
 public:
  explicit SparseCategoricalCrossentropy(CrossentropyOptions options);
  [[nodiscard]] std::string class_name() const override { return "SparseCategoricalCrossentropy"; }
  [[nodiscard]] Json config() const override;
  Value build(GraphBuilder& builder, Value target, Value output) const override;

 private:
  CrossentropyOptions options_;
};

/// Mean over the features of -(t log p + (1 - t) log(1 - p)). Target: [B, ...] or labels 0 and 1.
class BinaryCrossentropy final : public Loss {
 public:
  explicit BinaryCrossentropy(CrossentropyOptions options);
  [[nodiscard]] std::string class_name() const override { return "BinaryCrossentropy"; }
  [[nodiscard]] Json config() const override;
  Value build(GraphBuilder& builder, Value target, Value output) const override;

 private:
  CrossentropyOptions options_;
};

/// Mean over the features of (target - output)^2.
class MeanSquaredError final : public Loss {
 public:
  [[nodiscard]] std::string class_name() const override { return "MeanSquaredError"; }
  Value build(GraphBuilder& builder, Value target, Value output) const override;
};

/// By Keras's class name or string ("categorical_crossentropy", "mse"), or a config object.
/// Throws InvalidArgument naming the nearest known one.
AnyLoss loss_from_json(const Json& json);
/// {"module": "keras.losses", "class_name": ..., "config": ..., "registered_name": null}.
Json loss_to_json(const Loss& loss);

}  // namespace carnyx
