// How little two regions overlap, for segmentation.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "carnyx/losses/loss.h"

namespace carnyx {

/// The axes that are summed over, the batch's being 0; nothing: all of them, and the loss is one
/// number for the step's rows (of each replica, as under Keras's distribution).
using OverlapAxes = std::optional<std::vector<std::int64_t>>;

struct DiceOptions {
  OverlapAxes axis = std::nullopt;
};
/// 1 - 2 sum(target output) / (sum(target) + sum(output)). Source: Sorensen-Dice coefficient.
class Dice final : public Loss {
 public:
  explicit Dice(DiceOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string class_name() const override { return "Dice"; }
  [[nodiscard]] Json config() const override;
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  DiceOptions options_;
};

struct TverskyOptions {
  double alpha = 0.5;  ///< weight of what the output misses
  double beta = 0.5;   ///< weight of what it has too much
  OverlapAxes axis = std::nullopt;
};
/// 1 - hits / (hits + alpha misses + beta excess). Source: Salehi et al., 2017, equation 3.
class Tversky final : public Loss {
 public:
  explicit Tversky(TverskyOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string class_name() const override { return "Tversky"; }
  [[nodiscard]] Json config() const override;
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  TverskyOptions options_;
};

}  // namespace carnyx
