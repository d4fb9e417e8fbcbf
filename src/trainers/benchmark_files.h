#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "carnyx/base/clock.h"
#include "carnyx/base/json.h"
#include "carnyx/training/callback.h"

#include "trainers/benchmark_log.h"

namespace carnyx {

/// What BenchmarkFileLogger is told about a run.
struct BenchmarkRun {
  std::string directory;
  std::string model;
  std::string dataset;
  std::string test_id;
  Json parameters;  ///< the run's options
};

/// Fills a BenchmarkLog while a model trains: speeds, each epoch's logs, the evaluation.
class BenchmarkFiles final : public Callback {
 public:
  /// `clock` outlives it.
  BenchmarkFiles(BenchmarkRun run, const Clock& clock) : run_(std::move(run)), clock_(clock) {}

  [[nodiscard]] std::string name() const override { return "benchmark_files"; }
  /// Throws IoError, as all that writes.
  void on_train_begin(CallbackContext& context) override;
  void on_epoch_end(CallbackContext& context, std::int64_t epoch, Logs& logs) override;
  void on_train_end(CallbackContext& context, const Logs& logs) override;

  void add_speed(std::int64_t step, double examples_per_second);
  /// After training.
  void add_evaluation(const Logs& test);

 private:
  BenchmarkRun run_;
  const Clock& clock_;
  std::optional<BenchmarkLog> log_;
  std::int64_t step_ = 0;
};

}  // namespace carnyx
