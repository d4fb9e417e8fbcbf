#pragma once

#include <string>
#include <string_view>

#include "carnyx/training/logs.h"

namespace carnyx {

/// A header of names, then a line an epoch, as Keras's CSVLogger writes them: "epoch" from 0, then
/// the first epoch's names in alphabetical order.
std::string history_csv(const History& history);

/// Reads that. Throws CorruptData naming `where` and the line.
History parse_history_csv(std::string_view text, const std::string& where);

}  // namespace carnyx
