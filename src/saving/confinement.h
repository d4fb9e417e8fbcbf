// Work on bytes that nobody vouches for, done by a child process that can compute and write to its
// pipe, and nothing else: it opens no file, talks to no one, and ends at a limit of memory or time.
// What it writes is as untrusted as what it read.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace carnyx {

struct ConfinementLimits {
  std::uint64_t memory_bytes = std::uint64_t{256} << 20;  ///< beyond what the process has now
  std::chrono::milliseconds cpu{10'000};
  std::chrono::milliseconds wall{30'000};
};

/// The child's end of the pipe. What is small is gathered, so that the two processes take few
/// turns.
class ConfinedOutput final {
 public:
  explicit ConfinedOutput(int pipe) : pipe_(pipe) {}
  /// Ends the child if the parent is gone.
  void write(std::span<const std::byte> bytes);
  void flush();

 private:
  void write_through(std::span<const std::byte> bytes) const;

  int pipe_;
  std::vector<std::byte> gathered_;
};

/// A running child, seen from its parent. Not for concurrent use.
class ConfinedChild final {
 public:
  using Work = std::function<void(ConfinedOutput& output)>;

  /// Forks and runs `work` there. `where` names in errors what is being read.
  /// Throws IoError if the machine can start or confine no process.
  ConfinedChild(const Work& work, const ConfinementLimits& limits, std::string where);
  /// Kills it if it is still there.
  ~ConfinedChild();
  ConfinedChild(const ConfinedChild&) = delete;
  ConfinedChild& operator=(const ConfinedChild&) = delete;

  /// The next bytes of the child. Throws CorruptData saying how it ended if they do not come.
  void read(std::span<std::byte> out);
  /// Expects that nothing follows and that the child ends well; throws CorruptData.
  void finish();

 private:
  std::size_t read_some(std::span<std::byte> out);
  [[noreturn]] void fail(const std::string& problem);
  [[noreturn]] void fail_at_end();
  void reap(bool kill_it);

  std::string where_;
  std::chrono::milliseconds cpu_;
  std::chrono::steady_clock::time_point deadline_;
  int pipe_ = -1;
  int pid_ = -1;
  int status_ = 0;  // as waitpid gives it, once reaped
};

/// For the child alone: from here on it can use memory and write to `pipe`, any other system call
/// kills it, and no signal runs a handler of its parent's. Returns false if the kernel does not do
/// that.
bool lock_in(int pipe, const ConfinementLimits& limits);

}  // namespace carnyx
