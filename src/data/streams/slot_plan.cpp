#include "data/streams/slot_plan.h"

#include <algorithm>

#include "carnyx/base/ensure.h"
#include "carnyx/base/rng.h"

namespace carnyx {
namespace {

/// Batches after which a sample's slot may be drawn: what the reader may be behind.
constexpr std::int64_t kSettlingBatches = 4;

}  // namespace

SlotPlan::SlotPlan(const SlotPlanOptions& options) : options_(options) {
  CARNYX_ENSURE(options.slots > 0 && options.slots <= options.samples && options.batch_size > 0);
  const auto slots = static_cast<std::size_t>(options.slots);
  eligible_.reserve(slots);
  waiting_.resize(slots);
  for (std::vector<std::int64_t>* batch : {&batch_, &batch_samples_}) {
    batch->reserve(static_cast<std::size_t>(std::min(options.batch_size, options.samples)));
  }
  new_.reserve(slots);
  restart({});
}

std::int64_t SlotPlan::batches_per_epoch() const {
  return (options_.samples - 1) / options_.batch_size + 1;
}

void SlotPlan::restart(const EpochPosition& position) {
  eligible_.clear();
  batch_.clear();
  batch_samples_.clear();
  new_.clear();
  first_waiting_ = waiting_count_ = 0;
  calls_ = 0;
  last_needed_ = -1;
  position_ = {.epoch = position.epoch};
  next_sample_ = position.epoch * options_.samples;
  for (std::int64_t slot = 0; slot < options_.slots; ++slot) assign(slot);
  if (position.batch == 0) return;
  while (position_ != position) static_cast<void>(next());
  new_.assign(eligible_.begin(), eligible_.end());
  for (std::size_t i = 0; i < waiting_count_; ++i) {
    new_.push_back(waiting_[(first_waiting_ + i) % waiting_.size()].assignment);
  }
  std::ranges::sort(new_, {}, &SlotAssignment::sample);
}

std::span<const std::int64_t> SlotPlan::next() {
  new_.clear();
  ++calls_;
  end_batch();
  const std::int64_t first = position_.batch * options_.batch_size;
  const std::int64_t count = std::min(options_.batch_size, options_.samples - first);
  make_eligible(count);
  draw(count);
  if (++position_.batch == batches_per_epoch()) position_ = {.epoch = position_.epoch + 1};
  return batch_;
}

void SlotPlan::end_batch() {
  for (const std::int64_t slot : batch_) assign(slot);
  batch_.clear();
}

/// Gives a slot to the next sample, if there is one.
void SlotPlan::assign(std::int64_t slot) {
  if (options_.epochs > 0 && next_sample_ >= options_.epochs * options_.samples) return;
  const SlotAssignment assignment{.sample = next_sample_++, .slot = slot};
  new_.push_back(assignment);
  CARNYX_ENSURE(waiting_count_ < waiting_.size());
  waiting_[(first_waiting_ + waiting_count_++) % waiting_.size()] = {assignment, calls_};
}

SlotAssignment SlotPlan::pop_waiting() {
  CARNYX_ENSURE(waiting_count_ > 0);
  const SlotAssignment assignment = waiting_[first_waiting_].assignment;
  first_waiting_ = (first_waiting_ + 1) % waiting_.size();
  --waiting_count_;
  return assignment;
}

void SlotPlan::make_eligible(std::int64_t count) {
  const std::int64_t end_of_epoch = (position_.epoch + 1) * options_.samples;
  const auto is_settled = [&](const Waiting& waiting) {
    if (!options_.shuffle || waiting.assignment.sample >= end_of_epoch) return false;
    return position_.batch == 0 || waiting.since + kSettlingBatches <= calls_;
  };
  while (waiting_count_ > 0 && is_settled(waiting_[first_waiting_])) {
    eligible_.push_back(pop_waiting());
  }
  while (std::ssize(eligible_) < count) eligible_.push_back(pop_waiting());
}

void SlotPlan::draw(std::int64_t count) {
  Rng rng = Rng(options_.seed, stream_of("stream slots"))
                .fork(static_cast<std::uint64_t>(position_.epoch))
                .fork(static_cast<std::uint64_t>(position_.batch));
  last_needed_ = -1;
  batch_samples_.clear();
  for (std::int64_t i = 0; i < count; ++i) {
    // Without shuffling there are just as many, in the samples' order.
    const auto at = options_.shuffle ? static_cast<std::size_t>(rng.below(eligible_.size()))
                                     : static_cast<std::size_t>(i);
    batch_.push_back(eligible_[at].slot);
    batch_samples_.push_back(eligible_[at].sample % options_.samples);
    last_needed_ = std::max(last_needed_, eligible_[at].sample);
    if (!options_.shuffle) continue;
    eligible_[at] = eligible_.back();
    eligible_.pop_back();
  }
  if (!options_.shuffle) eligible_.clear();
}

}  // namespace carnyx
