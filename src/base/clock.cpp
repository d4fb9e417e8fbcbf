#include "carnyx/base/clock.h"

namespace carnyx {
namespace {

constexpr std::chrono::sys_days kStart{std::chrono::year{2024} / 1 / 1};

}  // namespace

Clock::Wall FakeClock::now() const {
  return kStart + std::chrono::duration_cast<Wall::duration>(steady().time_since_epoch());
}

Clock::Steady FakeClock::steady() const {
  return Steady(
      std::chrono::duration_cast<Steady::duration>(std::chrono::nanoseconds(elapsed_ns_.load())));
}

}  // namespace carnyx
