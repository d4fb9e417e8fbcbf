#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "carnyx/kernels/kernel.h"

namespace carnyx::kernels {

inline constexpr int kMostThreads = 1024;  ///< of one pool

/// Persistent threads that share out the chunks of a phase by atomic claiming. Each thread begins
/// with its home share of every kernel's chunks, in one run upwards and in the next downwards
/// (locality), and takes others' when its own are done, so a preempted thread delays only the
/// chunk it holds. Waiting spins for about 20 us, then sleeps on
/// a futex. Every thread flushes denormals to zero (FTZ and DAZ), the caller's included while it
/// runs a phase.
/// Threads: one caller at a time. run() neither allocates nor locks.
class ThreadPool {
 public:
  /// The caller is one of the `threads`. 0: as many as the CPUs this process may use (its affinity
  /// mask and its cgroup's quota). Throws InvalidArgument if negative or above 1024.
  explicit ThreadPool(int threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int threads() const;
  /// Makes every thread's scratch at least this large, 64-byte aligned. Allocates; not in a step.
  void reserve_scratch(std::int64_t size_bytes);

  /// Runs every chunk of every kernel, and returns when all are done. An exception in a chunk is
  /// rethrown here, the first by chunk order, after the others have finished.
  void run(std::span<const Kernel* const> kernels,
           std::byte* const* buffers,
           const StepContext& context);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// CPUs this process may use.
int usable_cpus();

}  // namespace carnyx::kernels
