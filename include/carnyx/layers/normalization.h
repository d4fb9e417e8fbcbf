#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/layers/layer.h"
#include "carnyx/layers/number_array.h"
#include "carnyx/tensor/tensor.h"

namespace carnyx {

struct NormalizationOptions {
  /// Axes with a mean and a variance for each index; those of a batch, so 1 or more, or negative
  /// ones from the back. Empty: one mean for all, Keras's None.
  std::vector<std::int64_t> axis = {-1};
  std::optional<NumberArray> mean = std::nullopt;  ///< given with `variance`, in one shape
  std::optional<NumberArray> variance = std::nullopt;
  bool invert = false;  ///< from normalized numbers back to the original ones
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// (x - mean) / max(sqrt(variance), 1e-7), with numbers that are given or come from data:
///
///     Normalization standardize({});
///     standardize.adapt(train.x, train.divisor);
///     Sequential model({Input({.shape = {8}}), standardize, Dense({.units = 1})});
///
/// Without given numbers the model holds them as weights that no training moves, `mean`, `variance`
/// and Keras's unused `count`, and saves them. The difference is float32 in mixed precision too.
class Normalization final : public Layer {
 public:
  /// Throws InvalidArgument if only one of mean and variance is given, or their shapes differ.
  explicit Normalization(NormalizationOptions options);

  /// Takes mean and variance from data, in double; the models that are made of the layer afterwards
  /// begin with them. Shapes: x [samples, ...], each element divided by `divisor` as
  /// Dataset::divisor is. Throws InvalidArgument if there are no samples, if an axis is not there
  /// or the numbers are not finite, or if mean and variance were given.
  void adapt(const Tensor& x, double divisor = 1);

  [[nodiscard]] std::string class_name() const override { return "Normalization"; }
  /// Throws InvalidArgument if `axis` names no axis of x, or numbers do not fit it.
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  struct Moments {
    Value mean;
    Value deviation;
  };
  [[nodiscard]] std::vector<std::int64_t> kept_axes(const Shape& batch) const;
  [[nodiscard]] Moments given(GraphBuilder& builder, const Shape& batch) const;
  [[nodiscard]] Moments adapted(GraphBuilder& builder, const Shape& batch) const;

  NormalizationOptions options_;
  std::optional<NumberArray> adapted_mean_;
  std::optional<NumberArray> adapted_variance_;
};

}  // namespace carnyx
