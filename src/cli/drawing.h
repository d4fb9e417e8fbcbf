// Images in a terminal: one character for two pixels above each other.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carnyx/data/dataset.h"

namespace carnyx::cli {

/// Lines of one sample, all of one width in characters: shades from dark to bright, block
/// characters if `has_utf8`. An image wider than `most_columns` is shrunk; colours become grey; a
/// sample that is no image is drawn as one line of its values.
std::vector<std::string> draw_sample(const Dataset& data,
                                     std::int64_t index,
                                     std::int64_t most_columns,
                                     bool has_utf8);

/// The first `count` samples side by side, as many as `columns` have room for, each below its
/// label.
std::string draw_samples(const Dataset& data,
                         std::int64_t count,
                         std::int64_t columns,
                         bool has_utf8);

}  // namespace carnyx::cli
