// Which slot of the window each sample is read into, and which slots make a batch. It needs no
// data: both follow from counts, the seed and the epoch, so the reader's timing can change nothing,
// and a position is reached by drawing again.
//
// Samples are numbered over all epochs: epoch * samples + place in the epoch's order. A batch is
// drawn from `eligible_`. Its slots are given to the next samples once the batch is over; those
// wait in `assigned_` for some batches before they may be drawn, so that the reader can fall behind
// a little and nobody waits. At an epoch's end slots go to the next epoch's samples, which become
// eligible together when it begins; so what an epoch's first batch is drawn from is the same
// whether the epoch before it was run or not.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "carnyx/data/sample_order.h"

namespace carnyx {

struct SlotPlanOptions {
  std::int64_t samples = 0;  ///< of an epoch
  std::int64_t slots = 0;    ///< at most samples
  std::int64_t batch_size = 32;
  bool shuffle = true;
  std::uint64_t seed = 0;
  std::int64_t epochs = 0;  ///< 0: without end
};

/// A sample and the slot that it is read into.
struct SlotAssignment {
  std::int64_t sample = 0;
  std::int64_t slot = 0;
};

/// **Threads**: one caller at a time. next() allocates nothing.
class SlotPlan final {
 public:
  explicit SlotPlan(const SlotPlanOptions& options);

  /// Begins at `position`; what has to be read for it is in assignments(), in the samples' order.
  void restart(const EpochPosition& position);
  /// Ends the batch before, whose slots are now in assignments(), and draws the next one. Its slots
  /// are valid until the next call.
  std::span<const std::int64_t> next();
  /// The places in the epoch's order of the samples in those slots, valid as long.
  [[nodiscard]] std::span<const std::int64_t> batch_samples() const { return batch_samples_; }
  /// New since restart() or the last next(): to be read in this order, after all before.
  [[nodiscard]] std::span<const SlotAssignment> assignments() const { return new_; }
  /// The largest sample of the batch that next() drew.
  [[nodiscard]] std::int64_t last_needed() const { return last_needed_; }
  [[nodiscard]] const EpochPosition& position() const { return position_; }
  [[nodiscard]] std::int64_t batches_per_epoch() const;

 private:
  struct Waiting {
    SlotAssignment assignment;
    std::int64_t since = 0;  // the call that assigned it
  };

  void end_batch();
  void make_eligible(std::int64_t count);
  void draw(std::int64_t count);
  void assign(std::int64_t slot);
  [[nodiscard]] SlotAssignment pop_waiting();

  SlotPlanOptions options_;
  EpochPosition position_;
  std::int64_t calls_ = 0;
  std::int64_t next_sample_ = 0;
  std::int64_t last_needed_ = -1;
  std::vector<SlotAssignment> eligible_;
  std::vector<Waiting> waiting_;  // a ring, in the samples' order
  std::size_t first_waiting_ = 0;
  std::size_t waiting_count_ = 0;
  std::vector<std::int64_t> batch_;
  std::vector<std::int64_t> batch_samples_;
  std::vector<SlotAssignment> new_;
};

}  // namespace carnyx
