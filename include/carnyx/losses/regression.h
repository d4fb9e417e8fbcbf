// Losses of numbers, directions and distributions. Targets have the output's shape; labels [B] fit
// an output [B, 1].
#pragma once

#include <cstdint>

#include "carnyx/losses/loss.h"

namespace carnyx {

/// Mean over the features of (target - output)^2.
class MeanSquaredError final : public Loss {
 public:
  [[nodiscard]] std::string class_name() const override { return "MeanSquaredError"; }
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;
};

/// Mean over the features of |target - output|.
class MeanAbsoluteError final : public Loss {
 public:
  [[nodiscard]] std::string class_name() const override { return "MeanAbsoluteError"; }
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;
};

/// Mean over the features of 100 |target - output| / max(|target|, 1e-7).
class MeanAbsolutePercentageError final : public Loss {
 public:
  [[nodiscard]] std::string class_name() const override { return "MeanAbsolutePercentageError"; }
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;
};

/// Mean over the features of (log(1 + target) - log(1 + output))^2, both kept above 1e-7.
class MeanSquaredLogarithmicError final : public Loss {
 public:
  [[nodiscard]] std::string class_name() const override { return "MeanSquaredLogarithmicError"; }
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;
};

/// Mean over the features of log(cosh(output - target)).
class LogCosh final : public Loss {
 public:
  [[nodiscard]] std::string class_name() const override { return "LogCosh"; }
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;
};

struct HuberOptions {
  double delta = 1;  ///< > 0: where it turns from a parabola into a line
};
/// Mean over the features of e^2 / 2 where |e| <= delta, delta |e| - delta^2 / 2 elsewhere.
class Huber final : public Loss {
 public:
  explicit Huber(HuberOptions options);
  [[nodiscard]] std::string class_name() const override { return "Huber"; }
  [[nodiscard]] Json config() const override;
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  HuberOptions options_;
};

struct CosineSimilarityOptions {
  std::int64_t axis = -1;  ///< along which target and output are vectors
};
/// Minus the cosine of the angle between target and output: -1 is best.
class CosineSimilarity final : public Loss {
 public:
  explicit CosineSimilarity(CosineSimilarityOptions options) : options_(options) {}
  [[nodiscard]] std::string class_name() const override { return "CosineSimilarity"; }
  [[nodiscard]] Json config() const override;
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  CosineSimilarityOptions options_;
};

/// Sum over the features of target log(target / output), both kept in [1e-7, 1].
class KLDivergence final : public Loss {
 public:
  [[nodiscard]] std::string class_name() const override { return "KLDivergence"; }
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;
};

/// Mean over the features of output - target log(output + 1e-7).
class Poisson final : public Loss {
 public:
  [[nodiscard]] std::string class_name() const override { return "Poisson"; }
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;
};

}  // namespace carnyx
