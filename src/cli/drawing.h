// Images in a terminal: one character for two pixels above each other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/data/dataset.h"

namespace carnyx::cli {

/// What a terminal shows pixels with: shades of two pixels in ASCII or block characters, or half
/// blocks whose colours are the two pixels', of 256 or of 2^24.
enum class Ink { Letters, Blocks, Palette, Rgb };
/// The best one of a terminal; `color_term` is the variable COLORTERM.
Ink ink_of(bool has_utf8, bool has_color, std::string_view color_term);

/// Lines of one sample, all of one width in characters. An image wider than `most_columns` is
/// shrunk; shades are of its brightness, so colours become grey in them; a sample that is no image
/// is drawn as one line of its values.
std::vector<std::string> draw_sample(const Dataset& data,
                                     std::int64_t index,
                                     std::int64_t most_columns,
                                     Ink ink);

/// The first `count` samples side by side, as many as `columns` have room for, each below its
/// label, or its class's name if there are names.
std::string draw_samples(const Dataset& data,
                         const std::vector<std::string>& class_names,
                         std::int64_t count,
                         std::int64_t columns,
                         Ink ink);

}  // namespace carnyx::cli
