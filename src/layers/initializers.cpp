#include "carnyx/layers/initializers.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "carnyx/base/error.h"
#include "carnyx/base/fields.h"

namespace carnyx {

template <class V>
void visit_fields(V& visit, ConstantOptions& o) {
  visit("value", o.value);
}

template <class V>
void visit_fields(V& visit, RandomUniformOptions& o) {
  visit("minval", o.minval);
  visit("maxval", o.maxval);
  visit("seed", o.seed);
}

template <class V>
void visit_fields(V& visit, RandomNormalOptions& o) {
  visit("mean", o.mean);
  visit("stddev", o.stddev);
  visit("seed", o.seed);
}

template <class V>
void visit_fields(V& visit, VarianceScalingOptions& o) {
  visit("scale", o.scale);
  visit("mode", o.mode);
  visit("distribution", o.distribution);
  visit("seed", o.seed);
}

template <class V>
void visit_fields(V& visit, OrthogonalOptions& o) {
  visit("gain", o.gain);
  visit("seed", o.seed);
}

template <class V>
void visit_fields(V& visit, IdentityOptions& o) {
  visit("gain", o.gain);
}

namespace {

/// A seed of the initializer's own replaces the model's.
Rng seeded(const std::optional<std::int64_t>& seed, Rng rng) {
  return seed ? Rng(static_cast<std::uint64_t>(*seed)) : rng;
}

void fill_uniform(std::span<float> values, double low, double high, Rng rng) {
  for (float& value : values) {
    value = rng.uniform(static_cast<float>(low), static_cast<float>(high));
  }
}

void fill_normal(std::span<float> values, double mean, double stddev, bool truncated, Rng rng) {
  for (float& value : values) {
    float draw = rng.normal();
    while (truncated && std::abs(draw) > 2) draw = rng.normal();
    value = static_cast<float>(mean + stddev * draw);
  }
}

struct Fans {
  double in;
  double out;
};

Fans fans_of(const Shape& shape) {
  if (shape.rank() == 0) return {1, 1};
  if (shape.rank() == 1) return {static_cast<double>(shape[0]), static_cast<double>(shape[0])};
  double field = 1;
  for (std::int64_t axis = 0; axis + 2 < shape.rank(); ++axis)
    field *= static_cast<double>(shape[axis]);
  return {field * static_cast<double>(shape[-2]), field * static_cast<double>(shape[-1])};
}

double fan_of(const Shape& shape, FanMode mode) {
  const Fans fans = fans_of(shape);
  switch (mode) {
    case FanMode::In:
      return fans.in;
    case FanMode::Out:
      return fans.out;
    case FanMode::Average:
      return (fans.in + fans.out) / 2;
  }
  return 1;
}

/// Gram-Schmidt, twice for full accuracy, over the rows of a [count, length] matrix, count <=
/// length.
void orthonormalize(std::vector<double>& rows, std::size_t count, std::size_t length) {
  const auto row = [&](std::size_t i) { return std::span(rows).subspan(i * length, length); };
  const auto dot = [](std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
  };
  for (std::size_t i = 0; i < count; ++i) {
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t j = 0; j < i; ++j) {
        const double along = dot(row(i), row(j));
        for (std::size_t k = 0; k < length; ++k) row(i)[k] -= along * row(j)[k];
      }
    }
    const double norm = std::sqrt(dot(row(i), row(i)));
    for (double& x : row(i)) x /= norm;
  }
}

}  // namespace

void Constant::fill(std::span<float> values, const Shape&, Rng) const {
  std::ranges::fill(values, static_cast<float>(options_.value));
}
Json Constant::config() const {
  return to_json(options_);
}

void Zeros::fill(std::span<float> values, const Shape&, Rng) const {
  std::ranges::fill(values, 0.0F);
}
void Ones::fill(std::span<float> values, const Shape&, Rng) const {
  std::ranges::fill(values, 1.0F);
}

void RandomUniform::fill(std::span<float> values, const Shape&, Rng rng) const {
  fill_uniform(values, options_.minval, options_.maxval, seeded(options_.seed, rng));
}
Json RandomUniform::config() const {
  return to_json(options_);
}

void RandomNormal::fill(std::span<float> values, const Shape&, Rng rng) const {
  fill_normal(values, options_.mean, options_.stddev, false, seeded(options_.seed, rng));
}
Json RandomNormal::config() const {
  return to_json(options_);
}

