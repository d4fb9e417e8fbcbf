#include "saving/confinement.h"

#include <atomic>
#include <csignal>
#include <cstring>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "carnyx/base/error.h"
#include "carnyx/base/temporary_directory.h"

#include "saving/sanitized.h"
#include "tests/saving/saved_models.h"

namespace carnyx {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// What a child says that does `work`; throws as reading it does.
std::string heard(const ConfinedChild::Work& work,
                  std::size_t size,
                  const ConfinementLimits& limits = {}) {
  std::string text(size, '\0');
  ConfinedChild child(work, limits, "a.h5");
  child.read(std::as_writable_bytes(std::span(text)));
  child.finish();
  return text;
}

TEST(ConfinedChild, SaysWhatItWorkedOut) {
  const std::string given = "abc";

  const std::string text = heard(
      [&](ConfinedOutput& output) {
        const std::string reversed(given.rbegin(), given.rend());
        output.write(as_bytes(reversed));
      },
      3);

  EXPECT_EQ(text, "cba");
}

TEST(ConfinedChild, PassesMoreThanAPipeHolds) {
  const std::string much(std::size_t{5} << 20, 'x');

  EXPECT_EQ(heard([&](ConfinedOutput& output) { output.write(as_bytes(much)); }, much.size()),
            much);
}

TEST(ConfinedChild, CannotOpenAFile) {
  const TemporaryDirectory directory;
  const std::string path = directory / "made";

  try {  // killed, or under a sanitizer refused
    heard(
        [&](ConfinedOutput& output) {
          const int file = ::open(path.c_str(), O_CREAT | O_WRONLY, 0600);
          output.write(as_bytes(file < 0 ? "no" : "ok"));
        },
        2);
  } catch (const CorruptData& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("a.h5"), HasSubstr("killed by signal 31")));
  }

  EXPECT_FALSE(exists(path));
}

TEST(ConfinedChild, CannotReadAFileThatItsParentHasOpen) {
  const int secret = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  std::string text;

  try {
    text = heard(
        [&](ConfinedOutput& output) {
          char byte = '?';
          if (::read(secret, &byte, 1) != 1) byte = '-';
          output.write(as_bytes({&byte, 1}));
        },
        1);
  } catch (const CorruptData&) {
    text = "-";
  }
  ::close(secret);

  EXPECT_EQ(text, "-");
}

TEST(ConfinedChild, TurnsACrashIntoAnError) {
  const auto crash = [](ConfinedOutput&) { ::raise(SIGSEGV); };

  EXPECT_THROW(heard(crash, 1), CorruptData);
}

/// Has a signal caught by `handler` while it lives.
class ScopedHandler final {
 public:
  ScopedHandler(int signal, void (*handler)(int)) : signal_(signal) {
    struct sigaction wanted {};
    wanted.sa_handler = handler;
    ::sigaction(signal, &wanted, &old_);
  }
  ~ScopedHandler() { ::sigaction(signal_, &old_, nullptr); }
  ScopedHandler(const ScopedHandler&) = delete;
  ScopedHandler& operator=(const ScopedHandler&) = delete;

 private:
  int signal_;
  struct sigaction old_ {};
};

/// A number that a forked child shares, 0 at first.
std::atomic<int>* shared_number() {
  void* const page =
      ::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return new (page) std::atomic<int>(0);  // NOLINT(cppcoreguidelines-owning-memory): of the page
}

/// As a handler that waits for a lock which the crash left taken.
void wait_for_ever(int /*signal*/) {
  volatile int i = 0;
  while (true) i = i + 1;
}

TEST(ConfinedChild, RunsNoSignalHandlerOfItsParents) {
  const ScopedHandler handler(SIGFPE, wait_for_ever);
  using std::chrono::seconds;
  const auto crash = [](ConfinedOutput&) {
    asm volatile("xor %%edx, %%edx\n xor %%eax, %%eax\n div %%edx" ::: "eax", "edx");
  };

  EXPECT_THAT(message_of<CorruptData>([&] { heard(crash, 1, {.wall = seconds(5)}); }),
              HasSubstr("killed by signal 8"));
}

TEST(ConfinedChild, LeavesTheSignalsThatItsParentCatchesToItsParent) {
  const ScopedHandler handler(SIGTERM, wait_for_ever);
  std::atomic<int>* const turn = shared_number();
  const auto wait = [turn](ConfinedOutput& output) {
    const pid_t self = ::getpid();
    output.write(std::as_bytes(std::span(&self, 1)));
    output.flush();
    while (turn->load() == 0) std::this_thread::yield();
    output.write(as_bytes("done"));
  };
  ConfinedChild child(wait, {.wall = std::chrono::seconds(5)}, "a.h5");
  pid_t pid = 0;
  std::string done(4, '\0');

  child.read(std::as_writable_bytes(std::span(&pid, 1)));
  ::kill(pid, SIGTERM);
  turn->store(1);
  child.read(std::as_writable_bytes(std::span(done)));
  child.finish();

  EXPECT_EQ(done, "done");
}

TEST(ConfinedChild, TurnsAnExceptionIntoAnError) {
  const auto fail = [](ConfinedOutput&) { throw std::bad_alloc(); };

  EXPECT_THAT(message_of<CorruptData>([&] { heard(fail, 1); }),
              AllOf(HasSubstr("a.h5"), HasSubstr("status 121")));
}

void spin(ConfinedOutput& /*output*/) {
  wait_for_ever(0);
}

TEST(ConfinedChild, IsStoppedAtItsDeadline) {
  using std::chrono::milliseconds;

  EXPECT_THAT(message_of<CorruptData>([&] { heard(spin, 1, {.wall = milliseconds(20)}); }),
              HasSubstr("took too long"));
}

TEST(ConfinedChild, IsStoppedWhenItHasUsedItsCpuTime) {
  using std::chrono::milliseconds;

  EXPECT_THAT(message_of<CorruptData>([&] { heard(spin, 1, {.cpu = milliseconds(100)}); }),
              HasSubstr("took more than 0.1 s of CPU"));
}

TEST(ConfinedChild, ReportsTooLittleAndTooMuch) {
  const auto three = [](ConfinedOutput& output) { output.write(as_bytes("abc")); };

  EXPECT_THAT(message_of<CorruptData>([&] { heard(three, 4); }), HasSubstr("status 0"));
  EXPECT_THAT(message_of<CorruptData>([&] { heard(three, 2); }), HasSubstr("more than it should"));
}

TEST(ConfinedChild, CannotTakeAllMemory) {
  if (kIsSanitized) GTEST_SKIP() << "sanitizers reserve more addresses than any limit allows";
  const auto take = [](ConfinedOutput& output) {
    const std::vector<char> much(std::size_t{1} << 30, 'x');
    output.write(as_bytes({much.data(), 1}));
  };

  EXPECT_THROW(heard(take, 1, {.memory_bytes = std::uint64_t{64} << 20}), CorruptData);
}

}  // namespace
}  // namespace carnyx
