// The fast forms of the built-in update rules, as Keras 3 defines them. The words of a formula: g
// the gradient, w the weight, lr the learning rate, t the step, and the slots by their names.
#pragma once

#include "carnyx/kernels/update_rule.h"

namespace carnyx::kernels {

/// momentum' = momentum m - lr g; w += momentum', or with `nesterov` momentum momentum' - lr g.
/// Slots: [momentum].
struct SgdParameters {
  double momentum = 0;
  bool nesterov = false;
};
/// velocity + epsilon is inside the root; outside of it, as in Keras before 2.4, if asked for.
/// Slots: velocity [, momentum] [, average_gradient].
struct RmspropParameters {
  double rho = 0.9, momentum = 0, epsilon = 1e-7;
  bool centered = false;
  bool epsilon_outside_root = false;
};
/// Slots: momentum, velocity [, velocity_hat].
struct AdamParameters {
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  bool amsgrad = false;
};
/// norm' = max(beta_2 norm, |g|); w -= lr / (1 - beta_1^t) momentum' / (norm' + epsilon).
/// Slots: momentum, norm.
struct AdamaxParameters {
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
};
/// Adam with Nesterov's momentum, whose beta_1 grows towards its end: u(t) below.
/// Slots: momentum, velocity.
struct NadamParameters {
  double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
};
/// What a step of Nadam gives the momentum and the gradient, and what velocity is divided by.
struct NadamFactors {
  double momentum, gradient, velocity;
};
NadamFactors nadam_factors(const NadamParameters& parameters, std::int64_t step);
/// u(1) ... u(t), u(s) = beta_1 (1 - 0.96^s / 2): Keras keeps it as a variable, here it follows
/// from the step, in closed form.
double nadam_product(double beta_1, std::int64_t step);

/// Slots: accumulated_grad, accumulated_delta_var.
struct AdadeltaParameters {
  double rho = 0.95, epsilon = 1e-7;
};
/// accumulator' = accumulator + g^2; w -= lr g / sqrt(accumulator' + epsilon). Slots: accumulator.
struct AdagradParameters {
  double epsilon = 1e-7;
};
/// Slots: accumulator, linear. Source: McMahan et al., 2013, algorithm 1.
struct FtrlParameters {
  double learning_rate_power = -0.5;
  double l1 = 0, l2 = 0, l2_shrinkage = 0, beta = 0;
};
/// w -= lr sign(beta_1 m + (1 - beta_1) g); m = beta_2 m + (1 - beta_2) g. Slots: momentum.
struct LionParameters {
  double beta_1 = 0.9, beta_2 = 0.99;
};

void apply_update(const SgdParameters& parameters, const UpdateBlock<float>& block);
void apply_update(const RmspropParameters& parameters, const UpdateBlock<float>& block);
void apply_update(const AdamParameters& parameters, const UpdateBlock<float>& block);
void apply_update(const AdamaxParameters& parameters, const UpdateBlock<float>& block);
void apply_update(const NadamParameters& parameters, const UpdateBlock<float>& block);
void apply_update(const AdadeltaParameters& parameters, const UpdateBlock<float>& block);
void apply_update(const AdagradParameters& parameters, const UpdateBlock<float>& block);
void apply_update(const FtrlParameters& parameters, const UpdateBlock<float>& block);
void apply_update(const LionParameters& parameters, const UpdateBlock<float>& block);

}  // namespace carnyx::kernels
