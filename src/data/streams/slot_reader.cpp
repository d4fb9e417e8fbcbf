#include "data/streams/slot_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "carnyx/base/ensure.h"
#include "carnyx/base/rng.h"

namespace carnyx {
namespace {

/// Samples between two looks at the queue.
constexpr std::size_t kAtOnce = 64;

void copy_row(const Tensor& from, std::int64_t row, Tensor& to, std::int64_t slot) {
  const std::int64_t bytes = to.size_bytes() / to.shape()[0];
  std::memcpy(
      to.bytes() + slot * bytes, from.bytes() + row * bytes, static_cast<std::size_t>(bytes));
}

}  // namespace

SampleWalk::SampleWalk(const StreamSource& source,
                       StreamSchema schema,
                       bool shuffle,
                       std::uint64_t seed)
    : source_(source),
      schema_(std::move(schema)),
      shuffle_(shuffle),
      seed_(seed),
      samples_(source.samples()) {}

/// Chains of pieces in an order of the epoch's own, the pieces of each as they follow each other.
void SampleWalk::begin_epoch(std::int64_t epoch) {
  const auto pieces = source_.pieces();
  std::vector<std::size_t> chains;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!pieces[i].is_chained) chains.push_back(i);
  }
  if (shuffle_) {
    const Rng rng(seed_, stream_of("stream pieces"));
    carnyx::shuffle(std::span(chains), rng.fork(static_cast<std::uint64_t>(epoch)));
  }
  order_.clear();
  for (const std::size_t chain : chains) {
    order_.push_back(chain);
    for (std::size_t i = chain + 1; i < pieces.size() && pieces[i].is_chained; ++i) {
      order_.push_back(i);
    }
  }
  epoch_ = epoch;
  at_ = 0;
  first_ = epoch * samples_;
  is_read_ = false;
}

bool SampleWalk::has(std::int64_t sample) const {
  return is_read_ && sample >= first_ && sample < first_ + data_.samples();
}

SampleWalk::Place SampleWalk::find(std::int64_t sample) {
  if (sample / samples_ != epoch_) begin_epoch(sample / samples_);
  while (sample >= first_ + source_.pieces()[order_[at_]].samples) {
    first_ += source_.pieces()[order_[at_++]].samples;
    is_read_ = false;
  }
  CARNYX_ENSURE(sample >= first_);
  if (!is_read_) {
    if (reader_ == nullptr) reader_ = source_.open();
    const StreamPiece& piece = source_.pieces()[order_[at_]];
    data_ = {};
    data_ = reader_->read(piece, schema_);
    CARNYX_ENSURE(data_.samples() == piece.samples && data_.x.dtype() == schema_.x_dtype);
    is_read_ = true;
  }
  return {data_, sample - first_};
}

SlotReader::SlotReader(SampleWalk walk,
                       const Dataset& window,
                       std::map<std::int64_t, double> class_weight,
                       std::int64_t slots)
    : walk_(std::move(walk)),
      x_(window.x),
      y_(window.y),
      weight_(window.sample_weight),
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
  const auto [data, row] = walk_.find(assignment.sample);
  copy_row(data.x, row, x_, assignment.slot);
  copy_row(data.y, row, y_, assignment.slot);
  if (weight_.empty()) return;
  const auto found = class_weight_.find(static_cast<std::int64_t>(data.y.at(row)));
  weight_.data<float>()[static_cast<std::size_t>(assignment.slot)] =
      found == class_weight_.end() ? 1 : static_cast<float>(found->second);
}

}  // namespace carnyx
