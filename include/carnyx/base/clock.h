// Time is passed in, so that what depends on it can be tested without waiting.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace carnyx {

/// Safe from any thread.
class Clock {
 public:
  using Wall = std::chrono::system_clock::time_point;
  using Steady = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;
  /// The date and time, for people and for file names. May jump.
  virtual Wall now() const = 0;
  /// For durations. Never goes back.
  virtual Steady steady() const = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  Wall now() const override { return std::chrono::system_clock::now(); }
  Steady steady() const override { return std::chrono::steady_clock::now(); }
};

/// A clock that moves only when told to. Starts at 2024-01-01 00:00:00 UTC.
class FakeClock final : public Clock {
 public:
  Wall now() const override;
  Steady steady() const override;
  void advance(std::chrono::nanoseconds by) { elapsed_ns_ += by.count(); }

 private:
  std::atomic<std::int64_t> elapsed_ns_{0};
};

}  // namespace carnyx
