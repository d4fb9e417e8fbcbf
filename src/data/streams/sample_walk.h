// A source's samples one after the other, in the order of an epoch.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "carnyx/data/dataset.h"

#include "data/streams/stream_source.h"

namespace carnyx {

/// Finds samples by their numbers over all epochs. **Threads**: one caller at a time.
class SampleWalk final {
 public:
  SampleWalk(const StreamSource& source, StreamSchema schema, bool shuffle, std::uint64_t seed);

  /// A sample's place: its piece's data, and the row in it. Numbers must grow from call to call.
  struct Place {
    const Dataset& data;
    std::int64_t row;
  };
  Place find(std::int64_t sample);
  /// Whether the sample lies in the piece that is in memory.
  [[nodiscard]] bool has(std::int64_t sample) const;

 private:
  void begin_epoch(std::int64_t epoch);

  const StreamSource& source_;
  StreamSchema schema_;
  bool shuffle_;
  std::uint64_t seed_;
  std::int64_t samples_;
  std::unique_ptr<PieceReader> reader_;
  std::vector<std::size_t> order_;  // of the epoch's pieces
  std::int64_t epoch_ = -1;
  std::size_t at_ = 0;      // in order_
  std::int64_t first_ = 0;  // number of the first sample of piece order_[at_]
  bool is_read_ = false;    // whether data_ holds that piece
  Dataset data_;
};

/// Rows of zeros for as many samples, with a sample_weight if asked to.
Dataset rows_for(const StreamSchema& schema,
                 const std::string& name,
                 std::int64_t rows,
                 bool is_weighted);
/// Copies x and y of a sample to a row of `to`.
void copy_sample(const SampleWalk::Place& place, Dataset& to, std::int64_t row);

}  // namespace carnyx
