// Leaving on request: a signal only raises a flag, and the loop that trains looks at it between
// steps.
#pragma once

#include <atomic>
#include <optional>

namespace carnyx {

/// A request to stop, named by its signal. Safe from any thread and from a signal handler.
class StopFlag final {
 public:
  /// SIGINT or SIGTERM once one was asked for; the first one stays.
  std::optional<int> stop_requested() const;
  void request(int signal);

 private:
  std::atomic<int> signal_{0};
  static_assert(std::atomic<int>::is_always_lock_free, "request() runs in a signal handler");
};

/// While it lives, SIGINT and SIGTERM go to `flag`, and a second SIGINT ends the process at once
/// with status 130. One at a time; the former handlers come back when it dies.
class StopOnSignals final {
 public:
  explicit StopOnSignals(StopFlag& flag);
  ~StopOnSignals();
  StopOnSignals(const StopOnSignals&) = delete;
  StopOnSignals& operator=(const StopOnSignals&) = delete;
};

}  // namespace carnyx
