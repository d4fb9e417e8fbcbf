#include "training/tensorboard/histogram.h"

#include <algorithm>
#include <cmath>

namespace carnyx::tensorboard {
namespace {

constexpr std::size_t kBuckets = 30;

std::vector<double> finite_elements(const Tensor& values) {
  std::vector<double> finite;
  finite.reserve(static_cast<std::size_t>(values.elements()));
  for (std::int64_t i = 0; i < values.elements(); ++i) {
    if (const double value = values.at(i); std::isfinite(value)) finite.push_back(value);
  }
  return finite;
}

}  // namespace

std::vector<Bucket> histogram_of(const Tensor& values) {
  std::vector<Bucket> buckets(kBuckets, Bucket{});
  const std::vector<double> finite = finite_elements(values);
  if (finite.empty()) return buckets;
  const auto [least, greatest] = std::ranges::minmax(finite);
  const double width = (greatest - least) / kBuckets;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    buckets[i].left = least + width * static_cast<double>(i);
    buckets[i].right = i + 1 == kBuckets ? greatest : least + width * static_cast<double>(i + 1);
  }
  for (const double value : finite) {
    const auto i = width > 0 ? static_cast<std::size_t>((value - least) / width) : kBuckets;
    buckets[std::min(i, kBuckets - 1)].count += 1;
  }
  return buckets;
}

}  // namespace carnyx::tensorboard
