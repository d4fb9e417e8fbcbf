// Callbacks that write down what they are told, and end a run at a step in one way or another.
#pragma once

#include <csignal>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "carnyx/base/format.h"
#include "carnyx/base/stop.h"
#include "carnyx/training/callback.h"
#include "carnyx/training/model.h"

namespace carnyx {

/// Thrown by Recorder where it is told to.
struct Interruption final : std::runtime_error {
  Interruption() : std::runtime_error("interrupted by the test") {}
};

class Recorder final : public Callback {
 public:
  explicit Recorder(std::int64_t every_steps = 0, std::int64_t throw_after = -1)
      : every_steps_(every_steps), throw_after_(throw_after) {}

  [[nodiscard]] std::string name() const override { return "recorder"; }
  [[nodiscard]] std::int64_t every_steps() const override { return every_steps_; }

  void on_train_begin(CallbackContext&) override { note("begin"); }
  void on_epoch_begin(CallbackContext&, std::int64_t epoch) override {
    note(format("epoch {} begin", epoch));
  }
  void on_step(CallbackContext& context,
               std::int64_t epoch,
               std::int64_t step,
               const Logs& logs) override {
    note(format("step {}.{}", epoch, step));
    losses.push_back(logs.at("loss"));
    if (context.model.iterations() == throw_after_) throw Interruption();
    if (context.model.iterations() == stop_after) context.stop_training = true;
  }
  void on_epoch_end(CallbackContext&, std::int64_t epoch, Logs& logs) override {
    note(format("epoch {} end", epoch));
    logs.set("epochs_seen", static_cast<double>(++epochs_seen_));
  }
  void on_train_end(CallbackContext&, const Logs&) override { note("end"); }

  [[nodiscard]] Json state() const override {
    return Json::object({{"epochs_seen", epochs_seen_}});
  }
  void restore(const Json& saved) override { epochs_seen_ = saved.at("epochs_seen").as_int(); }

  std::vector<std::string> events;
  std::vector<double> losses;
  std::int64_t stop_after = -1;  ///< ends the training after so many optimizer steps

 private:
  void note(std::string event) { events.push_back(std::move(event)); }

  std::int64_t every_steps_;
  std::int64_t throw_after_;
  std::int64_t epochs_seen_ = 0;
};

/// Raises the flag after some optimizer steps.
class StopAfter final : public Callback {
 public:
  StopAfter(StopFlag& flag, std::int64_t steps) : flag_(flag), steps_(steps) {}
  [[nodiscard]] std::string name() const override { return "stop_after"; }
  [[nodiscard]] std::int64_t every_steps() const override { return 1; }
  void on_step(CallbackContext& context, std::int64_t, std::int64_t, const Logs&) override {
    if (context.model.iterations() == steps_) flag_.request(SIGTERM);
  }

 private:
  StopFlag& flag_;
  std::int64_t steps_;
};

}  // namespace carnyx
