#include "carnyx/training/assessment.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace carnyx {
namespace {

constexpr double kSumTolerance = 1e-2;  // of bfloat16 probabilities

/// Softmax, unless they are probabilities already.
void make_probabilities(std::vector<double>& row) {
  const double sum = std::accumulate(row.begin(), row.end(), 0.0);
  const bool are_inside =
      std::ranges::all_of(row, [](double value) { return value >= 0 && value <= 1; });
  if (are_inside && std::abs(sum - 1) < kSumTolerance) return;
  const double greatest = *std::ranges::max_element(row);
  double total = 0;
  for (double& value : row) total += value = std::exp(value - greatest);
  for (double& value : row) value /= total;
}

std::vector<double> probabilities_of(const Tensor& outputs, std::int64_t sample) {
  const std::int64_t columns = outputs.elements() / outputs.shape()[0];
  std::vector<double> row;
  for (std::int64_t c = 0; c < columns; ++c) row.push_back(outputs.at(sample * columns + c));
  if (columns == 1) return {1 - row[0], row[0]};
  make_probabilities(row);
  return row;
}

bool fits(const Tensor& outputs, const Dataset& data) {
  if (data.classes < 2 || outputs.empty() || outputs.shape().rank() < 2) return false;
  if (outputs.shape()[0] != data.samples()) return false;
  const std::int64_t columns = outputs.elements() / outputs.shape()[0];
  return columns == data.classes || (columns == 1 && data.classes == 2);
}

/// [height, width] or [height, width, 3] of what may be a picture; nothing otherwise.
std::optional<Shape> picture_axes(const Shape& sample) {
  std::vector<std::int64_t> axes = sample.axes();
  if (axes.size() == 3 && axes[2] == 1) axes.pop_back();
  const bool is_picture = axes.size() == 2 || (axes.size() == 3 && axes[2] == 3);
  if (!is_picture || axes[0] < 2 || axes[1] < 2) return std::nullopt;
  return Shape(std::move(axes));
}

/// Bytes as they are, other numbers stretched from their least to their greatest.
Tensor picture_of(const Dataset& data, std::int64_t sample, const std::optional<Shape>& wanted) {
  const Shape shape = wanted.value_or(data.sample_shape());
  const auto axes = picture_axes(shape);
  if (!axes || shape.elements() != data.sample_shape().elements()) return {};
  Tensor picture(DType::Uint8, *axes);
  const auto pixels = picture.data<std::uint8_t>();
  const std::int64_t first = sample * picture.elements();
  double least = 0;
  double greatest = 255;
  if (data.x.dtype() != DType::Uint8) {
    least = std::numeric_limits<double>::infinity();
    greatest = -least;
    for (std::int64_t i = 0; i < picture.elements(); ++i) {
      least = std::min(least, data.x.at(first + i));
      greatest = std::max(greatest, data.x.at(first + i));
    }
  }
  const double range = greatest > least ? greatest - least : 1;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const double value = data.x.at(first + static_cast<std::int64_t>(i));
    const double scaled = std::round((value - least) / range * 255);
    pixels[i] =
        static_cast<std::uint8_t>(std::isfinite(scaled) ? std::clamp(scaled, 0.0, 255.0) : 0);
  }
  return picture;
}

double label_probability(const Mistake& mistake) {
  const double value = mistake.probabilities[static_cast<std::size_t>(mistake.label)];
  return std::isnan(value) ? -1 : value;
}

bool is_worse(const Mistake& a, const Mistake& b) {
  const double p = label_probability(a);
  const double q = label_probability(b);
  return p != q ? p < q : a.sample < b.sample;
}

/// Keeps the worst so far, at most `limit`: a heap whose top is the least bad.
void keep(std::vector<Mistake>& worst, Mistake mistake, std::int64_t limit) {
  const auto size = static_cast<std::int64_t>(worst.size());
  if (size >= limit && (limit == 0 || !is_worse(mistake, worst.front()))) return;
  if (size >= limit) {
    std::ranges::pop_heap(worst, is_worse);
    worst.pop_back();
  }
  worst.push_back(std::move(mistake));
  std::ranges::push_heap(worst, is_worse);
}

}  // namespace

std::optional<Assessment> assess(const Tensor& outputs,
                                 const Dataset& data,
                                 const AssessOptions& options) {
  if (!fits(outputs, data)) return std::nullopt;
  Assessment found{.confusion = {.classes = data.classes, .counts = {}}};
  found.confusion.counts.assign(static_cast<std::size_t>(data.classes * data.classes), 0);
  for (std::int64_t sample = 0; sample < data.samples(); ++sample) {
    std::vector<double> p = probabilities_of(outputs, sample);
    const auto label = static_cast<std::int64_t>(data.y.at(sample));
    const std::int64_t guess = std::ranges::max_element(p) - p.begin();
    ++found.confusion.counts[static_cast<std::size_t>(label * data.classes + guess)];
    if (guess == label) continue;
    ++found.mistakes;
    keep(found.worst,
         {.sample = sample, .label = label, .guess = guess, .probabilities = std::move(p)},
         options.worst);
  }
  std::ranges::sort(found.worst, is_worse);
  for (Mistake& mistake : found.worst) {
    mistake.picture = picture_of(data, mistake.sample, options.picture_shape);
  }
  return found;
}

}  // namespace carnyx
