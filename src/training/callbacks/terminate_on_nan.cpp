#include "carnyx/training/callbacks/terminate_on_nan.h"

#include <cmath>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"

namespace carnyx {

TerminateOnNaN::TerminateOnNaN(TerminateOnNaNOptions options) : options_(options) {
  if (options_.every_steps < 1) {
    throw InvalidArgument(
        format("TerminateOnNaN: every_steps must be at least 1, got {}", options_.every_steps));
  }
}

void TerminateOnNaN::on_step(CallbackContext& context,
                             std::int64_t epoch,
                             std::int64_t step,
                             const Logs& logs) {
  const double loss = logs.at("loss");
  if (std::isfinite(loss)) return;
  if (options_.raise_error) {
    throw InvalidArgument(
        format("TerminateOnNaN: the loss is {} at step {} of epoch {}; lower the learning rate or "
               "check the data",
               loss,
               step + 1,
               epoch + 1));
  }
  log::warning("the loss is not finite: training ends",
               {{"epoch", epoch + 1}, {"step", step + 1}, {"loss", loss}});
  context.stop_training = true;
}

}  // namespace carnyx
