#include "carnyx/kernels/steps.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/update_rules.cpp"  // NOLINT(readability-identifier-naming)

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/cpu/scale.h"
#include "kernels/cpu/targets.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using FloatVector = hn::Vec<Floats>;

/// Where the next vector of each span of a block lies.
struct Place {
  float* weight;
  const float* gradient;
  std::array<float*, kMaxSlots> slots;
};

/// update(place) for one vector after the other. What is left at the end moves in a padded copy, by
/// the same instructions: an element's bits do not depend on where its block begins or ends.
template <class Update>
HWY_INLINE void for_each_vector(const UpdateBlock<float>& block, const Update& update) {
  const std::size_t lanes = hn::Lanes(Floats());
  const std::size_t count = block.weight.size();
  const std::size_t whole = count - count % lanes;
  const auto place = [&](std::size_t i) {
    Place at{block.weight.data() + i, block.gradient.data() + i, {}};
    for (std::size_t s = 0; s < kMaxSlots; ++s) at.slots[s] = block.slots[s].data() + i;
    return at;
  };
  for (std::size_t i = 0; i < whole; i += lanes) update(place(i));
  if (whole == count) return;

  alignas(64) std::array<std::array<float, hn::MaxLanes(Floats())>, kMaxSlots + 2> copies{};
  const auto rest = static_cast<std::ptrdiff_t>(count - whole);
  Place padded{copies[0].data(), copies[1].data(), {}};
  std::copy_n(block.weight.end() - rest, rest, copies[0].begin());
  std::copy_n(block.gradient.end() - rest, rest, copies[1].begin());
  for (std::size_t s = 0; s < kMaxSlots; ++s) {
    padded.slots[s] = copies[s + 2].data();
    if (!block.slots[s].empty()) std::copy_n(block.slots[s].end() - rest, rest, padded.slots[s]);
  }
  update(padded);
  std::copy_n(copies[0].begin(), rest, block.weight.end() - rest);
  for (std::size_t s = 0; s < kMaxSlots; ++s) {
    if (!block.slots[s].empty()) std::copy_n(padded.slots[s], rest, block.slots[s].end() - rest);
  }
}

HWY_INLINE FloatVector load(const float* from) {
  return hn::LoadU(Floats(), from);
}
HWY_INLINE void store(FloatVector value, float* to) {
  hn::StoreU(value, Floats(), to);
}
HWY_INLINE FloatVector set(double value) {
  return hn::Set(Floats(), static_cast<float>(value));
}

/// 1 / sqrt(x) to about 2 ulp; x > 0. One Newton step on an estimate takes two thirds of the time
/// of a root and a division, where the estimate has at least 11 bits.
HWY_INLINE FloatVector reciprocal_root(FloatVector x) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  const FloatVector estimate = hn::ApproximateReciprocalSqrt(x);
  const FloatVector half = hn::Mul(hn::Mul(x, set(0.5)), estimate);
  return hn::Mul(estimate, hn::NegMulAdd(half, estimate, set(1.5)));
#else
  return hn::Div(set(1), hn::Sqrt(x));
#endif
}

void sgd(const SgdParameters& parameters, const UpdateBlock<float>& block) {
  const FloatVector rate = set(block.learning_rate);
  const FloatVector momentum = set(parameters.momentum);
  if (parameters.momentum == 0) {
    return for_each_vector(block, [&](const Place& at) HWY_ATTR {
      store(hn::NegMulAdd(rate, load(at.gradient), load(at.weight)), at.weight);
    });
  }
  const bool nesterov = parameters.nesterov;
  for_each_vector(block, [&](const Place& at) HWY_ATTR {
    const FloatVector step = hn::Mul(rate, load(at.gradient));
    const FloatVector next = hn::MulSub(momentum, load(at.slots[0]), step);
    store(next, at.slots[0]);
    const FloatVector change = nesterov ? hn::MulSub(momentum, next, step) : next;
    store(hn::Add(load(at.weight), change), at.weight);
  });
}

