#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "carnyx/data/sample_order.h"

namespace carnyx {

struct EpochOrderOptions {
  std::int64_t samples = 0;
  std::int64_t batch_size = 32;  ///< the last batch of an epoch has what is left
  bool shuffle = true;           ///< false: 0, 1, 2, ... in every epoch
  std::uint64_t seed = 0;
};

/// The order of samples that are all in memory: it is the same on every rank and machine, and
/// nothing that came before has to be replayed.
/// **Threads**: one caller at a time. Nothing is allocated after construction.
class EpochOrder final : public SampleOrder {
 public:
  /// Throws InvalidArgument unless samples and batch_size are positive.
  explicit EpochOrder(const EpochOrderOptions& options);
  EpochOrder(const EpochOrder&) = delete;  // batch_ looks into indices_
  EpochOrder& operator=(const EpochOrder&) = delete;

  [[nodiscard]] std::int64_t batches_per_epoch() const override;
  std::span<const std::int64_t> next() override;
  /// The rows themselves.
  [[nodiscard]] std::span<const std::int64_t> samples() const override { return batch_; }
  [[nodiscard]] const EpochPosition& position() const override { return position_; }
  void seek(const EpochPosition& position) override;

 private:
  void put_in_order(std::int64_t epoch);

  EpochOrderOptions options_;
  EpochPosition position_;
  std::int64_t ordered_epoch_ = -1;  // the epoch whose order indices_ holds
  std::vector<std::int64_t> indices_;
  std::span<const std::int64_t> batch_;  // the last one, in indices_
};

}  // namespace carnyx
