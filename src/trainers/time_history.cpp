#include "trainers/time_history.h"

#include <chrono>
#include <numeric>

#include "carnyx/base/format.h"
#include "carnyx/training/model.h"

namespace carnyx {
namespace {

double seconds_between(Clock::Steady from, Clock::Steady to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

double TimeHistory::now() const {
  return std::chrono::duration<double>(clock_.now().time_since_epoch()).count();
}

void TimeHistory::say(const std::string& metric) const {
  if (options_.output != nullptr) options_.output->write("BenchmarkMetric: {" + metric + "}\n");
}

void TimeHistory::on_train_begin(CallbackContext& context) {
  stride_ = std::gcd(options_.log_steps, context.run.steps_per_epoch);
  batch_size_ = context.run.batch_size;
  last_said_ = epoch_began_ = clock_.steady();
  log_ = {{.batch_index = context.model.iterations() + 1, .timestamp = now()}};
}

void TimeHistory::on_epoch_begin(CallbackContext&, std::int64_t) {
  epoch_began_ = clock_.steady();
}

void TimeHistory::on_step(CallbackContext& context, std::int64_t, std::int64_t, const Logs&) {
  const std::int64_t step = context.model.iterations();
  if (step % options_.log_steps != 0) return;
  const auto time = clock_.steady();
  const double seconds = seconds_between(last_said_, time);
  const std::int64_t steps =
      step - (log_.size() > 1 ? log_.back().batch_index : log_.back().batch_index - 1);
  const double speed = seconds > 0 ? static_cast<double>(steps * batch_size_) / seconds : 0;
  last_said_ = time;
  log_.push_back({.batch_index = step, .timestamp = now()});
  say(format("'global step':{}, 'time_taken': {:.6f},'examples_per_second': {:.6f}",
             step,
             seconds,
             speed));
  if (options_.on_speed) options_.on_speed(step, speed);
}

void TimeHistory::on_epoch_end(CallbackContext&, std::int64_t epoch, Logs&) {
  const double seconds = seconds_between(epoch_began_, clock_.steady());
  say(format("'epoch':{}, 'time_taken': {:.6f}", epoch, seconds));
}

void TimeHistory::on_train_end(CallbackContext&, const Logs&) {
  finish_time_ = now();
}

void TimeHistory::add_stats(Json& stats) const {
  Json times = Json::array();
  for (const BatchTimestamp& each : log_) {
    times.push_back(
        format("BatchTimestamp<batch_index: {}, timestamp: {}>", each.batch_index, each.timestamp));
  }
  stats.set("step_timestamp_log", std::move(times));
  if (finish_time_) stats.set("train_finish_time", *finish_time_);
  if (log_.size() < 2) return;
  const double seconds = log_.back().timestamp - log_.front().timestamp;
  const std::int64_t steps = log_.back().batch_index - log_.front().batch_index + 1;
  if (seconds > 0) {
    stats.set("avg_exp_per_second", static_cast<double>(steps * batch_size_) / seconds);
  }
}

}  // namespace carnyx
