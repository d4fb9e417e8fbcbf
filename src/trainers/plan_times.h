#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "carnyx/training/callback.h"
#include "carnyx/training/model.h"

namespace carnyx {

/// After training, times each phase of the step that was trained with, as `carnyx doctor --kernels`
/// does, and writes it to a file. A second model of the same plan runs on samples of its own: the
/// trained one is left alone.
class PlanTimes final : public Callback {
 public:
  PlanTimes(std::string path, std::int64_t steps, CompileOptions compile)
      : path_(std::move(path)), steps_(steps), compile_(std::move(compile)) {}

  [[nodiscard]] std::string name() const override { return "plan_times"; }
  /// Throws IoError.
  void on_train_end(CallbackContext& context, const Logs& logs) override;

 private:
  std::string path_;
  std::int64_t steps_;
  CompileOptions compile_;
};

}  // namespace carnyx
