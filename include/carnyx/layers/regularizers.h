// Penalties on weights and outputs, by Keras's names.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>

#include "carnyx/base/json.h"
#include "carnyx/graph/regularizer.h"

namespace carnyx {

/// A regularizer that a config can name.
class NamedRegularizer : public Regularizer {
 public:
  [[nodiscard]] virtual std::string class_name() const = 0;
  [[nodiscard]] virtual Json config() const = 0;
};

/// Any regularizer as a value, as options hold it. Copies share it; it is immutable.
class AnyRegularizer {
 public:
  template <std::derived_from<NamedRegularizer> R>
  AnyRegularizer(R regularizer)  // NOLINT(google-explicit-constructor): {.x = L2({})}
      : regularizer_(std::make_shared<const R>(std::move(regularizer))) {}

  const NamedRegularizer* operator->() const { return regularizer_.get(); }
  const NamedRegularizer& operator*() const { return *regularizer_; }
  [[nodiscard]] RegularizerPtr pointer() const { return regularizer_; }

 private:
  std::shared_ptr<const NamedRegularizer> regularizer_;
};

/// {"module": "keras.regularizers", "class_name": ..., "config": ..., "registered_name": null}.
Json json_of(const AnyRegularizer& regularizer);
/// From such an object or a bare name ("l2", "L2"). Throws InvalidArgument naming the nearest known
/// one, or the option that is out of range.
AnyRegularizer regularizer_from_json(const Json& json);
inline void read_json(const Json& json, AnyRegularizer& regularizer) {
  regularizer = regularizer_from_json(json);
}

struct L1L2Options {
  double l1 = 0;  ///< >= 0, as all factors here
  double l2 = 0;
};
/// l1 sum|x| + l2 sum x^2.
class L1L2 final : public NamedRegularizer {
 public:
  explicit L1L2(L1L2Options options);
  [[nodiscard]] Value penalty(Value x, Value rows) const override;
  [[nodiscard]] std::optional<Slope> slope() const override;
  [[nodiscard]] std::string class_name() const override { return "L1L2"; }
  [[nodiscard]] Json config() const override;

 private:
  L1L2Options options_;
};

struct L1Options {
  double l1 = 0.01;
};
/// l1 sum|x|.
class L1 final : public NamedRegularizer {
 public:
  explicit L1(L1Options options);
  [[nodiscard]] Value penalty(Value x, Value rows) const override;
  [[nodiscard]] std::optional<Slope> slope() const override;
  [[nodiscard]] std::string class_name() const override { return "L1"; }
  [[nodiscard]] Json config() const override;

 private:
  L1Options options_;
};

struct L2Options {
  double l2 = 0.01;
};
/// l2 sum x^2.
class L2 final : public NamedRegularizer {
 public:
  explicit L2(L2Options options);
  [[nodiscard]] Value penalty(Value x, Value rows) const override;
  [[nodiscard]] std::optional<Slope> slope() const override;
  [[nodiscard]] std::string class_name() const override { return "L2"; }
  [[nodiscard]] Json config() const override;

 private:
  L2Options options_;
};

enum class OrthogonalMode { Rows, Columns };
std::string_view name_of(OrthogonalMode mode);  ///< "rows", "columns"
void from_name(std::string_view name, OrthogonalMode& mode);

struct OrthogonalRegularizerOptions {
  double factor = 0.01;
  OrthogonalMode mode = OrthogonalMode::Rows;
};
/// factor times the mean |cosine| between two rows (or columns) of a matrix. Of a layer's output
/// the rows are samples: with several replicas each looks at its own.
class OrthogonalRegularizer final : public NamedRegularizer {
 public:
  explicit OrthogonalRegularizer(OrthogonalRegularizerOptions options);
  /// Throws InvalidArgument unless x is a matrix.
  [[nodiscard]] Value penalty(Value x, Value rows) const override;
  [[nodiscard]] std::string class_name() const override { return "OrthogonalRegularizer"; }
  [[nodiscard]] Json config() const override;

 private:
  OrthogonalRegularizerOptions options_;
};

}  // namespace carnyx
