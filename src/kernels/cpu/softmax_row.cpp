#include "kernels/cpu/softmax_row.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/softmax_row.cpp"  // NOLINT(readability-identifier-naming)

#include <cmath>

#include "carnyx/kernels/format.h"
// The functions are compiled for the targets that targets.h chooses: it comes first.
// clang-format off
#include "kernels/cpu/targets.h"
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kPanel>;
using FloatVector = hn::Vec<Floats>;
constexpr std::int64_t kLanes = HWY_MIN(HWY_LANES(float), kPanel);

HWY_INLINE float largest_of(const float* x, std::int64_t count) {
  const Floats d;
  FloatVector largest = hn::Load(d, x);
  for (std::int64_t i = kLanes; i < count; i += kLanes)
    largest = hn::Max(largest, hn::Load(d, x + i));
  return hn::GetLane(hn::MaxOfLanes(d, largest));
}

/// `largest` is one of x, unless there are NaNs; then the answer may be 0.
HWY_INLINE std::int64_t first_equal(const float* x, std::int64_t count, float largest) {
  const Floats d;
  for (std::int64_t i = 0; i < count; i += kLanes) {
    const auto found = hn::FindFirstTrue(d, hn::Eq(hn::Load(d, x + i), hn::Set(d, largest)));
    if (found >= 0) return i + found;
  }
  return 0;
}

/// Highway's exp of NaN is 0, which would hide that a run has diverged.
HWY_INLINE FloatVector exp_or_nan(FloatVector x) {
  return hn::IfThenElse(hn::Eq(x, x), hn::Exp(Floats(), x), x);
}

void softmax_row(SoftmaxRow& row) {
  const Floats d;
  row.largest = largest_of(row.logits, row.padded);
  const FloatVector largest = hn::Set(d, row.largest);
  FloatVector sum = hn::Zero(d);
  for (std::int64_t i = 0; i < row.padded; i += kLanes) {
    const FloatVector e = exp_or_nan(hn::Sub(hn::Load(d, row.logits + i), largest));
    sum = hn::Add(sum, e);
    hn::Store(e, d, row.probabilities + i);
  }
  row.sum = hn::GetLane(hn::SumOfLanes(d, sum));
  const FloatVector scale = hn::Set(d, 1 / row.sum);
  for (std::int64_t i = 0; i < row.padded; i += kLanes) {
    hn::Store(hn::Mul(hn::Load(d, row.probabilities + i), scale), d, row.probabilities + i);
  }
}

/// Writes the gradient and returns the loss: with z = logits - largest, -sum t log p = sum t
/// log(sum exp z) - sum t z: nothing large cancels. A class of weight 0 adds nothing even where its
/// logit is -infinity.
double cross_entropy_row(const SoftmaxRow& row) {
  const Floats d;
  const FloatVector largest = hn::Set(d, row.largest);
  FloatVector weight = hn::Zero(d);
  FloatVector weighted = hn::Zero(d);
  for (std::int64_t i = 0; i < row.padded; i += kLanes) {
    const FloatVector t = hn::Load(d, row.target + i);
    const FloatVector z = hn::Sub(hn::Load(d, row.logits + i), largest);
    weight = hn::Add(weight, t);
    weighted = hn::Add(weighted, hn::IfThenElseZero(hn::Ne(t, hn::Zero(d)), hn::Mul(t, z)));
  }
  const float total = hn::GetLane(hn::SumOfLanes(d, weight));
  const float weighted_logits = hn::GetLane(hn::SumOfLanes(d, weighted));
  for (std::int64_t i = 0; i < row.padded; i += kLanes) {
    const FloatVector p = hn::Load(d, row.probabilities + i);
    hn::Store(hn::MulSub(p, hn::Set(d, total), hn::Load(d, row.target + i)), d, row.gradient + i);
  }
  return double{total} * std::log(double{row.sum}) - double{weighted_logits};
}

bool agrees(const SoftmaxRow& row) {
  return first_equal(row.logits, row.padded, row.largest) ==
         first_equal(row.target, row.padded, largest_of(row.target, row.padded));
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace carnyx::kernels {

HWY_EXPORT(softmax_row);
HWY_EXPORT(cross_entropy_row);
HWY_EXPORT(agrees);

void softmax(SoftmaxRow& row) {
  HWY_DYNAMIC_DISPATCH(softmax_row)(row);
}

double cross_entropy(const SoftmaxRow& row) {
  return HWY_DYNAMIC_DISPATCH(cross_entropy_row)(row);
}

bool is_correct(const SoftmaxRow& row) {
  return HWY_DYNAMIC_DISPATCH(agrees)(row);
}

}  // namespace carnyx::kernels
#endif
