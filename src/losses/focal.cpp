#include "carnyx/losses/focal.h"

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/losses/targets.h"

#include "losses/option_fields.h"
#include "losses/pieces.h"

namespace carnyx {
namespace {

void require_gamma(std::string_view loss, double gamma) {
  if (gamma >= 0) return;
  throw InvalidArgument(format("{}: gamma must be at least 0, got {}", loss, gamma));
}

/// Along the axis of the classes: one number, or a number a class.
Value class_weights(std::string_view loss,
                    const FocalAlpha& alpha,
                    Value output,
                    std::int64_t axis) {
  if (alpha.weights.size() == 1) {
    return ops::fill(*output.graph, Shape{1}, alpha.weights[0], output.dtype());
  }
  const Shape& shape = output.shape();
  if (axis != shape.rank() - 1 ||
      static_cast<std::int64_t>(alpha.weights.size()) != shape.columns()) {
    throw InvalidArgument(
        format("{}: alpha must have one number, or one for each of the {} classes "
               "on the last axis, got {} on axis {}",
               loss,
               shape.columns(),
               alpha.weights.size(),
               axis));
  }
  return ops::constant(*output.graph, Shape{shape.columns()}, alpha.weights);
}

}  // namespace

BinaryFocalCrossentropy::BinaryFocalCrossentropy(BinaryFocalCrossentropyOptions options)
    : options_(options) {
  pieces::require_smoothing(class_name(), options.label_smoothing);
  require_gamma(class_name(), options.gamma);
}

Json BinaryFocalCrossentropy::config() const {
  return loss_config("binary_focal_crossentropy", options_);
}

Value BinaryFocalCrossentropy::per_row(GraphBuilder&, Value target, Value output) const {
  const Value given = fitted_target(class_name(), target, output);
  const Value t = pieces::smoothed(given, options_.label_smoothing, 2);
  const Value not_t = pieces::complement(t);
  const auto logits = options_.from_logits ? std::optional(output) : ops::before_sigmoid(output);
  const Value p = options_.from_logits ? ops::unary(output, ops::UnaryKind::Sigmoid) : output;
  const Value crossentropy = logits ? pieces::binary_crossentropy_of_logits(t, *logits)
                                    : pieces::binary_crossentropy(t, p);
  const Value right = ops::add(ops::multiply(t, p), ops::multiply(not_t, pieces::complement(p)));
  const Value wrong = pieces::one_in_padding(pieces::complement(right));
  const Value focus = ops::power(wrong, options_.gamma);
  const Value focal = ops::multiply(focus, crossentropy);
  if (!options_.apply_class_balancing) return focal;
  const Value balance =
      ops::add(ops::scale(t, options_.alpha), ops::scale(not_t, 1 - options_.alpha));
  return ops::multiply(balance, focal);
}

CategoricalFocalCrossentropy::CategoricalFocalCrossentropy(
    CategoricalFocalCrossentropyOptions options)
    : options_(std::move(options)) {
  pieces::require_smoothing(class_name(), options_.label_smoothing);
  require_gamma(class_name(), options_.gamma);
  if (options_.alpha.weights.empty()) {
    throw InvalidArgument("CategoricalFocalCrossentropy: alpha must hold a number, got none");
  }
}

Json CategoricalFocalCrossentropy::config() const {
  return loss_config("categorical_focal_crossentropy", options_);
}

Value CategoricalFocalCrossentropy::per_row(GraphBuilder&, Value target, Value output) const {
  const std::string name = class_name();
  const std::int64_t axis = pieces::canonical_axis(name, options_.axis, output.shape());
  if (options_.from_logits && axis != output.shape().rank() - 1) {
    throw InvalidArgument(format(
        "{}: of logits the classes must be on the last axis, got axis {}", name, options_.axis));
  }
  const Value t = pieces::smoothed(one_hot_target(name, target, output),
                                   options_.label_smoothing,
                                   static_cast<double>(output.shape().columns()));
  const Value p =
      pieces::bounded_probabilities(options_.from_logits ? ops::softmax(output) : output, axis);
  const Value crossentropy = ops::multiply(t, ops::unary(p, ops::UnaryKind::Log));
  const Value focus = ops::multiply(ops::power(pieces::complement(p), options_.gamma),
                                    class_weights(name, options_.alpha, output, axis));
  const Value sum = pieces::sum_over(ops::multiply(focus, crossentropy), axis);
  return pieces::without_axis(ops::scale(sum, -1), axis);
}

}  // namespace carnyx
