#include <condition_variable>
#include <deque>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/failpoint.h"
#include "carnyx/base/log.h"
#include "carnyx/base/mutex.h"

namespace carnyx {
namespace {

class Counter {
 public:
  void add() CARNYX_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    ++value_;
  }
  int value() CARNYX_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return value_;
  }

 private:
  Mutex mutex_;
  int value_ CARNYX_GUARDED_BY(mutex_) = 0;
};

TEST(Mutex, KeepsThreadsApart) {
  Counter counter;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) counter.add();
      });
    }
  }

  EXPECT_EQ(counter.value(), 4000);
}

class Mailbox {
 public:
  void put(int value) CARNYX_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    values_.push_back(value);
    arrived_.notify_one();
  }
  /// The next value; 0 if the wait was stopped.
  int take(std::stop_token stop) CARNYX_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto ready = [this]() CARNYX_REQUIRES(mutex_) { return !values_.empty(); };
    if (!arrived_.wait(mutex_, std::move(stop), ready)) return 0;
    const int value = values_.front();
    values_.pop_front();
    return value;
  }

 private:
  Mutex mutex_;
  std::condition_variable_any arrived_;
  std::deque<int> values_ CARNYX_GUARDED_BY(mutex_);
};

TEST(Mutex, ServesAConditionVariable) {
  Mailbox mailbox;
  int taken = 0;
  {
    std::jthread taker([&](std::stop_token stop) { taken = mailbox.take(stop); });
    mailbox.put(7);
    taker.join();
  }

  EXPECT_EQ(taken, 7);
}

TEST(Mutex, LetsAWaitBeStopped) {
  Mailbox mailbox;
  int taken = -1;
  {
    std::jthread taker([&](std::stop_token stop) { taken = mailbox.take(stop); });
  }

  EXPECT_EQ(taken, 0);
}

TEST(Failpoint, CountsArrivalsOfAllThreads) {
  const ScopedFailpoints failpoints("a=eio@500");
  std::atomic<int> failures{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 250; ++i) failures += failpoint_error("a") != 0;
      });
    }
  }

  EXPECT_EQ(failures, 1);
}

TEST(Log, WritesWholeLinesFromManyThreads) {
  testing::internal::CaptureStderr();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 50; ++i) log::error("message", {{"value", 1}});
      });
    }
  }
  const std::string text = testing::internal::GetCapturedStderr();

  std::string expected;
  for (int i = 0; i < 200; ++i) expected += "carnyx: error: message value=1\n";
  EXPECT_EQ(text, expected);
}

}  // namespace
}  // namespace carnyx
