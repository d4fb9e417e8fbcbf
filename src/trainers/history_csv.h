#pragma once

#include <string>

#include "carnyx/training/logs.h"

namespace carnyx {

/// A header of names, then a line an epoch, as Keras's CSVLogger writes them: "epoch" from 0, then
/// the first epoch's names in alphabetical order.
std::string history_csv(const History& history);

}  // namespace carnyx
