#include "trainers/check_options.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <concepts>
#include <limits>
#include <optional>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/kernels/thread_pool.h"

namespace carnyx {
namespace {

struct Range {
  std::string_view field;
  std::int64_t least;
  std::int64_t most;
};

// Products of two of these stay in 64 bits.
constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();

constexpr std::array<Range, 9> kRanges = {{
    {"epochs", 1, kMost},
    {"batch_size", 1, kMost},
    {"steps_per_epoch", 0, kMost},
    {"seed", 0, std::numeric_limits<std::int64_t>::max()},
    {"threads", 0, kernels::kMostThreads},
    {"checkpoint_every_steps", 0, kMost},
    {"keep_checkpoints", 1, kMost},
    {"histogram_freq", 0, kMost},
    {"verbose", 0, 2},
}};

std::string flag_of(std::string_view field) {
  std::string flag = "--" + std::string(field);
  std::ranges::replace(flag, '_', '-');
  return flag;
}

/// Visits the fields: an integer with a range must be in it.
struct RangeCheck {
  template <class T>
  void operator()(std::string_view field, const T& value) const {
    if constexpr (std::integral<T> && !std::same_as<T, bool>) {
      const auto range = std::ranges::find(kRanges, field, &Range::field);
      if (range != kRanges.end()) require(*range, std::int64_t{value});
    }
  }
  void operator()(std::string_view field, const std::optional<std::int64_t>& value) const {
    if (value) (*this)(field, *value);
  }

  static void require(const Range& range, std::int64_t value) {
    if (value >= range.least && value <= range.most) return;
    const bool has_limit = range.most < kMost;
    throw InvalidArgument(
        format("{}: expected {} {}, got {}",
               flag_of(range.field),
               range.least,
               has_limit || value > range.most ? format("to {}", range.most) : "or more",
               value));
  }
};

bool is_address(std::string_view path) {
  const std::size_t end = path.find("://");
  return end != std::string_view::npos && end > 0 &&
         std::ranges::all_of(path.substr(0, end), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '+' || c == '.' || c == '-';
         });
}

}  // namespace

void require_local(std::string_view flag, const std::string& path) {
  if (!is_address(path)) return;
  throw InvalidArgument(
      format("{}: expected a path of this machine, found the address {}; buckets and HDFS are not "
             "reached from here: mount them, or copy from and to them",
             flag,
             path));
}

void check_options(const JobOptions& options) {
  JobOptions fields = options;  // a visitor may write
  const RangeCheck check;
  visit_fields(check, fields);
  const double rate = options.learning_rate.value_or(1);
  if (!(rate > 0 && std::isfinite(rate))) {
    throw InvalidArgument(format("--learning-rate: expected a number above 0, got {}", rate));
  }
  const ModelOptions model = model_options(options);  // knows the backends
  if (model.precision == PrecisionPolicy::Float64 && model.backend != Backend::Reference) {
    throw InvalidArgument(
        "--precision float64: only the reference backend computes in it; add --backend reference");
  }
}

}  // namespace carnyx
