// The rules that sum up gradients: Adadelta, Adagrad, Ftrl; and Lion, which keeps their signs.
#include "carnyx/kernels/update_rules.h"

#undef HWY_TARGET_INCLUDE
// NOLINTNEXTLINE(readability-identifier-naming)
#define HWY_TARGET_INCLUDE "kernels/cpu/accumulating_rules.cpp"

#include <algorithm>
#include <cmath>

#include "kernels/cpu/targets.h"
#include "kernels/cpu/update_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void adadelta(const AdadeltaParameters& parameters, const UpdateBlock<float>& block) {
  const FloatVector rate = set(block.learning_rate);
  const FloatVector rho = set(parameters.rho);
  const FloatVector rest = set(1 - parameters.rho);
  const FloatVector epsilon = set(parameters.epsilon);
  for_each_vector(block, [&](const Place& at) HWY_ATTR {
    const FloatVector g = at.gradient;
    const FloatVector moved = load(at.slots[1]);
    const FloatVector seen = hn::MulAdd(rho, load(at.slots[0]), hn::Mul(rest, hn::Mul(g, g)));
    const FloatVector root =
        hn::Div(hn::Sqrt(hn::Add(moved, epsilon)), hn::Sqrt(hn::Add(seen, epsilon)));
    const FloatVector change = hn::Mul(root, g);
    store(seen, at.slots[0]);
    store(hn::MulAdd(rho, moved, hn::Mul(rest, hn::Mul(change, change))), at.slots[1]);
    store(hn::NegMulAdd(rate, change, load(at.weight)), at.weight);
  });
}

void adagrad(const AdagradParameters& parameters, const UpdateBlock<float>& block) {
  const FloatVector rate = set(block.learning_rate);
  const FloatVector epsilon = set(parameters.epsilon);
  for_each_vector(block, [&](const Place& at) HWY_ATTR {
    const FloatVector g = at.gradient;
    const FloatVector seen = hn::MulAdd(g, g, load(at.slots[0]));
    store(seen, at.slots[0]);
    const FloatVector change = hn::Div(hn::Mul(rate, g), hn::Sqrt(hn::Add(seen, epsilon)));
    store(hn::Sub(load(at.weight), change), at.weight);
  });
}

/// x to a power that is nearly always 1/2.
HWY_INLINE FloatVector power(FloatVector x, double exponent) {
  if (exponent == 0.5) return hn::Sqrt(x);
  alignas(64) std::array<float, hn::MaxLanes(Floats())> lanes{};
  hn::Store(x, Floats(), lanes.data());
  for (float& lane : lanes) lane = static_cast<float>(std::pow(lane, exponent));
  return hn::Load(Floats(), lanes.data());
}

void ftrl(const FtrlParameters& parameters, const UpdateBlock<float>& block) {
  const double exponent = -parameters.learning_rate_power;
  const FloatVector per_rate = set(1 / block.learning_rate);
  const FloatVector shrinkage = set(2 * parameters.l2_shrinkage);
  const FloatVector l1 = set(parameters.l1);
  const FloatVector l2 = set(2 * parameters.l2 + parameters.beta / block.learning_rate);
  for_each_vector(block, [&](const Place& at) HWY_ATTR {
    const FloatVector g = at.gradient;
    const FloatVector w = load(at.weight);
    const FloatVector before = load(at.slots[0]);
    const FloatVector seen = hn::MulAdd(g, g, before);
    const FloatVector root = power(seen, exponent);
    const FloatVector growth = hn::Mul(hn::Sub(root, power(before, exponent)), per_rate);
    const FloatVector pull = hn::NegMulAdd(growth, w, hn::MulAdd(shrinkage, w, g));
    const FloatVector linear = hn::Add(load(at.slots[1]), pull);
    const FloatVector kept = hn::Max(hn::Neg(l1), hn::Min(linear, l1));
    store(seen, at.slots[0]);
    store(linear, at.slots[1]);
    store(hn::Div(hn::Sub(kept, linear), hn::MulAdd(root, per_rate, l2)), at.weight);
  });
}

void lion(const LionParameters& parameters, const UpdateBlock<float>& block) {
  const FloatVector rate = set(block.learning_rate);
  const FloatVector beta_1 = set(parameters.beta_1);
  const FloatVector rest_1 = set(1 - parameters.beta_1);
  const FloatVector beta_2 = set(parameters.beta_2);
  const FloatVector rest_2 = set(1 - parameters.beta_2);
  for_each_vector(block, [&](const Place& at) HWY_ATTR {
    const FloatVector g = at.gradient;
    const FloatVector m = load(at.slots[0]);
    const FloatVector direction = hn::MulAdd(m, beta_1, hn::Mul(g, rest_1));
    const FloatVector step = hn::IfThenElseZero(hn::Ne(direction, hn::Zero(Floats())),
                                                hn::CopySignToAbs(rate, direction));
    store(hn::MulAdd(m, beta_2, hn::Mul(g, rest_2)), at.slots[0]);
    store(hn::Sub(load(at.weight), step), at.weight);
  });
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace carnyx::kernels {

HWY_EXPORT(adadelta);
HWY_EXPORT(adagrad);
HWY_EXPORT(ftrl);
HWY_EXPORT(lion);

void apply_update(const AdadeltaParameters& parameters, const UpdateBlock<float>& block) {
  HWY_DYNAMIC_DISPATCH(adadelta)(parameters, block);
}

void apply_update(const AdagradParameters& parameters, const UpdateBlock<float>& block) {
  HWY_DYNAMIC_DISPATCH(adagrad)(parameters, block);
}

void apply_update(const FtrlParameters& parameters, const UpdateBlock<float>& block) {
  HWY_DYNAMIC_DISPATCH(ftrl)(parameters, block);
}

void apply_update(const LionParameters& parameters, const UpdateBlock<float>& block) {
  HWY_DYNAMIC_DISPATCH(lion)(parameters, block);
}

}  // namespace carnyx::kernels
#endif
