// The thread that reads samples into the window's slots, in the order in which they are assigned.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <map>
#include <span>
#include <thread>
#include <vector>

#include "carnyx/base/mutex.h"
#include "carnyx/data/dataset.h"

#include "data/streams/sample_walk.h"
#include "data/streams/slot_plan.h"

namespace carnyx {

/// **Threads**: one caller at a time, beside its own thread.
class SlotReader final {
 public:
  /// Fills `window`, whose storage it shares and which outlives it.
  SlotReader(SampleWalk walk,
             const Dataset& window,
             std::map<std::int64_t, double> class_weight,
             std::int64_t slots);
  ~SlotReader();
  SlotReader(const SlotReader&) = delete;
  SlotReader& operator=(const SlotReader&) = delete;

  /// Samples to read, after all before; at most as many wait as there are slots.
  void assign(std::span<const SlotAssignment> assignments);
  /// Returns once all samples up to this number are in their slots. Throws what reading met, if it
  /// was before them.
  void wait_for(std::int64_t sample);

 private:
  void run(const std::stop_token& stop);
  void read(std::span<const SlotAssignment> some);
  std::size_t take(const std::stop_token& stop, std::span<SlotAssignment> some);
  void publish(std::int64_t last_read);
  void fill(const SlotAssignment& assignment);

  SampleWalk walk_;
  Dataset window_;  // shares the storage
  std::map<std::int64_t, double> class_weight_;

  Mutex mutex_;
  std::condition_variable_any assigned_;
  std::condition_variable_any read_;
  std::vector<SlotAssignment> queue_ CARNYX_GUARDED_BY(mutex_);  // a ring
  std::size_t first_ CARNYX_GUARDED_BY(mutex_) = 0;
  std::size_t count_ CARNYX_GUARDED_BY(mutex_) = 0;
  std::int64_t last_read_ CARNYX_GUARDED_BY(mutex_) = -1;
  std::exception_ptr error_ CARNYX_GUARDED_BY(mutex_);
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace carnyx
