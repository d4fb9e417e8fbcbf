// The optimizers by Keras's names. Defaults are Keras 3's. Each takes its own options and, after
// them, those that all have: Adam({.beta_1 = 0.8}, {.weight_decay = 0.01, .use_ema = true}).
#pragma once

#include "carnyx/optimizers/optimizer.h"
#include "carnyx/optimizers/schedules.h"

namespace carnyx {

struct SGDOptions {
  LearningRate learning_rate = 0.01;
  double momentum = 0;  ///< in [0, 1]
  bool nesterov = false;
};
/// m = momentum m - lr g; w += m, or with nesterov w += momentum m - lr g. Slot: momentum, if used.
class SGD final : public Optimizer {
 public:
  explicit SGD(SGDOptions options, OptimizerOptions common = {});
  [[nodiscard]] std::string class_name() const override { return "SGD"; }
  [[nodiscard]] Json own_config() const override;
  [[nodiscard]] std::shared_ptr<const kernels::UpdateRule> update_rule() const override;

 private:
  SGDOptions options_;
};

struct RMSpropOptions {
  LearningRate learning_rate = 0.001;
  double rho = 0.9;     ///< in [0, 1)
  double momentum = 0;  ///< in [0, 1]
  double epsilon = 1e-7;
  bool centered = false;
  /// Keras <= 2.3 added epsilon after the root: the source systems' recipes want it.
  bool epsilon_outside_root = false;
};
/// v = rho v + (1 - rho) g^2; w -= lr g / sqrt(v + epsilon).
/// Slots: velocity [, momentum] [, average_gradient].
/// Source: Tieleman & Hinton, 2012, lecture 6.5; keras.optimizers.RMSprop.
class RMSprop final : public Optimizer {
 public:
  explicit RMSprop(RMSpropOptions options, OptimizerOptions common = {});
  [[nodiscard]] std::string class_name() const override { return "RMSprop"; }
  [[nodiscard]] Json own_config() const override;
  [[nodiscard]] std::shared_ptr<const kernels::UpdateRule> update_rule() const override;

 private:
  RMSpropOptions options_;
};

struct AdamOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;    ///< in [0, 1)
  double beta_2 = 0.999;  ///< in [0, 1)
  double epsilon = 1e-7;
  bool amsgrad = false;
};
/// Steps scaled by running means of the gradient and of its square.
/// Slots: momentum, velocity [, velocity_hat]. Source: Kingma & Ba, 2015, in the form just before
/// section 2.1, whose epsilon is not that of Algorithm 1; amsgrad: Reddi et al., 2018.
class Adam final : public Optimizer {
 public:
  explicit Adam(AdamOptions options, OptimizerOptions common = {});
  [[nodiscard]] std::string class_name() const override { return "Adam"; }
  [[nodiscard]] Json own_config() const override;
  [[nodiscard]] std::shared_ptr<const kernels::UpdateRule> update_rule() const override;
  [[nodiscard]] std::size_t interleaved_slots() const override { return 2; }

 private:
  AdamOptions options_;
};

struct AdamWOptions {
  LearningRate learning_rate = 0.001;
  double weight_decay = 0.004;  ///< >= 0; given here, not among the common options
  double beta_1 = 0.9;          ///< in [0, 1)
  double beta_2 = 0.999;        ///< in [0, 1)
  double epsilon = 1e-7;
  bool amsgrad = false;
};
/// Adam with weight decay beside the gradient's step. Slots: as Adam.
/// Source: Loshchilov & Hutter, 2019.
class AdamW final : public Optimizer {
 public:
  explicit AdamW(AdamWOptions options, OptimizerOptions common = {});
  [[nodiscard]] std::string class_name() const override { return "AdamW"; }
  [[nodiscard]] Json own_config() const override;
  [[nodiscard]] std::shared_ptr<const kernels::UpdateRule> update_rule() const override;
  [[nodiscard]] std::size_t interleaved_slots() const override { return 2; }

 private:
  AdamWOptions options_;
};

struct AdamaxOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;    ///< in [0, 1)
  double beta_2 = 0.999;  ///< in [0, 1)
  double epsilon = 1e-7;
};
/// Adam by the largest gradient instead of the mean square. Slots: momentum, norm.
/// Source: Kingma & Ba, 2015, section 7.1.
class Adamax final : public Optimizer {
 public:
  explicit Adamax(AdamaxOptions options, OptimizerOptions common = {});
  [[nodiscard]] std::string class_name() const override { return "Adamax"; }
  [[nodiscard]] Json own_config() const override;
  [[nodiscard]] std::shared_ptr<const kernels::UpdateRule> update_rule() const override;
  [[nodiscard]] std::size_t interleaved_slots() const override { return 2; }

