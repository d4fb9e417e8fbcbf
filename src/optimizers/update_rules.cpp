#include "optimizers/update_rules.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace carnyx {

std::span<const std::string_view> slot_names(const kernels::SgdParameters& p) {
  static constexpr std::array<std::string_view, 1> kNames = {"momentum"};
  return {kNames.data(), p.momentum != 0 ? kNames.size() : 0};
}

void specification(const kernels::SgdParameters& p, const DoubleBlock& block) {
  const double momentum = p.momentum;
  for (std::size_t i = 0; i < block.weight.size(); ++i) {
    const double step = -block.learning_rate * block.gradient[i];
    if (momentum == 0) {
      block.weight[i] += step;
      continue;
    }
    double& m = block.slots[0][i];
    m = momentum * m + step;
    block.weight[i] += p.nesterov ? momentum * m + step : m;
  }
}

std::span<const std::string_view> slot_names(const kernels::RmspropParameters& p) {
  static constexpr std::array<std::string_view, 1> kPlain = {"velocity"};
  static constexpr std::array<std::string_view, 2> kMomentum = {"velocity", "momentum"};
  static constexpr std::array<std::string_view, 2> kCentered = {"velocity", "average_gradient"};
  static constexpr std::array<std::string_view, 3> kBoth = {
      "velocity", "momentum", "average_gradient"};
  const bool moves = p.momentum > 0;
  if (moves && p.centered) return kBoth;
  if (moves) return kMomentum;
  if (p.centered) return kCentered;
  return kPlain;
}

void specification(const kernels::RmspropParameters& p, const DoubleBlock& block) {
  const bool moves = p.momentum > 0;
  for (std::size_t i = 0; i < block.weight.size(); ++i) {
    const double g = block.gradient[i];
    double& v = block.slots[0][i];
    v = p.rho * v + (1 - p.rho) * g * g;
    double denominator = v;
    if (p.centered) {
      double& mean = block.slots[moves ? 2 : 1][i];
      mean = p.rho * mean + (1 - p.rho) * g;
      denominator -= mean * mean;
    }
    const double root = p.epsilon_outside_root ? std::sqrt(denominator) + p.epsilon
                                               : std::sqrt(denominator + p.epsilon);
    double step = block.learning_rate * g / root;
    if (moves) {
      double& m = block.slots[1][i];
      m = p.momentum * m + step;
      step = m;
    }
    block.weight[i] -= step;
  }
}

std::span<const std::string_view> slot_names(const kernels::AdamParameters& p) {
  static constexpr std::array<std::string_view, 3> kNames = {
      "momentum", "velocity", "velocity_hat"};
  return {kNames.data(), p.amsgrad ? kNames.size() : 2};
}

void specification(const kernels::AdamParameters& p, const DoubleBlock& block) {
  const auto t = static_cast<double>(block.step);
  const double rate =
      block.learning_rate * std::sqrt(1 - std::pow(p.beta_2, t)) / (1 - std::pow(p.beta_1, t));
  for (std::size_t i = 0; i < block.weight.size(); ++i) {
    const double g = block.gradient[i];
    double& m = block.slots[0][i];
    double& v = block.slots[1][i];
    m += (g - m) * (1 - p.beta_1);
    v += (g * g - v) * (1 - p.beta_2);
    double second = v;
    if (p.amsgrad) second = block.slots[2][i] = std::max(block.slots[2][i], v);
    block.weight[i] -= rate * m / (std::sqrt(second) + p.epsilon);
  }
}

std::span<const std::string_view> slot_names(const kernels::AdamaxParameters&) {
  static constexpr std::array<std::string_view, 2> kNames = {"momentum", "norm"};
  return kNames;
}

void specification(const kernels::AdamaxParameters& p, const DoubleBlock& block) {
  const double correction = 1 - std::pow(p.beta_1, static_cast<double>(block.step));
  for (std::size_t i = 0; i < block.weight.size(); ++i) {
    const double g = block.gradient[i];
    double& m = block.slots[0][i];
    double& u = block.slots[1][i];
    m += (g - m) * (1 - p.beta_1);
    u = std::max(p.beta_2 * u, std::abs(g));
    block.weight[i] -= block.learning_rate * m / (correction * (u + p.epsilon));
  }
}

std::span<const std::string_view> slot_names(const kernels::NadamParameters&) {
  static constexpr std::array<std::string_view, 2> kNames = {"momentum", "velocity"};
  return kNames;
}

void specification(const kernels::NadamParameters& p, const DoubleBlock& block) {
  const kernels::NadamFactors factors = kernels::nadam_factors(p, block.step);
  for (std::size_t i = 0; i < block.weight.size(); ++i) {
    const double g = block.gradient[i];
    double& m = block.slots[0][i];
    double& v = block.slots[1][i];
    m += (g - m) * (1 - p.beta_1);
    v += (g * g - v) * (1 - p.beta_2);
    const double step = factors.momentum * m + factors.gradient * g;
    block.weight[i] -= block.learning_rate * step / (std::sqrt(v / factors.velocity) + p.epsilon);
  }
}

}  // namespace carnyx
