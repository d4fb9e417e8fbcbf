// Faults on purpose: the proof that a run killed at any instant loses nothing.
//
// CARNYX_FAILPOINTS="checkpoint.after_rename=kill@2,files.write=enospc" makes the second arrival at
// the first point kill the process, and every write fail as on a full disk.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

namespace carnyx {

namespace failpoints {

enum class State { Unread, Off, Armed };
extern std::atomic<State> state;

int arrive(std::string_view name);

}  // namespace failpoints

/// The errno that the point `name` must fail with now, or 0. `abort` and `kill` do not return.
/// One relaxed load when no fault is asked for. Safe from any thread.
inline int failpoint_error(std::string_view name) {
  if (failpoints::state.load(std::memory_order_relaxed) == failpoints::State::Off) return 0;
  return failpoints::arrive(name);
}

/// failpoint_error, with an errno thrown as the IoError it stands for.
void failpoint(std::string_view name);

/// Replaces the faults of CARNYX_FAILPOINTS while it lives. For tests; one at a time.
/// `spec` is a comma-separated list of NAME=ACTION or NAME=ACTION@N: ACTION is abort, kill, enospc,
/// eio or enolck, and N, from 1, the one arrival that fails (all of them without it).
/// Throws InvalidArgument if it is not.
class ScopedFailpoints final {
 public:
  explicit ScopedFailpoints(std::string_view spec);
  ~ScopedFailpoints();
  ScopedFailpoints(const ScopedFailpoints&) = delete;
  ScopedFailpoints& operator=(const ScopedFailpoints&) = delete;
};

}  // namespace carnyx
