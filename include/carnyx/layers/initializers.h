// How weights begin, by Keras's names. Fans are Keras's: of a shape [..., in, out] the receptive
// field (the product of the leading axes) times in, and times out.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <string>

#include "carnyx/base/json.h"
#include "carnyx/graph/initializer.h"

namespace carnyx {

/// An initializer that a config can name.
class NamedInitializer : public Initializer {
 public:
  [[nodiscard]] virtual std::string class_name() const = 0;
  [[nodiscard]] virtual Json config() const = 0;
};

/// Any initializer as a value, as options hold it. Copies share it; it is immutable.
class AnyInitializer {
 public:
  template <std::derived_from<NamedInitializer> I>
  AnyInitializer(I initializer)  // NOLINT(google-explicit-constructor): {.x = Zeros()}
      : initializer_(std::make_shared<const I>(std::move(initializer))) {}

  const NamedInitializer* operator->() const { return initializer_.get(); }
  [[nodiscard]] InitializerPtr pointer() const { return initializer_; }

 private:
  std::shared_ptr<const NamedInitializer> initializer_;
};

/// {"module": "keras.initializers", "class_name": ..., "config": ..., "registered_name": null}.
Json json_of(const AnyInitializer& initializer);
/// From such an object or a bare name, in Keras's spelling of a class ("GlorotUniform") or of a
/// string ("glorot_uniform"). Throws InvalidArgument naming the nearest known one.
void read_json(const Json& json, AnyInitializer& initializer);

struct ConstantOptions {
  double value = 0;
};
class Constant final : public NamedInitializer {
 public:
  explicit Constant(ConstantOptions options) : options_(options) {}
  void fill(std::span<float> values, const Shape& shape, Rng rng) const override;
  [[nodiscard]] std::string class_name() const override { return "Constant"; }
  [[nodiscard]] Json config() const override;

 private:
  ConstantOptions options_;
};

class Zeros final : public NamedInitializer {
 public:
  void fill(std::span<float> values, const Shape& shape, Rng rng) const override;
  [[nodiscard]] std::string class_name() const override { return "Zeros"; }
  [[nodiscard]] Json config() const override { return Json::object(); }
};

class Ones final : public NamedInitializer {
 public:
  void fill(std::span<float> values, const Shape& shape, Rng rng) const override;
  [[nodiscard]] std::string class_name() const override { return "Ones"; }
  [[nodiscard]] Json config() const override { return Json::object(); }
};

struct RandomUniformOptions {
  double minval = -0.05;
  double maxval = 0.05;
  std::optional<std::int64_t> seed;  ///< null: the model's seed decides
};
class RandomUniform final : public NamedInitializer {
 public:
  explicit RandomUniform(RandomUniformOptions options) : options_(options) {}
  void fill(std::span<float> values, const Shape& shape, Rng rng) const override;
  [[nodiscard]] std::string class_name() const override { return "RandomUniform"; }
  [[nodiscard]] Json config() const override;

 private:
  RandomUniformOptions options_;
};

struct RandomNormalOptions {
  double mean = 0;
  double stddev = 0.05;
  std::optional<std::int64_t> seed;
};
class RandomNormal final : public NamedInitializer {
 public:
  explicit RandomNormal(RandomNormalOptions options) : options_(options) {}
  void fill(std::span<float> values, const Shape& shape, Rng rng) const override;
  [[nodiscard]] std::string class_name() const override { return "RandomNormal"; }
  [[nodiscard]] Json config() const override;

 private:
  RandomNormalOptions options_;
};

/// Normal, with draws further than two standard deviations from the mean drawn again.
class TruncatedNormal final : public NamedInitializer {
 public:
  explicit TruncatedNormal(RandomNormalOptions options) : options_(options) {}
  void fill(std::span<float> values, const Shape& shape, Rng rng) const override;
  [[nodiscard]] std::string class_name() const override { return "TruncatedNormal"; }
  [[nodiscard]] Json config() const override;

