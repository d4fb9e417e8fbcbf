#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>

#include "carnyx/data/dataset.h"
#include "carnyx/data/sample_order.h"
#include "carnyx/data/sample_stream.h"

namespace carnyx {

struct StreamOrderOptions {
  std::int64_t batch_size = 32;  ///< the last batch of an epoch has what is left
  bool shuffle = true;           ///< false: as the files have them, in every epoch
  std::uint64_t seed = 0;
  std::int64_t epochs = 0;  ///< nothing is read for those after; 0: without end
  /// Of each class's samples, 1 for those not named; with one, the window has a sample_weight.
  std::map<std::int64_t, double> class_weight = {};
};

/// The order of a stream's samples. A window of buffer_samples() rows is in memory: next() names
/// the rows of a batch, and a thread reads new samples into rows once a batch is over.
///
/// With `shuffle`, pieces of the files (of about 1 MiB) come in an order of their own each epoch,
/// and a batch is drawn from what the window then holds. Both are functions of (seed, epoch) and
/// of the window's size, whatever the timing of threads. Each sample comes once an epoch.
///
/// A seek() replays the draws of the epoch without its data, and reads only what the window then
/// holds. next() waits for the reader where it is behind, and throws what the reader met, NotFound,
/// IoError or CorruptData, at the first batch that lacks its samples.
/// **Threads**: one caller at a time.
class StreamOrder final : public SampleOrder {
 public:
  /// Throws InvalidArgument unless batch_size is positive, the buffer has room for two batches (or
  /// all samples), and weights are finite.
  StreamOrder(const SampleStream& stream, StreamOrderOptions options);
  ~StreamOrder() override;

  /// The resident rows: x [rows, ...], y [rows] and sample_weight. What a row holds changes.
  [[nodiscard]] const Dataset& window() const;
  [[nodiscard]] std::int64_t batches_per_epoch() const override;
  std::span<const std::int64_t> next() override;
  /// Their places in the epoch's order of pieces.
  [[nodiscard]] std::span<const std::int64_t> samples() const override;
  [[nodiscard]] const EpochPosition& position() const override;
  void seek(const EpochPosition& position) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace carnyx
