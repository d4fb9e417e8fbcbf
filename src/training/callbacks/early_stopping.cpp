#include "carnyx/training/callbacks/early_stopping.h"

#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/training/model.h"

#include "training/callbacks/json_optional.h"

namespace carnyx {

EarlyStopping::EarlyStopping(EarlyStoppingOptions options)
    : options_(std::move(options)),
      monitor_("EarlyStopping", options_.monitor, options_.mode, options_.min_delta) {
  if (options_.patience < 0) {
    throw InvalidArgument(
        format("EarlyStopping: patience must be at least 0, got {}", options_.patience));
  }
}

void EarlyStopping::on_train_begin(CallbackContext& context) {
  monitor_.settle(context.model);
  if (!std::exchange(is_restored_, false)) memory_ = {};
  if (still_ends(context) == false) memory_.stopped_epoch.reset();  // more patience than before
}

void EarlyStopping::keep_weights(const Model& model) {
  memory_.best_weights.clear();
  for (const std::string& name : model.weight_names()) {
    memory_.best_weights.push_back({name, model.weight(name)});
  }
}

void EarlyStopping::on_epoch_end(CallbackContext& context, std::int64_t epoch, Logs& logs) {
  const std::optional<double> current = monitor_.value(logs);
  if (!current || epoch < options_.start_from_epoch) return;
  ++memory_.wait;
  if (monitor_.is_improvement(*current, memory_.best)) {
    memory_.best = current;
    memory_.best_epoch = epoch;
    if (options_.restore_best_weights) keep_weights(context.model);
    const bool beats_baseline =
        !options_.baseline || monitor_.is_improvement(*current, options_.baseline);
    if (beats_baseline) memory_.wait = 0;
  } else if (memory_.wait >= options_.patience && epoch > 0) {
    memory_.stopped_epoch = epoch;
    context.stop_training = true;
  }
}

void EarlyStopping::on_train_end(CallbackContext& context, const Logs&) {
  if (memory_.stopped_epoch && options_.verbose > 0) {
    log::info("early stopping", {{"epoch", *memory_.stopped_epoch + 1}});
  }
  if (memory_.best_weights.empty()) return;
  if (options_.verbose > 0) {
    log::info("the best epoch's weights are restored", {{"epoch", memory_.best_epoch + 1}});
  }
  for (const NamedTensor& weight : memory_.best_weights) {
    context.model.set_weight(weight.name, weight.tensor);
  }
}

Json EarlyStopping::state() const {
  return Json::object({{"wait", memory_.wait},
                       {"best", to_json_or_null(memory_.best)},
                       {"best_epoch", memory_.best_epoch},
                       {"stopped_epoch", to_json_or_null(memory_.stopped_epoch)}});
}

void EarlyStopping::restore(const Json& saved) {
  memory_.wait = saved.at("wait").as_int();
  memory_.best = number_or_nothing(saved.at("best"));
  memory_.best_epoch = saved.at("best_epoch").as_int();
  memory_.stopped_epoch = integer_or_nothing(saved.at("stopped_epoch"));
  is_restored_ = true;
}

std::optional<bool> EarlyStopping::still_ends(const CallbackContext&) const {
  if (!memory_.stopped_epoch) return std::nullopt;
  return memory_.wait >= options_.patience;
}

void EarlyStopping::restore_tensors(std::vector<NamedTensor> saved) {
  if (options_.restore_best_weights) memory_.best_weights = std::move(saved);
}

}  // namespace carnyx
