// One run of the pool:
//   1. The caller writes the job and opens the gate, a word {generation, open, number inside}.
//   2. A worker that sees an open gate of a new generation enters: it adds itself to the number
//      inside, by compare-and-swap, so it never enters a gate that has been closed.
//   3. Everybody inside claims chunks, first of its home, then of the others'. A home is a share of
//      every kernel, so what a thread has touched of a buffer it is likely to touch again, and one
//      run takes it in the order opposite to the last: what came last lies in the thread's cache.
//   4. The caller, out of chunks, closes the gate and waits until nobody is inside.
// A worker that the system has put aside before step 2 is not waited for: the caller runs its
// chunks. The job is read only between entering and leaving, so the caller may then write the next.
#include "carnyx/kernels/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <latch>
#include <limits>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <immintrin.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "carnyx/base/error.h"
#include "carnyx/tensor/tensor.h"

#include "kernels/flush_denormals.h"

namespace carnyx::kernels {
namespace {

constexpr std::chrono::microseconds kSpin{20};

// The gate's word: bits 0 to 10 count the workers inside, bit 11 is open, the rest the generation.
// That it wraps is harmless: entering asks only for an open gate.
constexpr std::uint32_t kInside = (1U << 11) - 1;
constexpr std::uint32_t kOpen = 1U << 11;
constexpr std::uint32_t kGeneration = 1U << 12;
static_assert(kMostThreads <= static_cast<int>(kInside));

constexpr std::uint32_t generation_of(std::uint32_t gate) {
  return gate / kGeneration;
}

/// Sleeps while `word` is `expected`; may return early.
void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}

void futex_wake_all(std::atomic<std::uint32_t>& word) {
  syscall(
      SYS_futex, &word, FUTEX_WAKE_PRIVATE, std::numeric_limits<int>::max(), nullptr, nullptr, 0);
}

/// Polls `done` for about `limit`; says whether it came true.
template <class Condition>
bool spin_until(const Condition& done, std::chrono::microseconds limit) {
  if (done()) return true;
  if (limit.count() == 0) return false;
  const auto end = std::chrono::steady_clock::now() + limit;
  while (true) {
    for (int i = 0; i < 16; ++i) {
      _mm_pause();
      if (done()) return true;
    }
    if (std::chrono::steady_clock::now() >= end) return false;
  }
}

struct Failure {
  std::int64_t chunk = std::numeric_limits<std::int64_t>::max();
  std::exception_ptr error;
};

/// What belongs to one thread, on cache lines of its own. Only `next` is touched by others while a
/// run lasts.
struct alignas(64) Seat {
  std::atomic<std::int64_t> next{0};  // how many chunks of this home have been claimed
  std::int64_t end = 0;               // how many there are
  Failure failure;
  std::shared_ptr<std::byte[]> scratch;
  std::int64_t scratch_bytes = 0;
};

struct Job {
  std::span<const Kernel* const> kernels;
  std::byte* const* buffers = nullptr;
  const StepContext* context = nullptr;
  bool backwards = false;
};

/// The chunks of a kernel that are at home with one of so many threads.
struct Share {
  std::int64_t begin, end;
};

constexpr Share share_of(std::int64_t chunks, std::size_t home, std::size_t homes) {
  const auto i = static_cast<std::int64_t>(home), count = static_cast<std::int64_t>(homes);
  return {chunks * i / count, chunks * (i + 1) / count};
}

/// Runs a chunk of a kernel that has `before` chunks of other kernels before it. What it throws is
/// kept, with the chunk's number among those of all kernels: a failed chunk must not keep others
/// from running.
void run_guarded(const Kernel& kernel,
                 std::int64_t chunk,
                 const Arguments& arguments,
                 std::int64_t before,
                 Seat& seat) {
  try {
    kernel.run(chunk, arguments);
  } catch (...) {
    if (before + chunk < seat.failure.chunk) {
      seat.failure = {before + chunk, std::current_exception()};
    }
  }
}

/// Runs the n-th chunk of a home.
void run_chunk(const Job& job, std::int64_t n, std::size_t home, std::size_t homes, Seat& seat) {
  const Arguments arguments{job.buffers,
                            *job.context,
                            {seat.scratch.get(), static_cast<std::size_t>(seat.scratch_bytes)}};
  std::int64_t before = 0;
  for (const Kernel* kernel : job.kernels) {
    const std::int64_t count = kernel->chunks();
    const Share share = share_of(count, home, homes);
    if (n < share.end - share.begin) {
      run_guarded(*kernel, share.begin + n, arguments, before, seat);
      return;
    }
    n -= share.end - share.begin;
    before += count;
  }
}

int checked_threads(int threads) {
  if (threads < 0 || threads > kMostThreads) {
    throw InvalidArgument("threads: expected 0 (all CPUs) to " + std::to_string(kMostThreads) +
                          ", got " + std::to_string(threads));
  }
  return threads == 0 ? std::min(usable_cpus(), kMostThreads) : threads;
}

}  // namespace

struct ThreadPool::State {
  explicit State(int threads);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void stop_workers();
  void run_phase();
  void share_out();
  void claim_chunks(std::size_t self);
  void open_gate();
  void close_gate();
  void work(const std::stop_token& stop, std::size_t self);
  bool enter();
  void leave();
  void rethrow_first_failure();

  std::vector<Seat> seats;  // the caller's is the first
  Job job;
  std::chrono::microseconds spin;  // none if threads outnumber CPUs: it would keep others from work
  alignas(64) std::atomic<std::uint32_t> gate{0};
  std::atomic<std::uint32_t> sleeping_workers{0};
  std::atomic<std::uint32_t> caller_sleeps{0};
  std::latch started;
  std::vector<std::jthread> workers;  // last: they use all of the above
};

