// What a process that trained was and measured; the report needs it after the process is gone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/base/clock.h"
#include "carnyx/training/callback.h"

namespace carnyx {

struct RunRecord {
  std::string data;
  std::int64_t train_samples = 0;
  std::int64_t test_samples = 0;
  std::int64_t trained_samples = 0;    ///< by this process
  double train_seconds = 0;            ///< wall time of this process's training and validation
  std::vector<double> epoch_seconds;   ///< of the epochs that it began and ended
  std::int64_t peak_memory_bytes = 0;  ///< resident, of the process
  std::int64_t state_bytes = 0;        ///< weights, statistics and slots
  std::string isa;
  std::int64_t threads = 0;
};

template <class V>
void visit_fields(V& visit, RunRecord& r) {
  visit("data", r.data);
  visit("train_samples", r.train_samples);
  visit("test_samples", r.test_samples);
  visit("trained_samples", r.trained_samples);
  visit("train_seconds", r.train_seconds);
  visit("epoch_seconds", r.epoch_seconds);
  visit("peak_memory_bytes", r.peak_memory_bytes);
  visit("state_bytes", r.state_bytes);
  visit("isa", r.isa);
  visit("threads", r.threads);
}

/// Writes it to `path`, and returns it; of a process that found nothing left to train, what the
/// last one wrote there instead.
RunRecord keep_record(const std::string& path, RunRecord record);

/// The most memory that this process has had resident.
std::int64_t peak_memory_bytes();

/// How much this process trained, and how fast: a resumed run did not train it all.
class Meter final : public Callback {
 public:
  explicit Meter(const Clock& clock) : clock_(clock) {}

  [[nodiscard]] std::string name() const override { return "meter"; }
  void on_train_begin(CallbackContext& context) override;
  void on_epoch_begin(CallbackContext& context, std::int64_t epoch) override;
  void on_epoch_end(CallbackContext& context, std::int64_t epoch, Logs& logs) override;
  [[nodiscard]] std::int64_t samples() const { return samples_; }
  [[nodiscard]] const std::vector<double>& epoch_seconds() const { return epoch_seconds_; }

 private:
  const Clock& clock_;
  std::int64_t first_iteration_ = 0;
  std::int64_t samples_ = 0;
  std::optional<Clock::Steady> epoch_began_;
  std::vector<double> epoch_seconds_;
};

}  // namespace carnyx
