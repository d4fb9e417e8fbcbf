// The numbers of a progress line, as Python's % operator writes them for Keras.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace carnyx {

/// "0.2504"; "2.5040e-04" if not above 1e-3; "nan" whatever its sign.
std::string metric_text(double value);
/// The same where Keras forgot the absolute value: "-2.5000e-01". Its lines of verbose 2.
std::string signed_metric_text(double value);
/// " 128" of 60000: as wide as the total.
std::string padded_count(std::int64_t count, std::int64_t total);
/// "12s", "15:12", "1:02:03".
std::string eta_text(double seconds);
/// "14s", the nearest.
std::string whole_seconds(double seconds);
/// "2s", "4ms", "232us", the nearest.
std::string unit_time_text(double seconds);

/// "[=====>....]" of Keras 2.
std::string keras2_bar(std::int64_t done, std::int64_t total, std::int64_t width);

/// What of a line that is written over fits a terminal.
struct BarFit {
  std::int64_t bar = 0;     ///< columns of the bar
  std::size_t metrics = 0;  ///< how many of them
};
/// A line wider than the terminal would scroll at every update. So the bar shrinks first, then the
/// last metrics go. `fixed`: columns of all else.
BarFit fit_bar(std::int64_t columns,
               std::int64_t fixed,
               std::int64_t full_bar,
               std::span<const std::string> metrics);

}  // namespace carnyx
