#include "training/report/axis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace carnyx::report {
namespace {

constexpr double kLogarithmicFrom = 50;  // greatest over least
constexpr double kIntervals = 4;
constexpr std::size_t kMostTicks = 7;

}  // namespace

double nice_step(double step) {
  const double power = std::pow(10, std::floor(std::log10(step)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= step * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

Axis::Axis(std::span<const double> values) {
  double least = std::numeric_limits<double>::infinity();
  double greatest = -least;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    least = std::min(least, value);
    greatest = std::max(greatest, value);
  }
  if (least > greatest) least = greatest = 0;
  logarithmic_ = least > 0 && greatest / least > kLogarithmicFrom;
  if (logarithmic_) {
    tick_by_powers(least, greatest);
  } else {
    tick_evenly(least, greatest);
  }
}

void Axis::tick_evenly(double least, double greatest) {
  if (!(greatest > least)) {
    const double around = least == 0 ? 1 : std::abs(least) * 0.1;
    least -= around;
    greatest += around;
  }
  const double step = nice_step((greatest - least) / kIntervals);
  const double first = std::floor(least / step + 1e-9);
  const double last = std::ceil(greatest / step - 1e-9);
  for (double k = first; k <= last; ++k) ticks_.push_back(k * step);
  low_ = ticks_.front();
  high_ = ticks_.back();
}

void Axis::tick_by_powers(double least, double greatest) {
  constexpr double kMargin = 0.06;
  const double margin = kMargin * std::log10(greatest / least);
  low_ = std::log10(least) - margin;
  high_ = std::log10(greatest) + margin;
  const std::array<std::vector<double>, 3> candidates = {std::vector<double>{1, 2, 5}, {1, 3}, {1}};
  for (const std::vector<double>& factors : candidates) {
    ticks_.clear();
    for (double power = std::floor(low_); power <= high_; ++power) {
      for (const double factor : factors) {
        const double tick = factor * std::pow(10, power);
        if (std::log10(tick) >= low_ && std::log10(tick) <= high_) ticks_.push_back(tick);
      }
    }
    if (ticks_.size() <= kMostTicks) return;
  }
}

double Axis::scaled(double value) const {
  return logarithmic_ ? std::log10(value) : value;
}

double Axis::place(double value) const {
  return (scaled(value) - low_) / (high_ - low_);
}

}  // namespace carnyx::report