void rmsprop(const RmspropParameters& parameters, const UpdateBlock<float>& block) {
  const FloatVector rate = set(block.learning_rate);
  const FloatVector rho = set(parameters.rho);
  const FloatVector rest = set(1 - parameters.rho);
  const FloatVector momentum = set(parameters.momentum);
  const FloatVector epsilon = set(parameters.epsilon);
  const bool centered = parameters.centered;
  const bool outside = parameters.epsilon_outside_root;
  const bool has_momentum = parameters.momentum != 0;
  const std::size_t average_slot = has_momentum ? 2 : 1;
  for_each_vector(block, [&](const Place& at) HWY_ATTR {
    const FloatVector gradient = load(at.gradient);
    const FloatVector square = hn::Mul(gradient, gradient);
    const FloatVector velocity = hn::MulAdd(rho, load(at.slots[0]), hn::Mul(rest, square));
    store(velocity, at.slots[0]);
    FloatVector variance = velocity;
    if (centered) {
      float* const slot = at.slots[average_slot];
      const FloatVector average = hn::MulAdd(rho, load(slot), hn::Mul(rest, gradient));
      store(average, slot);
      // Rounding alone can make it negative.
      variance = hn::Max(hn::NegMulAdd(average, average, velocity), hn::Zero(Floats()));
    }
    const FloatVector step = hn::Mul(rate, gradient);
    FloatVector change = outside ? hn::Div(step, hn::Add(hn::Sqrt(variance), epsilon))
                                 : hn::Mul(step, reciprocal_root(hn::Add(variance, epsilon)));
    if (has_momentum) {
      change = hn::MulAdd(momentum, load(at.slots[1]), change);
      store(change, at.slots[1]);
    }
    store(hn::Sub(load(at.weight), change), at.weight);
  });
}

void adam(const AdamParameters& parameters, const UpdateBlock<float>& block) {
  const auto step = static_cast<double>(block.step);
  const double correction =
      std::sqrt(1 - std::pow(parameters.beta_2, step)) / (1 - std::pow(parameters.beta_1, step));
  const FloatVector alpha = set(block.learning_rate * correction);
  const FloatVector rest_1 = set(1 - parameters.beta_1);
  const FloatVector rest_2 = set(1 - parameters.beta_2);
  const FloatVector epsilon = set(parameters.epsilon);
  const bool amsgrad = parameters.amsgrad;
  for_each_vector(block, [&](const Place& at) HWY_ATTR {
    const FloatVector gradient = load(at.gradient);
    const FloatVector m = load(at.slots[0]);
    const FloatVector v = load(at.slots[1]);
    const FloatVector momentum = hn::MulAdd(hn::Sub(gradient, m), rest_1, m);
    FloatVector velocity = hn::MulAdd(hn::MulSub(gradient, gradient, v), rest_2, v);
    store(momentum, at.slots[0]);
    store(velocity, at.slots[1]);
    if (amsgrad) {
      velocity = hn::Max(velocity, load(at.slots[2]));
      store(velocity, at.slots[2]);
    }
    const FloatVector root = hn::Add(hn::Sqrt(velocity), epsilon);
    store(hn::Sub(load(at.weight), hn::Div(hn::Mul(momentum, alpha), root)), at.weight);
  });
}

void scale(std::span<const float> x, float factor, float* to) {
  const std::size_t lanes = hn::Lanes(Floats());
  std::size_t i = 0;
  for (; i + lanes <= x.size(); i += lanes) {
    store(hn::Mul(load(x.data() + i), hn::Set(Floats(), factor)), to + i);
  }
  for (; i < x.size(); ++i) to[i] = x[i] * factor;
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace carnyx::kernels {

HWY_EXPORT(sgd);
HWY_EXPORT(rmsprop);
HWY_EXPORT(adam);
HWY_EXPORT(scale);

void sgd_update(const SgdParameters& parameters, const UpdateBlock<float>& block) {
  HWY_DYNAMIC_DISPATCH(sgd)(parameters, block);
}

void rmsprop_update(const RmspropParameters& parameters, const UpdateBlock<float>& block) {
  HWY_DYNAMIC_DISPATCH(rmsprop)(parameters, block);
}

void adam_update(const AdamParameters& parameters, const UpdateBlock<float>& block) {
  HWY_DYNAMIC_DISPATCH(adam)(parameters, block);
}

void scale_to(std::span<const float> x, float factor, float* to) {
  HWY_DYNAMIC_DISPATCH(scale)(x, factor, to);
}

}  // namespace carnyx::kernels
#endif
