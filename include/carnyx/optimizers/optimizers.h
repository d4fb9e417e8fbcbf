// The optimizers by Keras's names. Defaults are Keras 3's.
#pragma once

#include "carnyx/optimizers/optimizer.h"

namespace carnyx {

struct SGDOptions {
  double learning_rate = 0.01;
  double momentum = 0;  ///< in [0, 1]
  bool nesterov = false;
  std::optional<double> global_clipnorm = std::nullopt;
};
/// m = momentum m - lr g; w += m, or with nesterov w += momentum m - lr g. Slot: momentum, if used.
class SGD final : public Optimizer {
 public:
  explicit SGD(SGDOptions options);
  [[nodiscard]] std::string class_name() const override { return "SGD"; }
  [[nodiscard]] Json own_config() const override;
  [[nodiscard]] std::shared_ptr<const kernels::UpdateRule> update_rule() const override;

 private:
  SGDOptions options_;
};

struct RMSpropOptions {
  double learning_rate = 0.001;
  double rho = 0.9;     ///< in [0, 1)
  double momentum = 0;  ///< in [0, 1]
  double epsilon = 1e-7;
  bool centered = false;
  /// Keras <= 2.3 added epsilon after the root: the source systems' recipes want it.
  bool epsilon_outside_root = false;
  std::optional<double> global_clipnorm = std::nullopt;
};
/// v = rho v + (1 - rho) g^2; w -= lr g / sqrt(v + epsilon).
/// Slots: velocity [, momentum] [, average_gradient].
/// Source: Tieleman & Hinton, 2012, lecture 6.5; keras.optimizers.RMSprop.
class RMSprop final : public Optimizer {
 public:
  explicit RMSprop(RMSpropOptions options);
  [[nodiscard]] std::string class_name() const override { return "RMSprop"; }
  [[nodiscard]] Json own_config() const override;
  [[nodiscard]] std::shared_ptr<const kernels::UpdateRule> update_rule() const override;

 private:
  RMSpropOptions options_;
};

struct AdamOptions {
  double learning_rate = 0.001;
  double beta_1 = 0.9;    ///< in [0, 1)
  double beta_2 = 0.999;  ///< in [0, 1)
  double epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> global_clipnorm = std::nullopt;
};
/// Steps scaled by running means of the gradient and of its square.
/// Slots: momentum, velocity [, velocity_hat]. Source: Kingma & Ba, 2015, in the form just before
/// section 2.1, whose epsilon is not that of Algorithm 1; amsgrad: Reddi et al., 2018.
class Adam final : public Optimizer {
 public:
  explicit Adam(AdamOptions options);
  [[nodiscard]] std::string class_name() const override { return "Adam"; }
  [[nodiscard]] Json own_config() const override;
  [[nodiscard]] std::shared_ptr<const kernels::UpdateRule> update_rule() const override;
  [[nodiscard]] std::size_t interleaved_slots() const override { return 2; }

 private:
  AdamOptions options_;
};

}  // namespace carnyx
