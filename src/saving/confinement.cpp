#include "saving/confinement.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

// Statuses of the child beside 0.
constexpr int kNotConfined = 120;
constexpr int kThrew = 121;

constexpr int kPipeBytes = 1 << 20;
constexpr std::size_t kGatheredBytes = std::size_t{64} << 10;

[[noreturn]] void run_child(const ConfinedChild::Work& work,
                            int pipe,
                            const ConfinementLimits& limits) {
  if (!lock_in(pipe, limits)) ::_exit(kNotConfined);
  try {
    ConfinedOutput output(pipe);
    work(output);
    output.flush();
  } catch (...) {  // the parent's handlers and exit functions must not run twice
    ::_exit(kThrew);
  }
  ::_exit(0);
}

}  // namespace

void ConfinedOutput::write(std::span<const std::byte> bytes) {
  if (gathered_.size() + bytes.size() > kGatheredBytes) flush();
  if (bytes.size() > kGatheredBytes) return write_through(bytes);
  gathered_.insert(gathered_.end(), bytes.begin(), bytes.end());
}

void ConfinedOutput::flush() {
  write_through(gathered_);
  gathered_.clear();
}

void ConfinedOutput::write_through(std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::write(pipe_, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) ::_exit(kThrew);
    if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

ConfinedChild::ConfinedChild(const Work& work, const ConfinementLimits& limits, std::string where)
    : where_(std::move(where)),
      cpu_(limits.cpu),
      deadline_(std::chrono::steady_clock::now() + limits.wall) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw io_error("make a pipe to read", where_, errno);
  // Other threads may hold locks at this moment. glibc gives the child a usable allocator, and the
  // child calls nothing else that locks: fork without exec is enough, and needs no second program.
  const pid_t parent_view = ::fork();
  if (parent_view == 0) run_child(work, ends[1], limits);
  const int error = errno;
  ::close(ends[1]);
  pipe_ = ends[0];
  pid_ = parent_view;
  if (parent_view > 0) {
    ::fcntl(pipe_, F_SETPIPE_SZ, kPipeBytes);  // fewer turns; a refusal does no harm
    return;
  }
  ::close(pipe_);
  throw io_error("start a process to read", where_, error);
}

ConfinedChild::~ConfinedChild() {
  reap(true);
  ::close(pipe_);
}

void ConfinedChild::read(std::span<std::byte> out) {
  while (!out.empty()) {
    const std::size_t count = read_some(out);
    if (count == 0) fail_at_end();
    out = out.subspan(count);
  }
}

void ConfinedChild::finish() {
  std::byte more{};
  if (read_some({&more, 1}) != 0) fail("its reader said more than it should");
  reap(false);
  if (status_ != 0) fail_at_end();
}

/// Returns 0 at the end of the child's output.
std::size_t ConfinedChild::read_some(std::span<std::byte> out) {
  using std::chrono::milliseconds;
  while (true) {
    const auto left =
        std::chrono::duration_cast<milliseconds>(deadline_ - std::chrono::steady_clock::now());
    if (left.count() <= 0) fail("reading it took too long and was stopped");
    pollfd ready{pipe_, POLLIN, 0};
    const int turned = ::poll(&ready, 1, static_cast<int>(left.count()));
    if (turned < 0 && errno != EINTR) throw io_error("wait for the reader of", where_, errno);
    if (turned <= 0) continue;
    const ssize_t count = ::read(pipe_, out.data(), out.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw io_error("hear the reader of", where_, errno);
  }
}

void ConfinedChild::fail(const std::string& problem) {
  throw CorruptData(format("{}: {}; the file is damaged or was made to do harm", where_, problem));
}

void ConfinedChild::fail_at_end() {
  reap(false);
  if (WIFEXITED(status_) && WEXITSTATUS(status_) == kNotConfined) {
    throw IoError(
        format("{}: the system can't confine the process that would read it (seccomp); "
               "allow seccomp filters, or read it on another machine",
               where_));
  }
  if (!WIFSIGNALED(status_)) {
    fail(format("its reader stopped with status {}",
                WIFEXITED(status_) ? WEXITSTATUS(status_) : -1));
  }
  const int signal = WTERMSIG(status_);
  if (signal == SIGPROF) {
    fail(format("its reader took more than {:.1f} s of CPU and was stopped",
                std::chrono::duration<double>(cpu_).count()));
  }
  const char* name = ::sigdescr_np(signal);
  fail(format("its reader was killed by signal {} ({})", signal, name == nullptr ? "?" : name));
}

void ConfinedChild::reap(bool kill_it) {
  if (pid_ < 0) return;
  if (kill_it) ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, &status_, 0) < 0) {
    // Where SIGCHLD is ignored no status comes; a whole stream then has to do.
    if (errno != EINTR) break;
  }
  pid_ = -1;
}

}  // namespace carnyx
