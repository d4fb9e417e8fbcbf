// Crossentropies that count what is already right for less. Source: Lin et al., 2017, section 3.
#pragma once

#include <cstdint>
#include <vector>

#include "carnyx/losses/loss.h"

namespace carnyx {

struct BinaryFocalCrossentropyOptions {
  bool apply_class_balancing = false;
  double alpha = 0.25;  ///< weight of class 1 if balanced; class 0 has 1 - alpha
  double gamma = 2;     ///< >= 0
  bool from_logits = false;
  double label_smoothing = 0;  ///< in [0, 1]
  std::int64_t axis = -1;
};
/// Mean over the features of (1 - p_t)^gamma times binary crossentropy, p_t the probability of the
/// right answer.
class BinaryFocalCrossentropy final : public Loss {
 public:
  explicit BinaryFocalCrossentropy(BinaryFocalCrossentropyOptions options);
  [[nodiscard]] std::string class_name() const override { return "BinaryFocalCrossentropy"; }
  [[nodiscard]] Json config() const override;
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  BinaryFocalCrossentropyOptions options_;
};

/// One weight for all classes, or one a class.
struct FocalAlpha {
  std::vector<double> weights = {0.25};
};
struct CategoricalFocalCrossentropyOptions {
  FocalAlpha alpha = {};
  double gamma = 2;  ///< >= 0
  bool from_logits = false;
  double label_smoothing = 0;  ///< in [0, 1]
  std::int64_t axis = -1;      ///< of the classes; with logits the last
};
/// sum_c -alpha (1 - p[c])^gamma target[c] log p[c]. Target: [B, ..., C], or labels [B].
class CategoricalFocalCrossentropy final : public Loss {
 public:
  explicit CategoricalFocalCrossentropy(CategoricalFocalCrossentropyOptions options);
  [[nodiscard]] std::string class_name() const override { return "CategoricalFocalCrossentropy"; }
  [[nodiscard]] Json config() const override;
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  CategoricalFocalCrossentropyOptions options_;
};

}  // namespace carnyx
