// The table that Keras 3 prints: a heavy head, a line between rows, cells wrapped at blanks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace carnyx {

/// Layer, output shape, parameters; of a graph also what the layer is connected to.
using SummaryRow = std::vector<std::string>;

/// The table in at most `width` columns, at least 20, with connections 40, every line ended by a
/// newline. The parameters are aligned to the right; a word longer than its column ends in an
/// ellipsis. `ascii`: drawn with
/// + - | =.
/// Source: keras/src/utils/summary_utils.py of Keras 3.15 and the table of rich 15.
std::string boxed_table(const SummaryRow& header,
                        const std::vector<SummaryRow>& rows,
                        std::int64_t width,
                        bool ascii);

}  // namespace carnyx
