// CARNYX_ENSURE(condition): for what only a bug of ours could break. Never for input from outside.
#pragma once

#include <stdexcept>

namespace carnyx {

/// A broken invariant: our bug, exit status 70.
class InternalError final : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void ensure_failed(const char* condition, const char* file, int line);

}  // namespace carnyx

// __FILE__ and __LINE__, because clang 14 has no std::source_location.
#define CARNYX_ENSURE(condition) \
  ((condition) ? static_cast<void>(0) : ::carnyx::ensure_failed(#condition, __FILE__, __LINE__))
