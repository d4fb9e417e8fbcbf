// The child's locks. What a memory error in a parser could be turned into is what is listed here.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "saving/confinement.h"
#include "saving/sanitized.h"

namespace carnyx {
namespace {

/// What this process does on a signal is not for the child to do: a handler may print, or wait for
/// a lock that was taken when the process forked or the fault came. Faults end the child; what the
/// process catches to end in order, it will tell the child by killing it.
void drop_signal_handlers() {
  constexpr std::array kFaults = {
      SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGXCPU};
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction now {};
    if (::sigaction(signal, nullptr, &now) != 0) continue;
    const bool is_caught = (now.sa_flags & SA_SIGINFO) != 0 ||
                           (now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN);
    if (!is_caught) continue;
    const bool is_fault = std::ranges::find(kFaults, signal) != kFaults.end();
    ::signal(signal, is_fault ? SIG_DFL : SIG_IGN);
  }
}

/// Address space in use, or 0 if the kernel does not say.
std::uint64_t address_space_bytes() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

bool limit(decltype(RLIMIT_AS) resource, std::uint64_t value) {
  rlimit now{};
  if (::getrlimit(resource, &now) != 0) return false;
  const rlim_t most = std::min<rlim_t>(value, now.rlim_max);
  const rlimit wanted{most, most};
  return ::setrlimit(resource, &wanted) == 0;
}

/// To the millisecond by a timer, whose signal ends the child; the system's own limit counts
/// seconds.
bool limit_cpu(std::chrono::milliseconds cpu) {
  sigset_t profiling;
  ::sigemptyset(&profiling);
  ::sigaddset(&profiling, SIGPROF);
  if (::signal(SIGPROF, SIG_DFL) == SIG_ERR) return false;
  if (::pthread_sigmask(SIG_UNBLOCK, &profiling, nullptr) != 0) return false;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(cpu);
  const std::chrono::microseconds rest = cpu - seconds;
  const itimerval once{.it_interval = {}, .it_value = {seconds.count(), rest.count()}};
  return ::setitimer(ITIMER_PROF, &once, nullptr) == 0 &&
         limit(RLIMIT_CPU, static_cast<std::uint64_t>(seconds.count()) + 2);
}

bool limit_resources(const ConfinementLimits& limits) {
  if (!kIsSanitized && !limit(RLIMIT_AS, address_space_bytes() + limits.memory_bytes)) return false;
  if (!kIsSanitized && !limit(RLIMIT_FSIZE, 0)) return false;  // its stderr may be a file
  return limit_cpu(limits.cpu) && limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, 0);
}

struct ReleaseFilter {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, ReleaseFilter>;

bool answer(const Filter& filter, std::uint32_t action, int call) {
  return seccomp_rule_add_exact_array(filter.get(), action, call, 0, nullptr) == 0;
}

bool allow_if(const Filter& filter, int call, const scmp_arg_cmp& condition) {
  return seccomp_rule_add_exact_array(filter.get(), SCMP_ACT_ALLOW, call, 1, &condition) == 0;
}

/// The call's first argument is this descriptor.
scmp_arg_cmp first_is(int descriptor) {
  return {
      .arg = 0, .op = SCMP_CMP_EQ, .datum_a = static_cast<scmp_datum_t>(descriptor), .datum_b = 0};
}

bool filter_system_calls(int pipe) {
  const std::uint32_t otherwise = kIsSanitized ? SCMP_ACT_ERRNO(EACCES) : SCMP_ACT_KILL_PROCESS;
  const Filter filter(seccomp_init(otherwise));
  if (filter == nullptr) return false;
  // Memory, ending, and what the C library does beside them; no name, no descriptor but the pipe.
  constexpr std::array kCalls = {SCMP_SYS(exit),
                                 SCMP_SYS(exit_group),
                                 SCMP_SYS(rt_sigreturn),
                                 SCMP_SYS(rt_sigprocmask),
                                 SCMP_SYS(restart_syscall),
                                 SCMP_SYS(brk),
                                 SCMP_SYS(munmap),
                                 SCMP_SYS(mremap),
                                 SCMP_SYS(madvise),
                                 SCMP_SYS(futex),
                                 SCMP_SYS(sched_yield),
                                 SCMP_SYS(clock_gettime),
                                 SCMP_SYS(gettimeofday),
                                 SCMP_SYS(getrandom),
                                 SCMP_SYS(getpid),
                                 SCMP_SYS(gettid),
                                 SCMP_SYS(sigaltstack)};
  for (const int call : kCalls) {
    if (!answer(filter, SCMP_ACT_ALLOW, call)) return false;
  }
  // libhdf5 looks whether a file has the name that an image in memory was given.
  if (!answer(filter, SCMP_ACT_ERRNO(ENOENT), SCMP_SYS(openat))) return false;
  const scmp_arg_cmp no_code{
      .arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = 0};
  const scmp_arg_cmp to_pipe = first_is(pipe);
  const scmp_arg_cmp to_stderr = first_is(STDERR_FILENO);
  return allow_if(filter, SCMP_SYS(mmap), no_code) &&
         allow_if(filter, SCMP_SYS(mprotect), no_code) &&
         allow_if(filter, SCMP_SYS(write), to_pipe) &&
         (!kIsSanitized || allow_if(filter, SCMP_SYS(write), to_stderr)) &&
         seccomp_load(filter.get()) == 0;
}

void close_all_but(int pipe) {
  // A kernel without this call keeps them open; the filter gives no way to use them.
  const auto from = static_cast<unsigned>(pipe);
  if (!kIsSanitized && from > 0) ::close_range(0, from - 1, 0);
  ::close_range(from + 1, ~0U, 0);
}

}  // namespace

bool lock_in(int pipe, const ConfinementLimits& limits) {
  drop_signal_handlers();
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  if (!limit_resources(limits)) return false;
  close_all_but(pipe);
  return filter_system_calls(pipe);
}

}  // namespace carnyx
