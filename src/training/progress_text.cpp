#include "training/progress_text.h"

#include <algorithm>
#include <cmath>

#include "carnyx/base/format.h"

namespace carnyx {
namespace {

constexpr std::int64_t kShortestBar = 6;

std::string number_text(double value, bool is_fixed) {
  if (std::isnan(value)) return "nan";
  return is_fixed ? format("{:.4f}", value) : format("{:.4e}", value);
}

}  // namespace

std::string metric_text(double value) {
  return number_text(value, std::abs(value) > 1e-3);
}

std::string signed_metric_text(double value) {
  return number_text(value, value > 1e-3);
}

std::string padded_count(std::int64_t count, std::int64_t total) {
  const std::string digits = std::to_string(count);
  const std::size_t width = std::to_string(total).size();
  return std::string(width - std::min(width, digits.size()), ' ') + digits;
}

std::string eta_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds);
  if (seconds > 3600) {
    return format("{}:{:02d}:{:02d}", whole / 3600, whole % 3600 / 60, whole % 60);
  }
  if (seconds > 60) return format("{}:{:02d}", whole / 60, whole % 60);
  return format("{}s", whole);
}

std::string whole_seconds(double seconds) {
  return format("{:.0f}s", seconds);
}

std::string unit_time_text(double seconds) {
  if (seconds >= 1) return whole_seconds(seconds);
  if (seconds >= 1e-3) return format("{:.0f}ms", seconds * 1e3);
  return format("{:.0f}us", seconds * 1e6);
}

std::string keras2_bar(std::int64_t done, std::int64_t total, std::int64_t width) {
  const double share = static_cast<double>(done) / static_cast<double>(total);
  const auto filled = static_cast<std::int64_t>(static_cast<double>(width) * share);
  std::string bar(static_cast<std::size_t>(filled), '=');
  if (filled > 0 && done < total) bar.back() = '>';
  return "[" + bar + std::string(static_cast<std::size_t>(width - filled), '.') + "]";
}

BarFit fit_bar(std::int64_t columns,
               std::int64_t fixed,
               std::int64_t full_bar,
               std::span<const std::string> metrics) {
  std::int64_t beside = fixed;
  for (const std::string& metric : metrics) beside += static_cast<std::int64_t>(metric.size());
  std::size_t shown = metrics.size();
  while (shown > 0 && beside + kShortestBar > columns) {
    beside -= static_cast<std::int64_t>(metrics[--shown].size());
  }
  return {.bar = std::clamp<std::int64_t>(columns - beside, 0, full_bar), .metrics = shown};
}

}  // namespace carnyx