 private:
  RandomNormalOptions options_;
};

enum class FanMode { In, Out, Average };
enum class Distribution { Uniform, TruncatedNormal, UntruncatedNormal };
std::string_view name_of(FanMode mode);  ///< "fan_in", "fan_out", "fan_avg"
void from_name(std::string_view name, FanMode& mode);
std::string_view name_of(Distribution distribution);
void from_name(std::string_view name, Distribution& distribution);

/// Variance scale / fan. Glorot: scale 1, average; He: 2, in; Lecun: 1, in.
/// Source: Glorot & Bengio, 2010; He et al., 2015; keras.initializers.VarianceScaling.
struct VarianceScalingOptions {
  double scale = 1;
  FanMode mode = FanMode::In;
  Distribution distribution = Distribution::TruncatedNormal;
  std::optional<std::int64_t> seed;
};
class VarianceScaling final : public NamedInitializer {
 public:
  explicit VarianceScaling(VarianceScalingOptions options) : VarianceScaling({}, options) {}
  void fill(std::span<float> values, const Shape& shape, Rng rng) const override;
  /// "GlorotUniform" for what glorot_uniform() made, else "VarianceScaling".
  [[nodiscard]] std::string class_name() const override;
  [[nodiscard]] Json config() const override;

  static VarianceScaling glorot_uniform(std::optional<std::int64_t> seed = std::nullopt);
  static VarianceScaling glorot_normal(std::optional<std::int64_t> seed = std::nullopt);
  static VarianceScaling he_uniform(std::optional<std::int64_t> seed = std::nullopt);
  static VarianceScaling he_normal(std::optional<std::int64_t> seed = std::nullopt);
  static VarianceScaling lecun_uniform(std::optional<std::int64_t> seed = std::nullopt);
  static VarianceScaling lecun_normal(std::optional<std::int64_t> seed = std::nullopt);

 private:
  VarianceScaling(std::string given_name, VarianceScalingOptions options);

  std::string given_name_;
  VarianceScalingOptions options_;
};

// Keras has these as classes, and a user writes them alike.
// NOLINTBEGIN(readability-identifier-naming)
inline AnyInitializer GlorotUniform() {
  return VarianceScaling::glorot_uniform();
}
inline AnyInitializer GlorotNormal() {
  return VarianceScaling::glorot_normal();
}
inline AnyInitializer HeUniform() {
  return VarianceScaling::he_uniform();
}
inline AnyInitializer HeNormal() {
  return VarianceScaling::he_normal();
}
inline AnyInitializer LecunUniform() {
  return VarianceScaling::lecun_uniform();
}
inline AnyInitializer LecunNormal() {
  return VarianceScaling::lecun_normal();
}
// NOLINTEND(readability-identifier-naming)

struct OrthogonalOptions {
  double gain = 1;
  std::optional<std::int64_t> seed;
};
/// Rows (or columns, if there are fewer) orthonormal, times gain. At least two axes.
class Orthogonal final : public NamedInitializer {
 public:
  explicit Orthogonal(OrthogonalOptions options) : options_(options) {}
  void fill(std::span<float> values, const Shape& shape, Rng rng) const override;
  [[nodiscard]] std::string class_name() const override { return "Orthogonal"; }
  [[nodiscard]] Json config() const override;

 private:
  OrthogonalOptions options_;
};

struct IdentityOptions {
  double gain = 1;
};
/// gain on the diagonal of a matrix, else 0.
class Identity final : public NamedInitializer {
 public:
  explicit Identity(IdentityOptions options) : options_(options) {}
  void fill(std::span<float> values, const Shape& shape, Rng rng) const override;
  [[nodiscard]] std::string class_name() const override { return "Identity"; }
  [[nodiscard]] Json config() const override;

 private:
  IdentityOptions options_;
};

}  // namespace carnyx
