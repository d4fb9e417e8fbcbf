#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <immintrin.h>

#include "carnyx/base/error.h"
#include "carnyx/kernels/thread_pool.h"

namespace carnyx::kernels {
namespace {

/// Counts how often each chunk runs; throws in the chunks it is told to.
class Counting final : public Kernel {
 public:
  explicit Counting(std::size_t chunks, std::set<std::int64_t> failing = {})
      : counts_(chunks), failing_(std::move(failing)) {}

  [[nodiscard]] std::int64_t chunks() const override { return std::ssize(counts_); }

  void run(std::int64_t chunk, const Arguments&) const override {
    counts_[static_cast<std::size_t>(chunk)].fetch_add(1);
    if (failing_.contains(chunk)) throw InvalidArgument("chunk " + std::to_string(chunk));
  }

  [[nodiscard]] bool each_ran(int times) const {
    for (const auto& count : counts_) {
      if (count.load() != times) return false;
    }
    return true;
  }

 private:
  mutable std::vector<std::atomic<int>> counts_;
  std::set<std::int64_t> failing_;
};

/// Calls a function with each chunk.
template <class Function>
class Calling final : public Kernel {
 public:
  Calling(std::int64_t chunks, Function function)
      : chunks_(chunks), function_(std::move(function)) {}

  [[nodiscard]] std::int64_t chunks() const override { return chunks_; }
  void run(std::int64_t chunk, const Arguments& arguments) const override {
    function_(chunk, arguments);
  }

