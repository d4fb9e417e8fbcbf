#include "carnyx/training/callbacks/learning_rate_scheduler.h"

#include <cmath>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/training/model.h"

namespace carnyx {

LearningRateScheduler::LearningRateScheduler(Schedule schedule, int verbose)
    : schedule_(std::move(schedule)), verbose_(verbose) {
  if (!schedule_) throw InvalidArgument("LearningRateScheduler: it needs a schedule, got none");
}

void LearningRateScheduler::on_epoch_begin(CallbackContext& context, std::int64_t epoch) {
  const double rate = schedule_(epoch, context.model.learning_rate());
  if (!std::isfinite(rate)) {
    throw InvalidArgument(
        format("LearningRateScheduler: the schedule must give a finite learning rate, got {} for "
               "epoch {}",
               rate,
               epoch));
  }
  context.model.set_learning_rate(rate);
  if (verbose_ > 0) log::info("learning rate set", {{"epoch", epoch + 1}, {"to", rate}});
}

void LearningRateScheduler::on_epoch_end(CallbackContext& context, std::int64_t, Logs& logs) {
  logs.set("learning_rate", context.model.learning_rate());
}

}  // namespace carnyx
