#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace carnyx {

struct EpochOrderOptions {
  std::int64_t samples = 0;
  std::int64_t batch_size = 32;  ///< the last batch of an epoch has what is left
  bool shuffle = true;           ///< false: 0, 1, 2, ... in every epoch
  std::uint64_t seed = 0;
};

/// The batch that comes next: `batch` in [0, batches_per_epoch) of `epoch`, both from 0.
struct EpochPosition {
  std::int64_t epoch = 0;
  std::int64_t batch = 0;

  bool operator==(const EpochPosition&) const = default;
};

/// Which samples make which batch. Each epoch has its own order, a function of (seed, epoch) alone:
/// it is the same on every rank and machine, and a position restored from a checkpoint continues
/// with the batches that an uninterrupted run would have had.
/// **Threads**: one caller at a time. Nothing is allocated after construction.
class EpochOrder {
 public:
  /// Throws InvalidArgument unless samples and batch_size are positive.
  explicit EpochOrder(const EpochOrderOptions& options);

  [[nodiscard]] std::int64_t batches_per_epoch() const;
  /// Indices of the next batch, [1 to batch_size]; epochs follow each other without end.
  /// Valid until the next call of next() or seek().
  std::span<const std::int64_t> next();
  /// What next() will return.
  [[nodiscard]] const EpochPosition& position() const { return position_; }
  /// Throws InvalidArgument if there is no such position.
  void seek(const EpochPosition& position);

 private:
  void put_in_order(std::int64_t epoch);

  EpochOrderOptions options_;
  EpochPosition position_;
  std::int64_t ordered_epoch_ = -1;  // the epoch whose order indices_ holds
  std::vector<std::int64_t> indices_;
};

}  // namespace carnyx
