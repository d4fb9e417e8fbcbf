#include "carnyx/base/stop.h"

#include <array>

#include <signal.h>
#include <unistd.h>

#include "carnyx/base/ensure.h"

namespace carnyx {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM};
constexpr int kStatusOfSigint = 130;

// A handler gets no argument of ours, so this is where it finds the flag and the former handlers.
std::atomic<StopFlag*> installed{nullptr};
std::array<struct sigaction, kSignals.size()> former;

// Only what POSIX allows in a handler: lock-free atomics and _exit.
void on_signal(int signal) {
  StopFlag* flag = installed.load();
  if (flag == nullptr) return;
  if (signal == SIGINT && flag->stop_requested() == SIGINT) ::_exit(kStatusOfSigint);
  flag->request(signal);
}

}  // namespace

std::optional<int> StopFlag::stop_requested() const {
  const int signal = signal_.load();
  return signal == 0 ? std::nullopt : std::optional(signal);
}

void StopFlag::request(int signal) {
  int none = 0;
  signal_.compare_exchange_strong(none, signal);
}

StopOnSignals::StopOnSignals(StopFlag& flag) {
  StopFlag* none = nullptr;
  CARNYX_ENSURE(installed.compare_exchange_strong(none, &flag));
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;  // a read or write that is under way goes on
  ::sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    CARNYX_ENSURE(::sigaction(kSignals[i], &action, &former[i]) == 0);
  }
}

StopOnSignals::~StopOnSignals() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &former[i], nullptr);
  }
  installed.store(nullptr);
}

}  // namespace carnyx
