#include "carnyx/training/callbacks/model_checkpoint.h"

#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/training/model.h"

#include "training/callbacks/global_steps.h"
#include "training/callbacks/json_optional.h"
#include "training/callbacks/python_text.h"

namespace carnyx {

namespace {

bool has_right_ending(const ModelCheckpointOptions& options) {
  const bool is_weights = options.filepath.ends_with(".weights.h5");
  if (options.save_weights_only) return is_weights;
  return !is_weights && (options.filepath.ends_with(".keras") || options.filepath.ends_with(".h5"));
}

}  // namespace

/// What the options mean: names to fill, steps to wait for.
struct ModelCheckpoint::Plan {
  NameTemplate name;
  GlobalSteps steps;
};

ModelCheckpoint::ModelCheckpoint(ModelCheckpointOptions options)
    : options_(std::move(options)),
      monitor_("ModelCheckpoint", options_.monitor, options_.mode),
      plan_(std::make_unique<Plan>(Plan{.name = {options_.filepath, "ModelCheckpoint"},
                                        .steps = GlobalSteps(options_.save_freq)})),
      best_(options_.initial_value_threshold) {
  if (!has_right_ending(options_)) {
    throw InvalidArgument(
        format("ModelCheckpoint: with save_weights_only {} filepath must end in {}, got '{}'",
               options_.save_weights_only,
               options_.save_weights_only ? ".weights.h5" : ".keras or .h5, not .weights.h5",
               options_.filepath));
  }
  if (options_.save_freq < 0) {
    throw InvalidArgument(
        format("ModelCheckpoint: save_freq must be at least 0, got {}", options_.save_freq));
  }
}
ModelCheckpoint::~ModelCheckpoint() = default;

std::int64_t ModelCheckpoint::every_steps() const {
  return options_.save_freq > 0 ? plan_->steps.every_in_epoch() : 0;
}

void ModelCheckpoint::on_train_begin(CallbackContext& context) {
  if (options_.save_best_only) monitor_.settle(context.model);
  plan_->steps.on_train_begin(context.run);
}

void ModelCheckpoint::on_step(CallbackContext& context,
                              std::int64_t epoch,
                              std::int64_t step,
                              const Logs& logs) {
  if (plan_->steps.is_due(epoch, step)) save(context, epoch, step + 1, logs);
}

void ModelCheckpoint::on_epoch_end(CallbackContext& context, std::int64_t epoch, Logs& logs) {
  if (options_.save_freq == 0) save(context, epoch, 0, logs);
}

/// Without a value to compare it saves, as Keras does: better one model too many.
bool ModelCheckpoint::is_wanted(const Logs& logs) {
  if (!options_.save_best_only) return true;
  const std::optional<double> current = monitor_.value(logs);
  if (!current) return true;
  if (!monitor_.is_improvement(*current, best_)) return false;
  best_ = current;
  return true;
}

void ModelCheckpoint::save(CallbackContext& context,
                           std::int64_t epoch,
                           std::int64_t batch,
                           const Logs& logs) {
  const std::string path = plan_->name.fill(epoch + 1, batch, logs);
  if (!is_wanted(logs) || context.run.rank != 0) return;
  create_directories(parent_directory(path));
  context.model.save(path);
  if (options_.verbose > 0) log::info("model saved", {{"epoch", epoch + 1}, {"path", path}});
}

Json ModelCheckpoint::state() const {
  return Json::object({{"best", to_json_or_null(best_)}});
}

void ModelCheckpoint::restore(const Json& saved) {
  best_ = number_or_nothing(saved.at("best"));
}

}  // namespace carnyx
