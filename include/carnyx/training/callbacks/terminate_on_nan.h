#pragma once

#include <cstdint>
#include <string>

#include "carnyx/training/callback.h"

namespace carnyx {

struct TerminateOnNaNOptions {
  bool raise_error = false;      ///< throw at once, so that no callback's end is reached
  std::int64_t every_steps = 1;  ///< how often it looks; a NaN stays in the epoch's mean
};

/// Ends training when the loss is NaN or infinite. Source: Keras 3, keras.callbacks.TerminateOnNaN.
class TerminateOnNaN final : public Callback {
 public:
  /// Throws InvalidArgument if every_steps is below 1.
  explicit TerminateOnNaN(TerminateOnNaNOptions options = {});

  [[nodiscard]] std::string name() const override { return "terminate_on_nan"; }
  [[nodiscard]] std::int64_t every_steps() const override { return options_.every_steps; }
  /// Throws InvalidArgument, if asked to, naming the step.
  void on_step(CallbackContext& context,
               std::int64_t epoch,
               std::int64_t step,
               const Logs& logs) override;

 private:
  TerminateOnNaNOptions options_;
};

}  // namespace carnyx