ThreadPool::State::State(int threads)
    : seats(static_cast<std::size_t>(threads)),
      spin(threads > usable_cpus() ? kSpin * 0 : kSpin),
      started(threads - 1) {
  workers.reserve(seats.size() - 1);
  try {
    for (std::size_t self = 1; self < seats.size(); ++self) {
      workers.emplace_back([this, self](const std::stop_token& stop) {
        started.count_down();
        work(stop, self);
      });
    }
  } catch (...) {  // the system has no more threads: those there are must not sleep for ever
    stop_workers();
    throw;
  }
  // A process that is forked now, as the reader of HDF5 is, finds no thread in the allocator.
  started.wait();
}

ThreadPool::State::~State() {
  stop_workers();
}

void ThreadPool::State::stop_workers() {
  for (std::jthread& worker : workers) worker.request_stop();
  gate.fetch_add(kGeneration);  // so that a worker about to sleep on the old value does not
  futex_wake_all(gate);
}

void ThreadPool::State::share_out() {
  for (std::size_t home = 0; home < seats.size(); ++home) {
    Seat& seat = seats[home];
    seat.end = 0;
    for (const Kernel* kernel : job.kernels) {
      const Share share = share_of(kernel->chunks(), home, seats.size());
      seat.end += share.end - share.begin;
    }
    seat.next.store(0, std::memory_order_relaxed);
  }
}

void ThreadPool::State::claim_chunks(std::size_t self) {
  for (std::size_t turn = 0; turn < seats.size(); ++turn) {
    const std::size_t home = (self + turn) % seats.size();
    Seat& seat = seats[home];
    while (seat.next.load(std::memory_order_relaxed) < seat.end) {
      const std::int64_t claimed = seat.next.fetch_add(1, std::memory_order_relaxed);
      if (claimed >= seat.end) break;
      const std::int64_t n = job.backwards ? seat.end - 1 - claimed : claimed;
      run_chunk(job, n, home, seats.size(), seats[self]);
    }
  }
}

// The gate and the sleepers' flags are all sequentially consistent: whoever goes to sleep first
// says so, then looks at the gate again; whoever moves the gate then looks for sleepers. One of the
// two sees the other.
void ThreadPool::State::open_gate() {
  const std::uint32_t generation = generation_of(gate.load()) + 1;
  gate.store(generation * kGeneration | kOpen);
  if (sleeping_workers.load() > 0) futex_wake_all(gate);
}

void ThreadPool::State::close_gate() {
  gate.fetch_and(~kOpen);
  const auto empty = [this] { return (gate.load() & kInside) == 0; };
  if (spin_until(empty, spin)) return;
  while (true) {
    caller_sleeps.store(1);
    if (empty()) break;
    futex_wait(caller_sleeps, 1);
  }
  caller_sleeps.store(0);
}

bool ThreadPool::State::enter() {
  std::uint32_t seen = gate.load();
  while ((seen & kOpen) != 0) {
    if (gate.compare_exchange_weak(seen, seen + 1)) return true;
  }
  return false;
}

void ThreadPool::State::leave() {
  const std::uint32_t left = gate.fetch_sub(1) - 1;
  if ((left & kInside) != 0 || (left & kOpen) != 0) return;
  if (caller_sleeps.exchange(0) == 1) futex_wake_all(caller_sleeps);
}

void ThreadPool::State::work(const std::stop_token& stop, std::size_t self) {
  const FlushDenormals flush;
  std::uint32_t last = generation_of(0);
  const auto moved = [&] { return generation_of(gate.load()) != last; };
  while (true) {
    if (!spin_until(moved, spin)) {
      sleeping_workers.fetch_add(1);
      for (std::uint32_t seen = gate.load(); generation_of(seen) == last; seen = gate.load()) {
        futex_wait(gate, seen);
      }
      sleeping_workers.fetch_sub(1);
    }
    last = generation_of(gate.load());
    if (stop.stop_requested()) return;  // after `last`: the stop's own move must not become it
    if (!enter()) continue;
    claim_chunks(self);
    leave();
  }
}

void ThreadPool::State::rethrow_first_failure() {
  const auto earlier = [](const Seat& a, const Seat& b) {
    return a.failure.chunk < b.failure.chunk;
  };
  const Failure first = std::min_element(seats.begin(), seats.end(), earlier)->failure;
  if (!first.error) return;
  for (Seat& seat : seats) seat.failure = {};
  std::rethrow_exception(first.error);
}

void ThreadPool::State::run_phase() {
  const FlushDenormals flush;
  share_out();
  std::int64_t chunks = 0;
  for (const Seat& seat : seats) chunks += seat.end;
  const bool alone = chunks <= 1 || seats.size() == 1;
  if (!alone) open_gate();
  claim_chunks(0);
  if (!alone) close_gate();
  rethrow_first_failure();
}

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>(checked_threads(threads))) {}

ThreadPool::~ThreadPool() = default;

int ThreadPool::threads() const {
  return static_cast<int>(state_->seats.size());
}

void ThreadPool::reserve_scratch(std::int64_t size_bytes) {
  for (Seat& seat : state_->seats) {
    if (seat.scratch_bytes >= size_bytes) continue;
    seat.scratch = untouched_storage(size_bytes);  // some kernels run on one thread alone
    seat.scratch_bytes = size_bytes;
  }
}

void ThreadPool::run(std::span<const Kernel* const> kernels,
                     std::byte* const* buffers,
                     const StepContext& context) {
  state_->job = {kernels, buffers, &context, !state_->job.backwards};
  state_->run_phase();
}

}  // namespace carnyx::kernels
