#include "carnyx/losses/losses.h"

#include <array>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"
#include "carnyx/graph/ops.h"

namespace carnyx {
namespace {

using ops::UnaryKind;

constexpr double kEpsilon = 1e-7;  // keras.config.epsilon()

bool is_labels(Value target) {
  return target.shape().rank() == 1 && !is_floating(target.dtype());
}

void require_smoothing(std::string_view loss, double label_smoothing) {
  if (label_smoothing >= 0 && label_smoothing <= 1) return;
  throw InvalidArgument(
      format("{}: label_smoothing must be in [0, 1], got {}", loss, label_smoothing));
}

/// The mean over all axes but the batch's, [B].
Value mean_per_row(Value x) {
  const std::int64_t batch = x.shape()[0];
  const std::int64_t per_row = batch == 0 ? 1 : x.shape().elements() / batch;
  const Value flat = ops::reshape(x, {batch, per_row});
  return ops::reshape(ops::mean_features(flat), {batch});
}

/// The sum over valid rows of a per-position loss [B, ...], averaged over a row's positions.
Value sum_of_means(Value per_position) {
  return ops::sum_valid(per_position.shape().rank() == 1 ? per_position
                                                         : mean_per_row(per_position));
}

/// The target as floats in the output's shape: labels [B] fit an output [B, 1].
Value matched(std::string_view loss, Value target, Value output) {
  Value fitted = is_floating(target.dtype()) ? target : ops::convert(target, output.dtype());
  const bool same_count = fitted.shape().elements() == output.shape().elements();
  if (fitted.shape()[0] != output.shape()[0] || !same_count) {
    throw InvalidArgument(format("{}: target and output must have one shape, got {} and {}",
                                 loss,
                                 target.shape().to_string(),
                                 output.shape().to_string()));
  }
  return ops::reshape(fitted, output.shape());
}

/// -sum_c target[c] log p[c], [B, ..., 1], of probabilities that are none of softmax's.
Value crossentropy_of_probabilities(Value target, Value output) {
  const Value scaled = ops::divide(output, ops::sum_features(output));
  const Value bounded = ops::clip(scaled, kEpsilon, 1 - kEpsilon);
  const Value log_p = ops::unary(bounded, UnaryKind::Log);
  return ops::scale(ops::sum_features(ops::multiply(target, log_p)), -1);
}

Value without_last_axis(Value x) {
  std::vector<std::int64_t> axes = x.shape().axes();
  axes.pop_back();
  return ops::reshape(x, Shape(std::move(axes)));
}

/// Rows of any rank as [rows, C].
Value categorical(Value target, Value output, bool from_logits) {
  const auto logits = from_logits ? std::optional(output) : ops::before_softmax(output);
  if (logits && output.shape().rank() == 2) return ops::softmax_cross_entropy(*logits, target);
  const Value probabilities = from_logits ? ops::softmax(output) : output;
  return sum_of_means(without_last_axis(crossentropy_of_probabilities(target, probabilities)));
}

Json crossentropy_config(const CrossentropyOptions& options, std::string_view name, bool smooths) {
  Json config = Json::object(
      {{"name", name}, {"reduction", "sum_over_batch_size"}, {"from_logits", options.from_logits}});
  if (smooths) config.set("label_smoothing", options.label_smoothing);
  return config;
}

}  // namespace

CategoricalCrossentropy::CategoricalCrossentropy(CrossentropyOptions options) : options_(options) {
  require_smoothing(class_name(), options.label_smoothing);
}

Json CategoricalCrossentropy::config() const {
  Json config = crossentropy_config(options_, "categorical_crossentropy", true);
  return config.set("axis", -1);
}

Value CategoricalCrossentropy::build(GraphBuilder&, Value target, Value output) const {
  const std::int64_t classes = output.shape().columns();
  Value weights = is_labels(target) && output.shape().rank() == 2
                      ? ops::one_hot(target, classes)
                      : matched(class_name(), target, output);
  const double smoothing = options_.label_smoothing;
  if (smoothing > 0) {
    weights =
        ops::shift(ops::scale(weights, 1 - smoothing), smoothing / static_cast<double>(classes));
  }
  return categorical(weights, output, options_.from_logits);
}

SparseCategoricalCrossentropy::SparseCategoricalCrossentropy(CrossentropyOptions options)
    : options_(options) {
  if (options.label_smoothing != 0) {
    throw InvalidArgument(
        "SparseCategoricalCrossentropy: label_smoothing does nothing here; use "
        "CategoricalCrossentropy, which takes labels too");
  }
}

Json SparseCategoricalCrossentropy::config() const {
  return crossentropy_config(options_, "sparse_categorical_crossentropy", false)
      .set("ignore_class", Json());
}

Value SparseCategoricalCrossentropy::build(GraphBuilder&, Value target, Value output) const {
  const bool one_each = target.shape().elements() == output.shape()[0] &&
                        target.shape().rank() <= 2 && target.shape()[0] == output.shape()[0];
  if (!one_each || output.shape().rank() != 2) {
    throw InvalidArgument(format("{}: expected labels [B] and an output [B, C], got {} and {}",
                                 class_name(),
                                 target.shape().to_string(),
                                 output.shape().to_string()));
  }
  const Value labels = ops::convert(ops::reshape(target, {output.shape()[0]}), DType::Int32);
  const auto logits = options_.from_logits ? std::optional(output) : ops::before_softmax(output);
  if (logits) return ops::softmax_cross_entropy(*logits, labels);
  // Keras bounds probabilities and takes their logarithms for logits, so the sum is 1 after that.
  const Value bounded = ops::clip(output, kEpsilon, 1 - kEpsilon);
  return ops::softmax_cross_entropy(ops::unary(bounded, UnaryKind::Log), labels);
}

BinaryCrossentropy::BinaryCrossentropy(CrossentropyOptions options) : options_(options) {
  require_smoothing(class_name(), options.label_smoothing);
}

Json BinaryCrossentropy::config() const {
  Json config = crossentropy_config(options_, "binary_crossentropy", true);
  return config.set("axis", -1);
}

Value BinaryCrossentropy::build(GraphBuilder&, Value target, Value output) const {
  Value t = matched(class_name(), target, output);
  const double smoothing = options_.label_smoothing;
  if (smoothing > 0) t = ops::shift(ops::scale(t, 1 - smoothing), smoothing / 2);
  const auto logits = options_.from_logits ? std::optional(output) : ops::before_sigmoid(output);
  if (logits) {  // softplus(z) - t z, which overflows nowhere
    const Value softplus = ops::unary(*logits, UnaryKind::Softplus);
    return sum_of_means(ops::subtract(softplus, ops::multiply(t, *logits)));
  }
  const Value p = ops::clip(output, kEpsilon, 1 - kEpsilon);
  const Value yes = ops::multiply(t, ops::unary(p, UnaryKind::Log));
  const Value not_t = ops::shift(ops::scale(t, -1), 1);
  const Value no =
      ops::multiply(not_t, ops::unary(ops::shift(ops::scale(p, -1), 1), UnaryKind::Log));
  return sum_of_means(ops::scale(ops::add(yes, no), -1));
}

Value MeanSquaredError::build(GraphBuilder&, Value target, Value output) const {
  const Value error = ops::subtract(output, matched(class_name(), target, output));
  return sum_of_means(ops::unary(error, UnaryKind::Square));
}

namespace {

bool flag(const Json& config, std::string_view key) {
  const Json* found = config.find(key);
  return found != nullptr && found->as_bool();
}

CrossentropyOptions crossentropy_options(const Json& config) {
  const Json* smoothing = config.find("label_smoothing");
  return {.from_logits = flag(config, "from_logits"),
          .label_smoothing = smoothing == nullptr ? 0 : smoothing->as_number()};
}

struct Entry {
  std::string_view name;
  AnyLoss (*make)(const Json& config);
};

AnyLoss make_categorical(const Json& c) {
  return CategoricalCrossentropy(crossentropy_options(c));
}
AnyLoss make_sparse(const Json& c) {
  return SparseCategoricalCrossentropy(crossentropy_options(c));
}
AnyLoss make_binary(const Json& c) {
  return BinaryCrossentropy(crossentropy_options(c));
}
AnyLoss make_mse(const Json&) {
  return MeanSquaredError();
}

constexpr std::array kLosses = {
    Entry{"categorical_crossentropy", make_categorical},
    Entry{"CategoricalCrossentropy", make_categorical},
    Entry{"sparse_categorical_crossentropy", make_sparse},
    Entry{"SparseCategoricalCrossentropy", make_sparse},
    Entry{"binary_crossentropy", make_binary},
    Entry{"BinaryCrossentropy", make_binary},
    Entry{"mean_squared_error", make_mse},
    Entry{"MeanSquaredError", make_mse},
    Entry{"mse", make_mse},
};

}  // namespace

AnyLoss loss_from_json(const Json& json) {
  const std::string name = json.is_string() ? json.as_string() : json.at("class_name").as_string();
  const Json none = Json::object();
  const Json* config = json.is_object() ? json.find("config") : nullptr;
  std::vector<std::string_view> known;
  for (const Entry& entry : kLosses) {
    if (entry.name == name) return entry.make(config == nullptr ? none : *config);
    known.push_back(entry.name);
  }
  throw InvalidArgument(unknown_name("loss", name, known));
}

Json loss_to_json(const Loss& loss) {
  return Json::object({{"module", "keras.losses"},
                       {"class_name", loss.class_name()},
                       {"config", loss.config()},
                       {"registered_name", Json()}});
}

}  // namespace carnyx
