#pragma once

#include <optional>
#include <string>

#include "carnyx/layers/layer.h"
#include "carnyx/layers/regularizers.h"

namespace carnyx {

struct ActivityRegularizationOptions {
  double l1 = 0;  ///< >= 0, as l2
  double l2 = 0;
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// Adds to the loss (l1 sum|x| + l2 sum x^2) / samples of what passes, which it does not change.
class ActivityRegularization final : public Layer {
 public:
  /// Throws InvalidArgument if a factor is negative or not finite.
  explicit ActivityRegularization(ActivityRegularizationOptions options);
  [[nodiscard]] std::string class_name() const override { return "ActivityRegularization"; }
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  ActivityRegularizationOptions options_;
  L1L2 regularizer_;
};

}  // namespace carnyx
