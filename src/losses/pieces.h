// What several losses are composed of. `loss` is the class name that errors open with.
#pragma once

#include <cstdint>
#include <string_view>

#include "carnyx/graph/ops.h"

namespace carnyx::pieces {

inline constexpr double kEpsilon = 1e-7;  // keras.config.epsilon()

/// Throws InvalidArgument unless it is in [0, 1].
void require_smoothing(std::string_view loss, double label_smoothing);

/// target (1 - smoothing) + smoothing / shares.
Value smoothed(Value target, double smoothing, double shares);
/// 1 - x.
Value complement(Value x);

/// max(x, low); where they are equal the gradient flows, as TensorFlow's does and relu's does not.
Value at_least(Value x, double low);
/// x, and 1 in the rows that are no samples: a power below 1 has no gradient at 0.
Value one_in_padding(Value x);

/// `axis` from 0; throws InvalidArgument if `shape` has no such axis.
std::int64_t canonical_axis(std::string_view loss, std::int64_t axis, const Shape& shape);
/// Sum over one axis, which stays as 1.
Value sum_over(Value x, std::int64_t axis);
/// The value without an axis of 1.
Value without_axis(Value x, std::int64_t axis);

/// Probabilities scaled to sum to 1 over an axis and kept 1e-7 away from 0 and 1.
Value bounded_probabilities(Value probabilities, std::int64_t axis);
/// log(softmax(logits)) over the last axis.
Value log_softmax(Value logits);
/// -(t log p + (1 - t) log(1 - p)) of each element; p kept 1e-7 away from 0 and 1.
Value binary_crossentropy(Value target, Value probabilities);
/// The same of what sigmoid turns into probabilities; overflows nowhere.
Value binary_crossentropy_of_logits(Value target, Value logits);

}  // namespace carnyx::pieces
