#pragma once

#include <string>

#include "carnyx/training/logs.h"

namespace carnyx::report {

/// A picture for each quantity of the history, training and validation in one; quantities that
/// never change have none. Markup.
std::string curves_of(const History& history);

/// Every number of the history, a row an epoch, as Json writes it. Markup.
std::string history_table(const History& history);

}  // namespace carnyx::report