 private:
  AdamaxOptions options_;
};

struct NadamOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;    ///< in [0, 1)
  double beta_2 = 0.999;  ///< in [0, 1)
  double epsilon = 1e-7;
};
/// Adam with Nesterov's momentum. Slots: momentum, velocity. Source: Dozat, 2016.
class Nadam final : public Optimizer {
 public:
  explicit Nadam(NadamOptions options, OptimizerOptions common = {});
  [[nodiscard]] std::string class_name() const override { return "Nadam"; }
  [[nodiscard]] Json own_config() const override;
  [[nodiscard]] std::shared_ptr<const kernels::UpdateRule> update_rule() const override;
  [[nodiscard]] std::size_t interleaved_slots() const override { return 2; }
  /// Keras's u_product.
  [[nodiscard]] std::vector<double> derived_variables(std::int64_t steps) const override;

 private:
  NadamOptions options_;
};

struct AdadeltaOptions {
  LearningRate learning_rate = 0.001;  ///< 1 in Keras <= 2.3 and in the paper
  double rho = 0.95;                   ///< in [0, 1)
  double epsilon = 1e-7;
};
/// Steps scaled by the ratio of past steps to past gradients.
/// Slots: accumulated_grad, accumulated_delta_var. Source: Zeiler, 2012.
class Adadelta final : public Optimizer {
 public:
  explicit Adadelta(AdadeltaOptions options, OptimizerOptions common = {});
  [[nodiscard]] std::string class_name() const override { return "Adadelta"; }
  [[nodiscard]] Json own_config() const override;
  [[nodiscard]] std::shared_ptr<const kernels::UpdateRule> update_rule() const override;
  [[nodiscard]] std::size_t interleaved_slots() const override { return 2; }

 private:
  AdadeltaOptions options_;
};

struct AdagradOptions {
  LearningRate learning_rate = 0.001;
  double initial_accumulator_value = 0.1;  ///< >= 0
  double epsilon = 1e-7;
};
/// a += g^2; w -= lr g / sqrt(a + epsilon). Slot: accumulator. Source: Duchi et al., 2011.
class Adagrad final : public Optimizer {
 public:
  explicit Adagrad(AdagradOptions options, OptimizerOptions common = {});
  [[nodiscard]] std::string class_name() const override { return "Adagrad"; }
  [[nodiscard]] Json own_config() const override;
  [[nodiscard]] std::shared_ptr<const kernels::UpdateRule> update_rule() const override;

 private:
  AdagradOptions options_;
};

struct FtrlOptions {
  LearningRate learning_rate = 0.001;
  double learning_rate_power = -0.5;                ///< <= 0
  double initial_accumulator_value = 0.1;           ///< >= 0
  double l1_regularization_strength = 0;            ///< >= 0
  double l2_regularization_strength = 0;            ///< >= 0
  double l2_shrinkage_regularization_strength = 0;  ///< >= 0
  double beta = 0;                                  ///< >= 0
};
/// Follow the regularized leader. Slots: accumulator, linear. Source: McMahan et al., 2013.
class Ftrl final : public Optimizer {
 public:
  explicit Ftrl(FtrlOptions options, OptimizerOptions common = {});
  [[nodiscard]] std::string class_name() const override { return "Ftrl"; }
  [[nodiscard]] Json own_config() const override;
  [[nodiscard]] std::shared_ptr<const kernels::UpdateRule> update_rule() const override;
  [[nodiscard]] std::size_t interleaved_slots() const override { return 2; }

 private:
  FtrlOptions options_;
};

struct LionOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;   ///< in (0, 1]
  double beta_2 = 0.99;  ///< in [0, 1]
};
/// Every element moves by lr, the way its momentum points. Slot: momentum. Source: Chen et al.,
/// 2023.
class Lion final : public Optimizer {
 public:
  explicit Lion(LionOptions options, OptimizerOptions common = {});
  [[nodiscard]] std::string class_name() const override { return "Lion"; }
  [[nodiscard]] Json own_config() const override;
  [[nodiscard]] std::shared_ptr<const kernels::UpdateRule> update_rule() const override;

 private:
  LionOptions options_;
};

}  // namespace carnyx
