#pragma once

#include <cstdint>
#include <span>

namespace carnyx {

/// The batch that comes next: `batch` in [0, batches_per_epoch) of `epoch`, both from 0.
struct EpochPosition {
  std::int64_t epoch = 0;
  std::int64_t batch = 0;

  bool operator==(const EpochPosition&) const = default;
};

/// Which rows of a resident array make which batch. Each epoch's order of samples is a function of
/// (seed, epoch) alone, so a position restored from a checkpoint continues with the batches that an
/// uninterrupted run would have had.
/// **Threads**: one caller at a time.
class SampleOrder {
 public:
  virtual ~SampleOrder() = default;

  [[nodiscard]] virtual std::int64_t batches_per_epoch() const = 0;
  /// Rows of the next batch, [1 to batch_size]; epochs follow each other. The rows keep their
  /// samples until the next call of next() or seek(), and allocate nothing.
  virtual std::span<const std::int64_t> next() = 0;
  /// Numbers in [0, samples) that tell the samples in those rows apart, each once an epoch, the
  /// same whatever came before: what random draws about a sample follow from, with the epoch.
  [[nodiscard]] virtual std::span<const std::int64_t> samples() const = 0;
  /// What next() will return.
  [[nodiscard]] virtual const EpochPosition& position() const = 0;
  /// Throws InvalidArgument if there is no such position.
  virtual void seek(const EpochPosition& position) = 0;
};

}  // namespace carnyx
