// Mean and variance lie along the kept axes, in the model's weights as Keras has them, [kept...].
// In the graph they are shaped to broadcast to the batch; where only its last axis, or none, is
// kept, as one row, which kernels apply while a strip is in the cache.
#include "carnyx/layers/normalization.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/ops.h"
#include "carnyx/layers/initializers.h"

#include "layers/layer_config.h"
#include "layers/option_values.h"

namespace carnyx {
namespace {

constexpr double kEpsilon = 1e-7;  // keras.config.epsilon()

class Given final : public Initializer {
 public:
  explicit Given(std::vector<double> numbers) : numbers_(std::move(numbers)) {}
  void fill(std::span<float> values, const Shape&, Rng) const override {
    std::ranges::transform(
        numbers_, values.begin(), [](double x) { return static_cast<float>(x); });
  }

 private:
  std::vector<double> numbers_;
};

Shape extents(const Shape& batch, const std::vector<std::int64_t>& axes) {
  std::vector<std::int64_t> kept;
  for (const std::int64_t axis : axes) kept.push_back(batch[axis]);
  return Shape(std::move(kept));
}

/// The shape in which numbers of the kept axes broadcast to the batch, without leading ones.
Shape broadcast_shape(const Shape& batch, const std::vector<std::int64_t>& axes) {
  if (axes.empty()) return Shape{batch.columns()};
  std::vector<std::int64_t> extents;
  for (std::int64_t axis = axes.front(); axis < batch.rank(); ++axis) {
    extents.push_back(std::ranges::find(axes, axis) == axes.end() ? 1 : batch[axis]);
  }
  return Shape(std::move(extents));
}

/// The shape of an array that belongs to the last of the kept axes, so that it broadcasts to the
/// batch.
Shape aligned(const Shape& array, const std::vector<std::int64_t>& axes, const Shape& batch) {
  std::vector<std::int64_t> extents(static_cast<std::size_t>(batch.rank()), 1);
  std::int64_t first = batch.rank();
  for (std::int64_t i = 1; i <= array.rank(); ++i) {
    first = axes[axes.size() - static_cast<std::size_t>(i)];
    extents[static_cast<std::size_t>(first)] = array[-i];
  }
  return Shape(std::vector<std::int64_t>(extents.begin() + first, extents.end()));
}

Value shaped(Value numbers, const Shape& shape) {
  if (numbers.shape().rank() == 0) return ops::broadcast_to(numbers, shape);
  return numbers.shape() == shape ? numbers : ops::reshape(numbers, shape);
}

struct Statistics {
  std::vector<double> mean;
  std::vector<double> variance;
};

/// Of the elements of x / divisor that share a place; `places` has one for each element of a
/// sample.
Statistics statistics_of(const Tensor& x,
                         double divisor,
                         const std::vector<std::size_t>& places,
                         std::size_t place_count) {
  const std::int64_t samples = x.shape()[0];
  const auto count = static_cast<double>(samples) * static_cast<double>(places.size()) /
                     static_cast<double>(place_count);
  const auto each = [&](const auto& visit) {
    std::int64_t index = 0;
    for (std::int64_t sample = 0; sample < samples; ++sample) {
      for (const std::size_t place : places) {
        visit(place, load_element(x.bytes(), x.dtype(), index++) / divisor);
      }
    }
  };
  Statistics sums{.mean = std::vector<double>(place_count, 0),
                  .variance = std::vector<double>(place_count, 0)};
  each([&](std::size_t place, double value) { sums.mean[place] += value; });
  for (double& mean : sums.mean) mean /= count;
  each([&](std::size_t place, double value) {
    const double difference = value - sums.mean[place];
    sums.variance[place] += difference * difference;
  });
  for (double& variance : sums.variance) variance /= count;
  return sums;
}

/// The place among those of the kept axes of each element of a sample.
std::vector<std::size_t> places_of(const Shape& batch, const std::vector<std::int64_t>& axes) {
  const std::vector<std::int64_t> sample(batch.begin() + 1, batch.end());
  std::vector<std::size_t> places(static_cast<std::size_t>(Shape(sample).elements()), 0);
  for (std::size_t i = 0; i < places.size(); ++i) {
    std::size_t rest = i;
    std::size_t stride = 1;
    for (std::int64_t axis = batch.rank() - 1; axis >= 1; --axis) {
      const auto extent = static_cast<std::size_t>(batch[axis]);
      if (std::ranges::find(axes, axis) != axes.end()) {
        places[i] += rest % extent * stride;
        stride *= extent;
      }
      rest /= extent;
    }
  }
  return places;
}

}  // namespace

Normalization::Normalization(NormalizationOptions options) : options_(std::move(options)) {
  const auto text = [](const std::optional<NumberArray>& numbers) {
    return numbers ? "numbers of shape " + numbers->shape().to_string() : std::string("none");
  };
  const bool agree = options_.mean.has_value() == options_.variance.has_value() &&
                     (!options_.mean || options_.mean->shape() == options_.variance->shape());
  if (!agree) {
    throw InvalidArgument(
        format("Normalization: mean and variance must be given together and in one shape, got {} "
               "and {}",
               text(options_.mean),
               text(options_.variance)));
  }
}

/// Positive and ascending.
std::vector<std::int64_t> Normalization::kept_axes(const Shape& batch) const {
  std::vector<std::int64_t> axes;
  for (const std::int64_t axis : options_.axis) {
    axes.push_back(axis < 0 ? axis + batch.rank() : axis);
    if (axes.back() >= 1 && axes.back() < batch.rank()) continue;
    throw InvalidArgument(format(
        "Normalization: axis must name an axis of the samples, 1 to {} or negative, got {} for {}",
        batch.rank() - 1,
        axis,
        batch.to_string()));
  }
  std::ranges::sort(axes);
  return axes;
}

void Normalization::adapt(const Tensor& x, double divisor) {
  if (options_.mean) {
    throw InvalidArgument("Normalization: adapt: mean and variance were given; leave them out");
  }
  if (x.shape().rank() == 0 || x.elements() == 0) {
    throw InvalidArgument("Normalization: adapt: expected samples, got none");
  }
  const std::vector<std::int64_t> axes = kept_axes(x.shape());
  const Shape kept = extents(x.shape(), axes);
  Statistics statistics = statistics_of(
      x, divisor, places_of(x.shape(), axes), static_cast<std::size_t>(kept.elements()));
  for (std::size_t i = 0; i < statistics.mean.size(); ++i) {
    if (std::isfinite(statistics.variance[i])) continue;
    throw InvalidArgument(
        format("Normalization: adapt: expected finite numbers, got a mean of {} at place {} of {}; "
               "fill or "
               "leave out what is missing",
               statistics.mean[i],
               i,
               kept.to_string()));
  }
  adapted_mean_ = NumberArray(kept, std::move(statistics.mean));
  adapted_variance_ = NumberArray(kept, std::move(statistics.variance));
}

/// The given arrays keep their own size, which is the file's, whatever the input's is.
Normalization::Moments Normalization::given(GraphBuilder& builder, const Shape& batch) const {
  const std::vector<std::int64_t> axes = kept_axes(batch);
  const Shape kept = extents(batch, axes);
  if (!options_.mean->stretches_to(kept)) {
    throw InvalidArgument(format("Normalization: mean and variance must broadcast to {}, got {}",
                                 kept.to_string(),
                                 options_.mean->shape().to_string()));
  }
  const Shape shape = aligned(options_.mean->shape(), axes, batch);
  const auto constant = [&](const NumberArray& numbers, const auto& function) {
    std::vector<double> values = numbers.numbers();
    for (double& value : values) value = function(value);
    const bool is_number = numbers.shape().rank() == 0;
    return is_number ? ops::fill(builder.graph(), Shape{batch.columns()}, values[0])
                     : ops::constant(builder.graph(), shape, std::move(values));
  };
  return {.mean = constant(*options_.mean, [](double x) { return x; }),
          .deviation = constant(*options_.variance,
                                [](double x) { return std::max(std::sqrt(x), kEpsilon); })};
}

Normalization::Moments Normalization::adapted(GraphBuilder& builder, const Shape& batch) const {
  const std::vector<std::int64_t> axes = kept_axes(batch);
  const Shape kept = extents(batch, axes);
  if (adapted_mean_ && adapted_mean_->shape() != kept) {
    throw InvalidArgument(
        format("Normalization: expected an input of as many features as it was "
               "adapted to, {}, got {}",
               adapted_mean_->shape().to_string(),
               kept.to_string()));
  }
  const auto begin = [](const std::optional<NumberArray>& numbers, InitializerPtr otherwise) {
    return numbers ? std::make_shared<const Given>(numbers->numbers()) : std::move(otherwise);
  };
  const Shape shape = broadcast_shape(batch, axes);
  const Value mean =
      builder.statistic("mean", kept, begin(adapted_mean_, std::make_shared<const Zeros>()));
  const Value variance =
      builder.statistic("variance", kept, begin(adapted_variance_, std::make_shared<const Ones>()));
  builder.statistic("count", {}, std::make_shared<const Zeros>(), DType::Int64);
  const Value deviation = ops::binary(ops::unary(variance, ops::UnaryKind::Sqrt),
                                      ops::fill(builder.graph(), kept, kEpsilon),
                                      ops::BinaryKind::Maximum);
  return {.mean = shaped(mean, shape), .deviation = shaped(deviation, shape)};
}

Value Normalization::build(GraphBuilder& builder, Value x) const {
  using Kind = ops::BinaryKind;
  const Shape batch = x.shape();  // a copy: the graph's own moves as it grows
  const auto [mean, deviation] = options_.mean ? given(builder, batch) : adapted(builder, batch);
  if (options_.invert) {
    return ops::binary(ops::binary(x, deviation, Kind::Multiply, Precision::Wide),
                       mean,
                       Kind::Add,
                       Precision::Wide);
  }
  return ops::binary(ops::binary(x, mean, Kind::Subtract, Precision::Wide),
                     deviation,
                     Kind::Divide,
                     Precision::Wide);
}

Json Normalization::config() const {
  return Json::object({{"axis", Json::array_of(options_.axis)},
                       {"invert", options_.invert},
                       {"mean", json_or_null(options_.mean)},
                       {"variance", json_or_null(options_.variance)}});
}

std::optional<Shape> Normalization::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer normalization_from(const LayerConfig& config) {
  constexpr std::array<std::string_view, 4> kKeys = {"axis", "mean", "variance", "invert"};
  config.allow(kKeys);
  NormalizationOptions options{.axis = config.axes("axis", {-1}),
                               .invert = config.boolean("invert", false),
                               .input_shape = config.input_shape(),
                               .name = config.name()};
  if (const Json* mean = config.find("mean")) options.mean = number_array_from_json(*mean);
  if (const Json* variance = config.find("variance")) {
    options.variance = number_array_from_json(*variance);
  }
  return Normalization(std::move(options));
}

}  // namespace carnyx
