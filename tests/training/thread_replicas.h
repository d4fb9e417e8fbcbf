// Replicas that are threads of one process.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/mutex.h"
#include "carnyx/training/replicas.h"

namespace carnyx {

/// Where the replicas of a test meet, call by call. Calls that do not match, and a replica that has
/// left, end every wait with Unavailable: no test hangs.
class Meeting {
 public:
  explicit Meeting(int size) : brought_(static_cast<std::size_t>(size)) {}

  [[nodiscard]] int size() const { return static_cast<int>(brought_.size()); }

  /// What each replica brought to this call, in rank order.
  std::vector<std::string> exchange(int rank, const std::string& call, std::string bytes) {
    const MutexLock lock(mutex_);
    if (arrived_ == 0) call_ = call;
    if (call_ != call) end("rank " + std::to_string(rank) + " calls " + call + ", others " + call_);
    if (left_) end("rank " + std::to_string(rank) + " calls " + call + ", but not all are there");
    brought_[static_cast<std::size_t>(rank)] = std::move(bytes);
    const std::int64_t round = round_;
    if (++arrived_ == size()) {
      arrived_ = 0;
      ++round_;
      result_ = brought_;
      changed_.notify_all();
    }
    changed_.wait(mutex_,
                  [&]() CARNYX_REQUIRES(mutex_) { return round_ != round || !why_.empty(); });
    if (round_ == round) throw Unavailable(why_);
    return result_;
  }

  void leave() {
    const MutexLock lock(mutex_);
    left_ = true;
    if (arrived_ > 0) end("a replica has left while others call " + call_);
  }

 private:
  void end(const std::string& why) CARNYX_REQUIRES(mutex_) {
    if (why_.empty()) why_ = why;
    changed_.notify_all();
  }

  Mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::string> brought_;
  std::vector<std::string> result_ CARNYX_GUARDED_BY(mutex_);
  std::string call_ CARNYX_GUARDED_BY(mutex_);
  std::string why_ CARNYX_GUARDED_BY(mutex_);  // the waits have ended, if it says something
  std::int64_t round_ CARNYX_GUARDED_BY(mutex_) = 0;
  int arrived_ CARNYX_GUARDED_BY(mutex_) = 0;
  bool left_ CARNYX_GUARDED_BY(mutex_) = false;
};

class ThreadReplicas final : public Replicas {
 public:
  ThreadReplicas(Meeting& meeting, int rank) : meeting_(meeting), rank_(rank) {}

  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int size() const override { return meeting_.size(); }
  void reduce(std::span<float> gradient) override { add_up("reduce", gradient); }
  void sum(std::span<double> numbers) override { add_up("sum", numbers); }
  void broadcast(std::span<std::byte> bytes) override {
    const auto all = meeting_.exchange(rank_, label("broadcast", bytes.size()), text_of(bytes));
    std::memcpy(bytes.data(), all[0].data(), bytes.size());
  }
  [[nodiscard]] bool leave_together(bool wanted) override {
    const auto all = meeting_.exchange(rank_, "leave_together", wanted ? "1" : "0");
    return std::ranges::find(all, "1") != all.end();
  }

 private:
  static std::string label(const char* call, std::size_t count) {
    return std::string(call) + " of " + std::to_string(count);
  }
  static std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  template <class T>
  void add_up(const char* call, std::span<T> numbers) {
    const auto all =
        meeting_.exchange(rank_, label(call, numbers.size()), text_of(std::as_bytes(numbers)));
    std::ranges::fill(numbers, T{0});
    for (const std::string& part : all) {
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        T number;
        std::memcpy(&number, part.data() + i * sizeof(T), sizeof(T));
        numbers[i] += number;
      }
    }
  }

  Meeting& meeting_;
  int rank_;
};

/// Runs `body` once a replica, each in a thread of its own; returns what each threw, or "".
inline std::vector<std::string> run_together(int size, const std::function<void(Replicas&)>& body) {
  Meeting meeting(size);
  std::vector<std::string> errors(static_cast<std::size_t>(size));
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      ThreadReplicas replicas(meeting, rank);
      try {
        body(replicas);
      } catch (const std::exception& error) {
        errors[static_cast<std::size_t>(rank)] = error.what();
      }
      meeting.leave();
    });
  }
  threads.clear();  // joins
  return errors;
}

}  // namespace carnyx
