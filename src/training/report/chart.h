#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace carnyx::report {

/// A line of a chart, a value an epoch; those that are not finite break it.
struct Line {
  std::string label;  // "training"
  std::string style;  // of the page's CSS
  std::vector<double> values;

  [[nodiscard]] bool has_any() const {
    return std::ranges::any_of(values, [](double value) { return std::isfinite(value); });
  }
};

/// A picture of at most two lines, with its title, for people who see it and people who don't.
/// Markup.
std::string chart(std::string title, std::vector<Line> lines);

}  // namespace carnyx::report
