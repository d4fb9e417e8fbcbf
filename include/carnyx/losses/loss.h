#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/graph/graph_builder.h"

namespace carnyx {

/// Derive from it for a loss of your own: per_row() composes ops, gradients follow.
/// `target` is what the data set's y holds, with the batch's axis: labels [B] int32, or [B, ...]
/// float32; `output` is the model's, [B, ...]. All throw InvalidArgument if the two do not fit.
class Loss {
 public:
  virtual ~Loss() = default;
  [[nodiscard]] virtual std::string class_name() const = 0;
  [[nodiscard]] virtual Json config() const { return Json::object(); }
  /// Keras's call(): the loss of each row, [B], or of its positions, [B, ...], whose mean is the
  /// row's loss. Rows at and above valid_rows may hold anything.
  virtual Value per_row(GraphBuilder& builder, Value target, Value output) const = 0;
  /// The sum over valid rows of each row's loss, float64 [1]. Override it where that is a kernel.
  virtual Value build(GraphBuilder& builder, Value target, Value output) const;
  /// The same with every row's loss times its weight; weight: [B].
  virtual Value build_weighted(GraphBuilder& builder,
                               Value target,
                               Value output,
                               Value weight) const;
};

class AnyLoss {
 public:
  template <std::derived_from<Loss> L>
  AnyLoss(L loss)  // NOLINT(google-explicit-constructor): {.loss = CategoricalCrossentropy({})}
      : loss_(std::make_shared<const L>(std::move(loss))) {}
  const Loss* operator->() const { return loss_.get(); }
  const Loss& operator*() const { return *loss_; }

 private:
  std::shared_ptr<const Loss> loss_;  // shared by copies; immutable
};

/// By Keras's class name or string ("categorical_crossentropy", "mse"), or a config object.
/// Throws InvalidArgument naming the nearest known one, or an option's name, place and range.
AnyLoss loss_from_json(const Json& json);
/// {"module": "keras.losses", "class_name": ..., "config": ..., "registered_name": null}.
Json loss_to_json(const Loss& loss);
/// Keras's name for it as a function, "huber"; empty for a loss of your own.
std::string_view loss_function_name(const Loss& loss);
/// The class names that loss_from_json() knows.
std::vector<std::string_view> loss_class_names();

}  // namespace carnyx
