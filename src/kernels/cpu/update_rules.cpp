#include "carnyx/kernels/update_rules.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/update_rules.cpp"  // NOLINT(readability-identifier-naming)

#include <cmath>

#include "kernels/cpu/scale.h"
#include "kernels/cpu/targets.h"
#include "kernels/cpu/update_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

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
      store(hn::NegMulAdd(rate, at.gradient, load(at.weight)), at.weight);
    });
  }
  const bool nesterov = parameters.nesterov;
  for_each_vector(block, [&](const Place& at) HWY_ATTR {
    const FloatVector step = hn::Mul(rate, at.gradient);
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
    const FloatVector gradient = at.gradient;
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

void adam(const AdamParameters& parameters, double correction, const UpdateBlock<float>& block) {
  const FloatVector alpha = set(block.learning_rate * correction);
  const FloatVector rest_1 = set(1 - parameters.beta_1);
  const FloatVector rest_2 = set(1 - parameters.beta_2);
  const FloatVector epsilon = set(parameters.epsilon);
  const bool amsgrad = parameters.amsgrad;
  for_each_vector(block, [&](const Place& at) HWY_ATTR {
    const FloatVector gradient = at.gradient;
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

void adamax(const AdamaxParameters& parameters,
            double correction,
            const UpdateBlock<float>& block) {
  const FloatVector alpha = set(block.learning_rate / correction);
  const FloatVector rest = set(1 - parameters.beta_1);
  const FloatVector beta_2 = set(parameters.beta_2);
  const FloatVector epsilon = set(parameters.epsilon);
  for_each_vector(block, [&](const Place& at) HWY_ATTR {
    const FloatVector gradient = at.gradient;
    const FloatVector m = load(at.slots[0]);
    const FloatVector momentum = hn::MulAdd(hn::Sub(gradient, m), rest, m);
    const FloatVector norm = hn::Max(hn::Mul(beta_2, load(at.slots[1])), hn::Abs(gradient));
    store(momentum, at.slots[0]);
    store(norm, at.slots[1]);
    const FloatVector change = hn::Div(hn::Mul(alpha, momentum), hn::Add(norm, epsilon));
    store(hn::Sub(load(at.weight), change), at.weight);
  });
}

void nadam(const NadamParameters& parameters,
           const NadamFactors& factors,
           const UpdateBlock<float>& block) {
  const FloatVector rest_1 = set(1 - parameters.beta_1);
  const FloatVector rest_2 = set(1 - parameters.beta_2);
  const FloatVector for_momentum = set(block.learning_rate * factors.momentum);
  const FloatVector for_gradient = set(block.learning_rate * factors.gradient);
  const FloatVector correction = set(1 / factors.velocity);
  const FloatVector epsilon = set(parameters.epsilon);
  for_each_vector(block, [&](const Place& at) HWY_ATTR {
    const FloatVector gradient = at.gradient;
    const FloatVector m = load(at.slots[0]);
    const FloatVector v = load(at.slots[1]);
    const FloatVector momentum = hn::MulAdd(hn::Sub(gradient, m), rest_1, m);
    const FloatVector velocity = hn::MulAdd(hn::MulSub(gradient, gradient, v), rest_2, v);
    store(momentum, at.slots[0]);
    store(velocity, at.slots[1]);
    const FloatVector step = hn::MulAdd(for_momentum, momentum, hn::Mul(for_gradient, gradient));
    const FloatVector root = hn::Add(hn::Sqrt(hn::Mul(velocity, correction)), epsilon);
    store(hn::Sub(load(at.weight), hn::Div(step, root)), at.weight);
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
HWY_EXPORT(adamax);
HWY_EXPORT(nadam);
HWY_EXPORT(scale);

void apply_update(const SgdParameters& parameters, const UpdateBlock<float>& block) {
  HWY_DYNAMIC_DISPATCH(sgd)(parameters, block);
}

void apply_update(const RmspropParameters& parameters, const UpdateBlock<float>& block) {
  HWY_DYNAMIC_DISPATCH(rmsprop)(parameters, block);
}

namespace {

/// What a function of a rule's betas and the step came to last, one a thread: a strip of a product
/// moves in less time than pow() takes, and all of a step's ask for the same.
template <class Factors>
struct LastFactors {
  double beta_1 = 0, beta_2 = 0;
  std::int64_t step = -1;
  Factors factors{};

  template <class Function>
  const Factors& get(double b_1, double b_2, std::int64_t of_step, const Function& function) {
    if (step != of_step || beta_1 != b_1 || beta_2 != b_2) {
      *this = {b_1, b_2, of_step, function()};
    }
    return factors;
  }
};

}  // namespace

void apply_update(const AdamParameters& parameters, const UpdateBlock<float>& block) {
  thread_local LastFactors<double> last;
  const double correction = last.get(parameters.beta_1, parameters.beta_2, block.step, [&] {
    const auto step = static_cast<double>(block.step);
    return std::sqrt(1 - std::pow(parameters.beta_2, step)) /
           (1 - std::pow(parameters.beta_1, step));
  });
  HWY_DYNAMIC_DISPATCH(adam)(parameters, correction, block);
}

void apply_update(const AdamaxParameters& parameters, const UpdateBlock<float>& block) {
  thread_local LastFactors<double> last;
  const double correction = last.get(parameters.beta_1, 0, block.step, [&] {
    return 1 - std::pow(parameters.beta_1, static_cast<double>(block.step));
  });
  HWY_DYNAMIC_DISPATCH(adamax)(parameters, correction, block);
}

void apply_update(const NadamParameters& parameters, const UpdateBlock<float>& block) {
  thread_local LastFactors<NadamFactors> last;
  const NadamFactors& factors = last.get(parameters.beta_1, parameters.beta_2, block.step, [&] {
    return nadam_factors(parameters, block.step);
  });
  HWY_DYNAMIC_DISPATCH(nadam)(parameters, factors, block);
}

/// The logarithm of (1 - q/2) (1 - q^2/2) ... (1 - q^t/2) is a sum over k of geometric series:
/// -(1/2)^k / k (q^k + q^2k + ... + q^tk). It falls faster than 0.48^k.
double nadam_product(double beta_1, std::int64_t step) {
  constexpr double kDecay = 0.96;
  constexpr int kTerms = 60;
  const auto t = static_cast<double>(step);
  const double last = std::pow(kDecay, t);
  double logarithm = 0;
  double half = 1;
  double first_power = 1;
  double last_power = 1;
  for (int k = 1; k <= kTerms; ++k) {
    half /= 2;
    first_power *= kDecay;
    last_power *= last;
    logarithm -= half / k * first_power * (1 - last_power) / (1 - first_power);
  }
  return std::pow(beta_1, t) * std::exp(logarithm);
}

NadamFactors nadam_factors(const NadamParameters& parameters, std::int64_t step) {
  const auto u = [&](std::int64_t s) {
    return parameters.beta_1 * (1 - 0.5 * std::pow(0.96, static_cast<double>(s)));
  };
  const double product = nadam_product(parameters.beta_1, step);
  return {.momentum = u(step + 1) / (1 - product * u(step + 1)),
          .gradient = (1 - u(step)) / (1 - product),
          .velocity = 1 - std::pow(parameters.beta_2, static_cast<double>(step))};
}

void scale_to(std::span<const float> x, float factor, float* to) {
  HWY_DYNAMIC_DISPATCH(scale)(x, factor, to);
}

}  // namespace carnyx::kernels
#endif
