// Data sets on disk for tests of streams: samples that can be told apart, and their order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/data/sample_stream.h"
#include "carnyx/data/stream_order.h"

#include "data/tfrecord/example.h"
#include "data/tfrecord/records.h"

namespace carnyx {

/// Sample n has the pixels n / 100, n % 100, 7 and the rest zeros, and the label n % 7. Long rows
/// make many pieces of few samples.
inline constexpr std::int64_t kStreamedColumns = 2000;

inline std::string streamed_row(std::int64_t n, char separator) {
  std::string row = std::to_string(n % 7) + separator + std::to_string(n / 100) + "," +
                    std::to_string(n % 100) + ",7";
  for (std::int64_t i = 3; i < kStreamedColumns; ++i) row += ",0";
  return row + "\n";
}

inline std::string streamed_record(std::int64_t n) {
  std::vector<std::int64_t> image(static_cast<std::size_t>(kStreamedColumns), 0);
  image[0] = n / 100;
  image[1] = n % 100;
  image[2] = 7;
  const std::int64_t label = n % 7;
  const ExampleFeature features[] = {{.name = "image", .ints = image},
                                     {.name = "label", .ints = {&label, 1}}};
  return framed(encode_example(features));
}

/// Which samples the rows of a batch hold.
inline std::vector<std::int64_t> samples_in(const Dataset& window,
                                            std::span<const std::int64_t> rows) {
  std::vector<std::int64_t> samples;
  const std::int64_t columns = window.sample_shape().elements();
  for (const std::int64_t row : rows) {
    samples.push_back(100 * static_cast<std::int64_t>(window.x.at(row * columns)) +
                      static_cast<std::int64_t>(window.x.at(row * columns + 1)));
  }
  return samples;
}

/// The batches of an order from where it is, one after the other.
inline std::vector<std::vector<std::int64_t>> batches(StreamOrder& order, std::int64_t count) {
  std::vector<std::vector<std::int64_t>> all;
  for (std::int64_t i = 0; i < count; ++i) all.push_back(samples_in(order.window(), order.next()));
  return all;
}

}  // namespace carnyx
