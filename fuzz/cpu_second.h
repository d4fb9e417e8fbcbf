// The time limit of a target that reads in child processes. libFuzzer's -timeout counts the seconds
// of the clock, and on a busy machine a child waits for a CPU longer than it computes; this counts
// what the process and its children computed.
#pragma once

#include <cstdio>
#include <cstdlib>

#include <sys/resource.h>
#include <sys/time.h>

namespace carnyx {

/// Aborts, as a finding, if what happens while it lives takes more than a second of CPU. Children
/// count once they have been waited for.
class CpuSecond final {
 public:
  CpuSecond() : began_(used()) {}
  ~CpuSecond() {
    const double seconds = used() - began_;
    if (seconds <= 1) return;
    std::fprintf(stderr, "an input took %.2f s of CPU; expected 1 s at most\n", seconds);
    std::abort();
  }
  CpuSecond(const CpuSecond&) = delete;
  CpuSecond& operator=(const CpuSecond&) = delete;

 private:
  static double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  }
  static double used() {
    double seconds = 0;
    for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
      rusage usage{};
      if (::getrusage(who, &usage) != 0) std::abort();
      seconds += seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    }
    return seconds;
  }

  double began_;
};

}  // namespace carnyx
