#include "trainers/benchmark_files.h"

#include "carnyx/training/model.h"

namespace carnyx {

void BenchmarkFiles::on_train_begin(CallbackContext&) {
  log_.emplace(run_.directory, clock_);
  log_->write_run(run_.model, run_.dataset, run_.test_id, run_.parameters);
}

void BenchmarkFiles::on_epoch_end(CallbackContext& context, std::int64_t, Logs& logs) {
  for (const auto& [name, value] : logs.entries()) {
    log_->add_metric(name, value, "", context.model.iterations());
  }
}

void BenchmarkFiles::on_train_end(CallbackContext& context, const Logs&) {
  step_ = context.model.iterations();
}

void BenchmarkFiles::add_speed(std::int64_t step, double examples_per_second) {
  log_->add_metric("current_examples_per_sec", examples_per_second, "examples/sec", step);
}

void BenchmarkFiles::add_evaluation(const Logs& test) {
  for (const auto& [name, value] : test.entries())
    log_->add_metric("eval_" + name, value, "", step_);
}

}  // namespace carnyx
