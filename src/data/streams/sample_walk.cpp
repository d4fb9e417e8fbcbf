#include "data/streams/sample_walk.h"

#include <cstring>
#include <utility>

#include "carnyx/base/ensure.h"
#include "carnyx/base/rng.h"

namespace carnyx {
namespace {

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

Dataset rows_for(const StreamSchema& schema,
                 const std::string& name,
                 std::int64_t rows,
                 bool is_weighted) {
  std::vector<std::int64_t> axes = schema.sample_shape.axes();
  axes.insert(axes.begin(), rows);
  return {.x = Tensor(schema.x_dtype, Shape(std::move(axes))),
          .y = Tensor(schema.classes <= 256 ? DType::Uint8 : DType::Int32, {rows}),
          .divisor = schema.divisor,
          .classes = schema.classes,
          .name = name,
          .sample_weight = is_weighted ? Tensor(DType::Float32, {rows}) : Tensor(),
          .augmentation = schema.augmentation};
}

void copy_sample(const SampleWalk::Place& place, Dataset& to, std::int64_t row) {
  copy_row(place.data.x, place.row, to.x, row);
  copy_row(place.data.y, place.row, to.y, row);
}

}  // namespace carnyx
