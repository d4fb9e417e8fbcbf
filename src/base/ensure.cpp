#include "carnyx/base/ensure.h"

#include <string>

namespace carnyx {

void ensure_failed(const char* condition, const char* file, int line) {
  throw InternalError(std::string(file) + ":" + std::to_string(line) +
                      ": internal error, broken invariant: " + condition);
}

}  // namespace carnyx
