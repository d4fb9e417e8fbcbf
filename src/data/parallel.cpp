#include "data/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#include "carnyx/base/mutex.h"

namespace carnyx {
namespace {

/// The error of the lowest index, and the index from which on nothing need be done.
class FirstError {
 public:
  void keep(std::int64_t index, std::exception_ptr error) {
    const MutexLock lock(mutex_);
    if (index >= index_.load()) return;
    index_ = index;
    error_ = std::move(error);
  }
  [[nodiscard]] std::int64_t index() const { return index_.load(); }
  void rethrow() {
    const MutexLock lock(mutex_);
    if (error_) std::rethrow_exception(error_);
  }

 private:
  Mutex mutex_;
  std::exception_ptr error_ CARNYX_GUARDED_BY(mutex_);
  std::atomic<std::int64_t> index_{std::numeric_limits<std::int64_t>::max()};
};

}  // namespace

void for_each_piece(std::int64_t count, const std::function<void(std::int64_t)>& work) {
  constexpr std::int64_t kMostThreads = 16;
  const auto cpus = static_cast<std::int64_t>(std::thread::hardware_concurrency());
  const std::int64_t threads = std::min({count, std::max<std::int64_t>(cpus, 1), kMostThreads});
  std::atomic<std::int64_t> next{0};
  FirstError error;
  const auto run = [&] {
    for (std::int64_t i = next++; i < count && i < error.index(); i = next++) {
      try {
        work(i);
      } catch (...) {
        error.keep(i, std::current_exception());
      }
    }
  };
  {
    std::vector<std::jthread> others;
    for (std::int64_t i = 1; i < threads; ++i) others.emplace_back(run);
    run();
  }
  error.rethrow();
}

}  // namespace carnyx
