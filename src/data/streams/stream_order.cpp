#include "carnyx/data/stream_order.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/streams/slot_plan.h"
#include "data/streams/slot_reader.h"
#include "data/streams/stream_source.h"

namespace carnyx {
namespace {

void check(const SampleStream& stream, const StreamOrderOptions& options) {
  if (options.batch_size < 1 || options.epochs < 0) {
    throw InvalidArgument(format(
        "{}: a stream needs a batch_size of at least 1 and no negative epochs, got {} and {}",
        stream.name(),
        options.batch_size,
        options.epochs));
  }
  const std::int64_t least =
      options.batch_size <= stream.samples() / 2 ? 2 * options.batch_size : stream.samples();
  if (stream.buffer_samples() < least) {
    throw InvalidArgument(
        format("{}: the shuffle buffer must hold two batches of {} samples, got {}; give it {} or "
               "more samples, more memory, or take smaller batches",
               stream.name(),
               options.batch_size,
               stream.buffer_samples(),
               least));
  }
  for (const auto& [label, weight] : options.class_weight) {
    if (std::isfinite(weight)) continue;
    throw InvalidArgument(
        format("class_weight: the weight of class {} must be finite, got {}", label, weight));
  }
}

/// Without shuffling a large window has no use.
std::int64_t slots_of(const SampleStream& stream, const StreamOrderOptions& options) {
  constexpr std::int64_t kBatchesAhead = 8;
  if (options.shuffle || options.batch_size > stream.buffer_samples() / kBatchesAhead) {
    return stream.buffer_samples();
  }
  return kBatchesAhead * options.batch_size;
}

}  // namespace

struct StreamOrder::State {
  State(const SampleStream& order_stream, StreamOrderOptions order_options)
      : stream(order_stream),
        options(std::move(order_options)),
        slots(slots_of(stream, options)),
        plan({.samples = stream.samples(),
              .slots = slots,
              .batch_size = options.batch_size,
              .shuffle = options.shuffle,
              .seed = options.seed,
              .epochs = options.epochs}),
        window(rows_for(stream.schema(), stream.name(), slots, !options.class_weight.empty())) {}

  /// Nothing is read before it is known from where.
  void start(const StreamSource& source) {
    reader = std::make_unique<SlotReader>(
        SampleWalk(source, stream.schema(), options.shuffle, options.seed),
        window,
        options.class_weight,
        slots);
    reader->assign(plan.assignments());
  }

  SampleStream stream;
  StreamOrderOptions options;
  std::int64_t slots;
  SlotPlan plan;
  Dataset window;
  std::unique_ptr<SlotReader> reader;
};

StreamOrder::StreamOrder(const SampleStream& stream, StreamOrderOptions options) {
  check(stream, options);
  state_ = std::make_unique<State>(stream, std::move(options));
}
StreamOrder::~StreamOrder() = default;

const Dataset& StreamOrder::window() const {
  return state_->window;
}

std::int64_t StreamOrder::batches_per_epoch() const {
  return state_->plan.batches_per_epoch();
}

const EpochPosition& StreamOrder::position() const {
  return state_->plan.position();
}

std::span<const std::int64_t> StreamOrder::samples() const {
  return state_->plan.batch_samples();
}

std::span<const std::int64_t> StreamOrder::next() {
  State& state = *state_;
  const std::int64_t epochs = state.options.epochs;
  if (epochs > 0 && state.plan.position().epoch >= epochs) {
    throw InvalidArgument(
        format("{}: the stream was opened for {} epochs, and they are over; seek one of them",
               state.stream.name(),
               epochs));
  }
  if (state.reader == nullptr) state.start(*state.stream.source_);
  const auto batch = state.plan.next();
  state.reader->assign(state.plan.assignments());
  state.reader->wait_for(state.plan.last_needed());
  return batch;
}

void StreamOrder::seek(const EpochPosition& position) {
  if (position.epoch < 0 || position.batch < 0 || position.batch >= batches_per_epoch()) {
    throw InvalidArgument(format("{}: no batch {} of epoch {}; an epoch has {} batches",
                                 state_->stream.name(),
                                 position.batch,
                                 position.epoch,
                                 batches_per_epoch()));
  }
  if (position == state_->plan.position()) return;
  state_->reader.reset();  // what it was asked to read is wanted no more
  state_->plan.restart(position);
}

}  // namespace carnyx