 private:
  std::int64_t chunks_;
  Function function_;
};

void run_one(ThreadPool& pool, const Kernel& kernel) {
  const Kernel* const phase[] = {&kernel};
  pool.run(phase, nullptr, StepContext());
}

TEST(ThreadPool, RunsEachChunkOfEachKernelOnce) {
  for (const int threads : {1, 2, 7}) {
    ThreadPool pool(threads);
    for (const std::size_t chunks : {0U, 1U, 2U, 5U, 6U, 7U, 8U, 100U}) {
      const Counting first(chunks);
      const Counting none(0);
      const Counting last(3);
      const Kernel* const phase[] = {&first, &none, &last};

      pool.run(phase, nullptr, StepContext());

      EXPECT_TRUE(first.each_ran(1)) << chunks << " chunks on " << threads << " threads";
      EXPECT_TRUE(last.each_ran(1)) << chunks << " chunks on " << threads << " threads";
    }
  }
}

TEST(ThreadPool, TakesEachRunInTheOrderOppositeToTheLast) {
  ThreadPool pool(1);
  std::vector<std::int64_t> seen;
  const Calling noting(3, [&](std::int64_t chunk, const Arguments&) { seen.push_back(chunk); });

  run_one(pool, noting);
  run_one(pool, noting);

  ASSERT_EQ(seen.size(), 6U);
  EXPECT_EQ(seen[3], seen[2]);
  EXPECT_EQ(seen[4], seen[1]);
  EXPECT_EQ(seen[5], seen[0]);
}

TEST(ThreadPool, EveryThreadHasAShareOfEveryKernel) {
  ThreadPool pool(2);
  std::atomic<int> started{0};
  std::array<std::atomic<int>, 2> first_of{};  // chunks of either kernel that ran first
  // Two chunks that wait for each other come first, one a thread.
  const auto in_kernel = [&](std::size_t kernel) {
    return [&, kernel](std::int64_t, const Arguments&) {
      if (started.fetch_add(1) < 2) first_of[kernel].fetch_add(1);
      while (started.load() < 2) std::this_thread::yield();
    };
  };
  const Calling upper(2, in_kernel(0)), lower(2, in_kernel(1));
  const Kernel* const phase[] = {&upper, &lower};

  pool.run(phase, nullptr, StepContext());

  EXPECT_EQ(std::max(first_of[0].load(), first_of[1].load()), 2);
}

TEST(ThreadPool, AnEmptyPhaseDoesNothing) {
  ThreadPool pool(2);

  pool.run({}, nullptr, StepContext());
}

TEST(ThreadPool, ManyShortPhasesLoseNoChunk) {
  ThreadPool pool(3);
  const Counting kernel(4);

  for (int i = 0; i < 3000; ++i) run_one(pool, kernel);

  EXPECT_TRUE(kernel.each_ran(3000));
}

TEST(ThreadPool, WhatAPhaseWroteTheNextOneReads) {
  ThreadPool pool(4);
  std::vector<int> values(64);
  const Calling kernel(64, [&](std::int64_t chunk, const Arguments&) {
    ++values[static_cast<std::size_t>(chunk * 13 % 64)];
  });

  for (int i = 0; i < 500; ++i) run_one(pool, kernel);

  EXPECT_EQ(values, std::vector<int>(64, 500));
}

TEST(ThreadPool, MoreThreadsThanCpusFinish) {
  ThreadPool pool(4 * usable_cpus() + 3);
  const Counting kernel(200);

  for (int i = 0; i < 50; ++i) run_one(pool, kernel);

  EXPECT_TRUE(kernel.each_ran(50));
}

// A worker that wakes for the run just as the pool ends must see that it ends, not sleep again.
TEST(ThreadPool, EndsRightAfterARun) {
  const Counting kernel(8);

  for (int i = 0; i < 1000; ++i) {
    ThreadPool pool(3);
    run_one(pool, kernel);
  }

  EXPECT_TRUE(kernel.each_ran(1000));
}

TEST(ThreadPool, UsesItsOtherThreads) {
  ThreadPool pool(2);
  // Two chunks that wait for each other: one thread alone would never finish.
  std::atomic<int> arrived{0};
  const Calling kernel(2, [&](std::int64_t, const Arguments&) {
    arrived.fetch_add(1);
    while (arrived.load() < 2) std::this_thread::yield();
  });

  run_one(pool, kernel);

  EXPECT_EQ(arrived.load(), 2);
}

TEST(ThreadPool, RethrowsTheFirstFailureByChunkOrderAfterTheOthersRan) {
  for (const int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    const Counting kernel(50, {49, 17, 30});

    try {
      run_one(pool, kernel);
      FAIL() << "did not throw";
    } catch (const InvalidArgument& error) {
      EXPECT_STREQ(error.what(), "chunk 17");
    }
    EXPECT_TRUE(kernel.each_ran(1));
  }
}

TEST(ThreadPool, WorksAfterAFailure) {
  ThreadPool pool(2);
  const Counting failing(10, {3});
  EXPECT_THROW(run_one(pool, failing), InvalidArgument);
  const Counting kernel(10);

  run_one(pool, kernel);

  EXPECT_TRUE(kernel.each_ran(1));
}

TEST(ThreadPool, GivesEachThreadAlignedScratchOfItsOwn) {
  ThreadPool pool(3);
  pool.reserve_scratch(100);
  pool.reserve_scratch(1000);
  pool.reserve_scratch(10);
  std::atomic<int> wrong{0};
  const Calling kernel(300, [&](std::int64_t chunk, const Arguments& arguments) {
    const auto address = reinterpret_cast<std::uintptr_t>(arguments.scratch.data());
    if (arguments.scratch.size() < 1000 || address % 64 != 0) ++wrong;
    const auto mark = static_cast<std::byte>(chunk);
    for (std::byte& b : arguments.scratch) b = mark;
    for (const std::byte b : arguments.scratch) wrong += b == mark ? 0 : 1;
  });

  run_one(pool, kernel);

  EXPECT_EQ(wrong.load(), 0);
}

TEST(ThreadPool, PassesBuffersAndContext) {
  ThreadPool pool(2);
  float value = 3;
  std::byte* const buffers[] = {reinterpret_cast<std::byte*>(&value)};
  std::atomic<int> right{0};
  const Calling kernel(4, [&](std::int64_t, const Arguments& arguments) {
    if (*arguments.address<float>(0) == 3 && arguments.context.step == 42) ++right;
  });
  const Kernel* const phase[] = {&kernel};
  StepContext context;
  context.step = 42;

  pool.run(phase, buffers, context);

  EXPECT_EQ(right.load(), 4);
}

constexpr unsigned kFlushAndZero = 0x8040;

TEST(ThreadPool, FlushesDenormalsInChunksAndGivesTheCallerItsModeBack) {
  for (const int threads : {1, 2}) {
    const unsigned before = _mm_getcsr();
    ThreadPool pool(threads);
    std::atomic<int> flushing{0};
    const Calling kernel(20, [&](std::int64_t chunk, const Arguments&) {
      if ((_mm_getcsr() & kFlushAndZero) == kFlushAndZero) ++flushing;
      if (chunk == 19) throw InvalidArgument("leaves through the exception");
    });

    EXPECT_THROW(run_one(pool, kernel), InvalidArgument);

    EXPECT_EQ(flushing.load(), 20);
    EXPECT_EQ(_mm_getcsr() & kFlushAndZero, before & kFlushAndZero);
  }
}

TEST(ThreadPool, ChecksTheNumberOfThreads) {
  EXPECT_THROW(ThreadPool(-1), InvalidArgument);
  EXPECT_THROW(ThreadPool(1025), InvalidArgument);
  EXPECT_EQ(ThreadPool(3).threads(), 3);
  EXPECT_EQ(ThreadPool(0).threads(), usable_cpus());
}

}  // namespace
}  // namespace carnyx::kernels
