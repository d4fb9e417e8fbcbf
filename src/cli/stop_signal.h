#pragma once

#include "carnyx/base/stop.h"

namespace carnyx::cli {

/// The program's one flag that SIGINT and SIGTERM raise while a job runs.
StopFlag& stop_signal();

}  // namespace carnyx::cli
