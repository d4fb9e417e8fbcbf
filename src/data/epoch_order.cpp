#include "carnyx/data/epoch_order.h"

#include <algorithm>
#include <numeric>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/rng.h"

namespace carnyx {
namespace {

EpochOrderOptions checked(const EpochOrderOptions& options) {
  if (options.samples <= 0 || options.batch_size <= 0) {
    throw InvalidArgument(
        format("EpochOrder: samples and batch_size must be positive, got {} and {}",
               options.samples,
               options.batch_size));
  }
  return options;
}

}  // namespace

EpochOrder::EpochOrder(const EpochOrderOptions& options)
    : options_(checked(options)), indices_(static_cast<std::size_t>(options.samples)) {}

std::int64_t EpochOrder::batches_per_epoch() const {
  return (options_.samples - 1) / options_.batch_size + 1;
}

std::span<const std::int64_t> EpochOrder::next() {
  if (ordered_epoch_ != position_.epoch) put_in_order(position_.epoch);
  const std::int64_t first = position_.batch * options_.batch_size;
  const std::int64_t count = std::min(options_.batch_size, options_.samples - first);
  if (++position_.batch == batches_per_epoch()) position_ = {.epoch = position_.epoch + 1};
  batch_ =
      std::span(indices_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
  return batch_;
}

void EpochOrder::seek(const EpochPosition& position) {
  if (position.epoch < 0 || position.batch < 0 || position.batch >= batches_per_epoch()) {
    throw InvalidArgument(format("EpochOrder: no batch {} of epoch {}; an epoch has {} batches",
                                 position.batch,
                                 position.epoch,
                                 batches_per_epoch()));
  }
  position_ = position;
}

void EpochOrder::put_in_order(std::int64_t epoch) {
  // From 0, 1, 2, ... each time, so that an epoch's order doesn't depend on the epochs before it.
  std::iota(indices_.begin(), indices_.end(), 0);
  if (options_.shuffle) {
    const Rng rng(options_.seed, stream_of("shuffle"));
    shuffle(std::span(indices_), rng.fork(static_cast<std::uint64_t>(epoch)));
  }
  ordered_epoch_ = epoch;
}

}  // namespace carnyx
