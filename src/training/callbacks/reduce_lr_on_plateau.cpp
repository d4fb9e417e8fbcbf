#include "carnyx/training/callbacks/reduce_lr_on_plateau.h"

#include <algorithm>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/training/model.h"

#include "training/callbacks/json_optional.h"

namespace carnyx {

ReduceLROnPlateau::ReduceLROnPlateau(ReduceLROnPlateauOptions options)
    : options_(std::move(options)),
      monitor_("ReduceLROnPlateau", options_.monitor, options_.mode, options_.min_delta) {
  if (!(options_.factor >= 0 && options_.factor < 1)) {
    throw InvalidArgument(
        format("ReduceLROnPlateau: factor must be in [0, 1), got {}", options_.factor));
  }
}

void ReduceLROnPlateau::on_train_begin(CallbackContext& context) {
  monitor_.settle(context.model);
  if (!std::exchange(is_restored_, false)) memory_ = {};
}

void ReduceLROnPlateau::on_epoch_end(CallbackContext& context, std::int64_t epoch, Logs& logs) {
  logs.set("learning_rate", context.model.learning_rate());
  const std::optional<double> current = monitor_.value(logs);
  if (!current) return;
  if (memory_.cooldown_counter > 0) {
    --memory_.cooldown_counter;
    memory_.wait = 0;
  }
  if (monitor_.is_improvement(*current, memory_.best)) {
    memory_.best = current;
    memory_.wait = 0;
  } else if (memory_.cooldown_counter == 0 && ++memory_.wait >= options_.patience) {
    reduce(context.model, epoch);
  }
}

void ReduceLROnPlateau::reduce(Model& model, std::int64_t epoch) {
  const double old_rate = model.learning_rate();
  if (!(old_rate > options_.min_lr)) return;
  const double rate = std::max(old_rate * options_.factor, options_.min_lr);
  model.set_learning_rate(rate);
  memory_.cooldown_counter = options_.cooldown;
  memory_.wait = 0;
  if (options_.verbose > 0) {
    log::info("learning rate reduced on a plateau", {{"epoch", epoch + 1}, {"to", rate}});
  }
}

Json ReduceLROnPlateau::state() const {
  return Json::object({{"wait", memory_.wait},
                       {"cooldown_counter", memory_.cooldown_counter},
                       {"best", to_json_or_null(memory_.best)}});
}

void ReduceLROnPlateau::restore(const Json& saved) {
  memory_ = {.wait = saved.at("wait").as_int(),
             .cooldown_counter = saved.at("cooldown_counter").as_int(),
             .best = number_or_nothing(saved.at("best"))};
  is_restored_ = true;
}

}  // namespace carnyx
