// The specifications of the rules that sum up gradients, and of Lion.
#include <algorithm>
#include <array>
#include <cmath>

#include "optimizers/update_rules.h"

namespace carnyx {

std::span<const std::string_view> slot_names(const kernels::AdadeltaParameters&) {
  static constexpr std::array<std::string_view, 2> kNames = {"accumulated_grad",
                                                             "accumulated_delta_var"};
  return kNames;
}

void specification(const kernels::AdadeltaParameters& p, const DoubleBlock& block) {
  for (std::size_t i = 0; i < block.weight.size(); ++i) {
    const double g = block.gradient[i];
    double& seen = block.slots[0][i];
    double& moved = block.slots[1][i];
    seen = p.rho * seen + (1 - p.rho) * g * g;
    const double change = std::sqrt(moved + p.epsilon) / std::sqrt(seen + p.epsilon) * g;
    moved = p.rho * moved + (1 - p.rho) * change * change;
    block.weight[i] -= block.learning_rate * change;
  }
}

std::span<const std::string_view> slot_names(const kernels::AdagradParameters&) {
  static constexpr std::array<std::string_view, 1> kNames = {"accumulator"};
  return kNames;
}

void specification(const kernels::AdagradParameters& p, const DoubleBlock& block) {
  for (std::size_t i = 0; i < block.weight.size(); ++i) {
    const double g = block.gradient[i];
    double& seen = block.slots[0][i];
    seen += g * g;
    block.weight[i] -= block.learning_rate * g / std::sqrt(seen + p.epsilon);
  }
}

std::span<const std::string_view> slot_names(const kernels::FtrlParameters&) {
  static constexpr std::array<std::string_view, 2> kNames = {"accumulator", "linear"};
  return kNames;
}

void specification(const kernels::FtrlParameters& p, const DoubleBlock& block) {
  const double rate = block.learning_rate;
  const double power = -p.learning_rate_power;
  for (std::size_t i = 0; i < block.weight.size(); ++i) {
    const double g = block.gradient[i];
    double& w = block.weight[i];
    double& seen = block.slots[0][i];
    double& linear = block.slots[1][i];
    const double before = std::pow(seen, power);
    seen += g * g;
    const double root = std::pow(seen, power);
    linear += g + 2 * p.l2_shrinkage * w - (root - before) / rate * w;
    const double quadratic = root / rate + 2 * p.l2 + p.beta / rate;
    w = (std::clamp(linear, -p.l1, p.l1) - linear) / quadratic;
  }
}

std::span<const std::string_view> slot_names(const kernels::LionParameters&) {
  static constexpr std::array<std::string_view, 1> kNames = {"momentum"};
  return kNames;
}

void specification(const kernels::LionParameters& p, const DoubleBlock& block) {
  const auto sign = [](double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : x; };
  for (std::size_t i = 0; i < block.weight.size(); ++i) {
    const double g = block.gradient[i];
    double& m = block.slots[0][i];
    block.weight[i] -= block.learning_rate * sign(p.beta_1 * m + (1 - p.beta_1) * g);
    m = p.beta_2 * m + (1 - p.beta_2) * g;
  }
}

}  // namespace carnyx
