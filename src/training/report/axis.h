// The numbers along a chart's side.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace carnyx::report {

/// From values to places in [0, 1], with ticks where people expect them.
class Axis {
 public:
  /// Holds all finite values; logarithmic if they are positive and far apart.
  explicit Axis(std::span<const double> values);

  [[nodiscard]] double place(double value) const;
  [[nodiscard]] const std::vector<double>& ticks() const { return ticks_; }
  [[nodiscard]] bool is_logarithmic() const { return logarithmic_; }

 private:
  void tick_evenly(double least, double greatest);
  void tick_by_powers(double least, double greatest);
  [[nodiscard]] double scaled(double value) const;

  bool logarithmic_ = false;
  double low_ = 0;   // scaled
  double high_ = 1;  // scaled
  std::vector<double> ticks_;
};

/// 1, 2 or 5 times a power of ten, at least `step`.
double nice_step(double step);

}  // namespace carnyx::report
