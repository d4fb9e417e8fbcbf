#include "cli/stop_signal.h"

namespace carnyx::cli {

StopFlag& stop_signal() {
  static StopFlag flag;  // signal handlers reach only what is global
  return flag;
}

}  // namespace carnyx::cli