void TruncatedNormal::fill(std::span<float> values, const Shape&, Rng rng) const {
  fill_normal(values, options_.mean, options_.stddev, true, seeded(options_.seed, rng));
}
Json TruncatedNormal::config() const {
  return to_json(options_);
}

VarianceScaling::VarianceScaling(std::string given_name, VarianceScalingOptions options)
    : given_name_(std::move(given_name)), options_(options) {
  if (!(options.scale > 0)) {
    throw InvalidArgument("VarianceScaling: scale must be positive, got " +
                          std::to_string(options.scale));
  }
}

void VarianceScaling::fill(std::span<float> values, const Shape& shape, Rng rng) const {
  // The standard deviation of a normal cut at two of its own. Source: keras VarianceScaling.
  constexpr double kTruncatedDeviation = 0.87962566103423978;
  const double variance = options_.scale / std::max(1.0, fan_of(shape, options_.mode));
  const Rng own = seeded(options_.seed, rng);
  switch (options_.distribution) {
    case Distribution::Uniform: {
      const double limit = std::sqrt(3 * variance);
      return fill_uniform(values, -limit, limit, own);
    }
    case Distribution::TruncatedNormal:
      return fill_normal(values, 0, std::sqrt(variance) / kTruncatedDeviation, true, own);
    case Distribution::UntruncatedNormal:
      return fill_normal(values, 0, std::sqrt(variance), false, own);
  }
}

std::string VarianceScaling::class_name() const {
  return given_name_.empty() ? "VarianceScaling" : given_name_;
}

Json VarianceScaling::config() const {
  if (given_name_.empty()) return to_json(options_);
  Json config = Json::object();
  config.set("seed", options_.seed ? Json(*options_.seed) : Json());
  return config;
}

VarianceScaling VarianceScaling::glorot_uniform(std::optional<std::int64_t> seed) {
  return {"GlorotUniform", {1, FanMode::Average, Distribution::Uniform, seed}};
}
VarianceScaling VarianceScaling::glorot_normal(std::optional<std::int64_t> seed) {
  return {"GlorotNormal", {1, FanMode::Average, Distribution::TruncatedNormal, seed}};
}
VarianceScaling VarianceScaling::he_uniform(std::optional<std::int64_t> seed) {
  return {"HeUniform", {2, FanMode::In, Distribution::Uniform, seed}};
}
VarianceScaling VarianceScaling::he_normal(std::optional<std::int64_t> seed) {
  return {"HeNormal", {2, FanMode::In, Distribution::TruncatedNormal, seed}};
}
VarianceScaling VarianceScaling::lecun_uniform(std::optional<std::int64_t> seed) {
  return {"LecunUniform", {1, FanMode::In, Distribution::Uniform, seed}};
}
VarianceScaling VarianceScaling::lecun_normal(std::optional<std::int64_t> seed) {
  return {"LecunNormal", {1, FanMode::In, Distribution::TruncatedNormal, seed}};
}

void Orthogonal::fill(std::span<float> values, const Shape& shape, Rng rng) const {
  if (shape.rank() < 2) {
    throw InvalidArgument("Orthogonal: expected a shape of at least two axes, got " +
                          shape.to_string());
  }
  const auto rows = static_cast<std::size_t>(shape.rows());
  const auto columns = static_cast<std::size_t>(shape.columns());
  const std::size_t count = std::min(rows, columns);
  const std::size_t length = std::max(rows, columns);
  Rng own = seeded(options_.seed, rng);
  std::vector<double> basis(count * length);
  for (double& x : basis) x = own.normal();
  orthonormalize(basis, count, length);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      const double value = rows <= columns ? basis[i * length + j] : basis[j * length + i];
      values[i * columns + j] = static_cast<float>(options_.gain * value);
    }
  }
}
Json Orthogonal::config() const {
  return to_json(options_);
}

void Identity::fill(std::span<float> values, const Shape& shape, Rng) const {
  if (shape.rank() != 2) {
    throw InvalidArgument("Identity: expected a shape of two axes, got " + shape.to_string());
  }
  const auto columns = static_cast<std::size_t>(shape.columns());
  std::ranges::fill(values, 0.0F);
  for (std::size_t i = 0; i < std::min(static_cast<std::size_t>(shape.rows()), columns); ++i) {
    values[i * columns + i] = static_cast<float>(options_.gain);
  }
}
Json Identity::config() const {
  return to_json(options_);
}

}  // namespace carnyx
