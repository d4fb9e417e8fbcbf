#pragma once

#include "carnyx/training/callback.h"
#include "carnyx/training/model.h"

namespace carnyx {

/// Ends training when the model has made so many steps, those of a run it goes on from included.
class StepLimit final : public Callback {
 public:
  explicit StepLimit(std::int64_t steps) : steps_(steps) {}

  [[nodiscard]] std::string name() const override { return "step_limit"; }
  [[nodiscard]] std::int64_t every_steps() const override { return 1; }
  void on_step(CallbackContext& context, std::int64_t, std::int64_t, const Logs&) override {
    if (context.model.iterations() >= steps_) context.stop_training = true;
  }
  [[nodiscard]] std::optional<bool> still_ends(const CallbackContext& context) const override {
    return context.model.iterations() >= steps_;
  }

 private:
  std::int64_t steps_;
};

}  // namespace carnyx
