#include "data/streams/slot_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "carnyx/base/ensure.h"

namespace carnyx {
namespace {

/// Samples between two looks at the queue.
constexpr std::size_t kAtOnce = 64;

}  // namespace

SlotReader::SlotReader(SampleWalk walk,
                       const Dataset& window,
                       std::map<std::int64_t, double> class_weight,
                       std::int64_t slots)
    : walk_(std::move(walk)),
      window_(window),
      class_weight_(std::move(class_weight)),
      queue_(static_cast<std::size_t>(slots)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

SlotReader::~SlotReader() {
  thread_.request_stop();  // joined by its destructor; every wait of its own ends by the token
}

void SlotReader::assign(std::span<const SlotAssignment> assignments) {
  if (assignments.empty()) return;
  {
    const MutexLock lock(mutex_);
    CARNYX_ENSURE(count_ + assignments.size() <= queue_.size());
    for (const SlotAssignment& assignment : assignments) {
      queue_[(first_ + count_++) % queue_.size()] = assignment;
    }
  }
  assigned_.notify_one();
}

void SlotReader::wait_for(std::int64_t sample) {
  const MutexLock lock(mutex_);
  read_.wait(mutex_,
             [&]() CARNYX_REQUIRES(mutex_) { return last_read_ >= sample || error_ != nullptr; });
  if (last_read_ < sample) std::rethrow_exception(error_);
}

std::size_t SlotReader::take(const std::stop_token& stop, std::span<SlotAssignment> some) {
  const MutexLock lock(mutex_);
  assigned_.wait(mutex_, stop, [this]() CARNYX_REQUIRES(mutex_) { return count_ > 0; });
  if (stop.stop_requested()) return 0;
  const std::size_t taken = std::min(count_, some.size());
  for (std::size_t i = 0; i < taken; ++i) some[i] = queue_[(first_ + i) % queue_.size()];
  first_ = (first_ + taken) % queue_.size();
  count_ -= taken;
  return taken;
}

void SlotReader::publish(std::int64_t last_read) {
  {
    const MutexLock lock(mutex_);
    last_read_ = last_read;
  }
  read_.notify_one();
}

void SlotReader::run(const std::stop_token& stop) {
  std::array<SlotAssignment, kAtOnce> some;
  try {
    while (const std::size_t taken = take(stop, some)) read(std::span(some).first(taken));
  } catch (...) {
    const MutexLock lock(mutex_);
    error_ = std::current_exception();
    read_.notify_one();
  }
}

void SlotReader::read(std::span<const SlotAssignment> some) {
  std::int64_t last_read = -1;
  for (const SlotAssignment& assignment : some) {
    // What is there can be used while the next piece is read.
    if (last_read >= 0 && !walk_.has(assignment.sample)) publish(last_read);
    fill(assignment);
    last_read = assignment.sample;
  }
  publish(last_read);
}

void SlotReader::fill(const SlotAssignment& assignment) {
  const SampleWalk::Place place = walk_.find(assignment.sample);
  copy_sample(place, window_, assignment.slot);
  if (window_.sample_weight.empty()) return;
  const auto found = class_weight_.find(static_cast<std::int64_t>(place.data.y.at(place.row)));
  window_.sample_weight.data<float>()[static_cast<std::size_t>(assignment.slot)] =
      found == class_weight_.end() ? 1 : static_cast<float>(found->second);
}

}  // namespace carnyx
