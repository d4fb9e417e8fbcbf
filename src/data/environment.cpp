#include "data/environment.h"

#include <cstdlib>

namespace carnyx {

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): we never set one
  return value == nullptr ? "" : value;
}

}  // namespace carnyx
