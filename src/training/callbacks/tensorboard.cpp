#include "carnyx/training/callbacks/tensorboard.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/base/nearest.h"
#include "carnyx/training/model.h"

#include "training/callbacks/global_steps.h"
#include "training/tensorboard/event_file.h"
#include "training/tensorboard/summaries.h"

namespace carnyx {
namespace {

using tensorboard::EventFile;

constexpr std::array<std::string_view, 2> kTags = {"keras3", "keras2"};
constexpr std::string_view kValidation = "val_";

const Clock& machine_clock() {
  static const SystemClock clock;
  return clock;
}

/// A scalar's folder below log_dir, "" for itself, and its tag.
struct Place {
  std::string folder;
  std::string tag;
};

Place epoch_place(TensorBoardTags tags, std::string_view name) {
  if (tags == TensorBoardTags::Keras2) {
    return {"", std::string(name == "learning_rate" ? "lr" : name)};
  }
  const bool validation = name.starts_with(kValidation);
  if (validation) name.remove_prefix(kValidation.size());
  return {validation ? "validation" : "train", "epoch_" + std::string(name)};
}

}  // namespace

std::string_view name_of(TensorBoardTags tags) {
  return kTags[static_cast<std::size_t>(tags)];
}

void from_name(std::string_view name, TensorBoardTags& tags) {
  const auto found = std::ranges::find(kTags, name);
  if (found == kTags.end()) throw InvalidArgument(unknown_name("TensorBoard tags", name, kTags));
  tags = static_cast<TensorBoardTags>(found - kTags.begin());
}

/// The run's event files, made when something is written to them.
class TensorBoard::Events {
 public:
  explicit Events(TensorBoardOptions given)
      : options(std::move(given)),
        steps(options.update_freq),
        clock(options.clock != nullptr ? *options.clock : machine_clock()) {}

  EventFile& file(const std::string& folder) {
    const auto found = files.find(folder);
    if (found != files.end()) return found->second;
    const std::string& root = options.log_dir;
    return files.try_emplace(folder, folder.empty() ? root : root + "/" + folder, clock)
        .first->second;
  }

  void scalar(const Place& place, std::int64_t step, double value) {
    EventFile& to = file(place.folder);
    to.write(step, tensorboard::scalar_value(place.tag, value, to.is_new(place.tag)));
  }

  /// A full disk ends the events, not the training.
  template <class Write>
  void guarded(const CallbackContext& context, Write write) {
    if (has_failed || context.run.rank != 0) return;
    try {
      write();
    } catch (const IoError& error) {
      has_failed = true;
      log::warning("no more TensorBoard events are written; training goes on",
                   {{"reason", error.what()}});
    }
  }

  void begin_session(const CallbackContext& context) {
    if (!options.hparams.is_object()) return;
    std::vector<tensorboard::MetricPlace> metrics;
    std::vector<std::string> names = {"loss"};
    for (const AnyMetric& metric : context.model.metrics()) names.push_back(metric->name());
    const auto add = [&](const std::string& name) {
      const Place place = epoch_place(options.tags, name);
      metrics.push_back({place.folder, place.tag});
    };
    for (const std::string& name : names) {
      if (context.run.validation_samples > 0) add(std::string(kValidation) + name);
    }
    for (const std::string& name : names) add(name);
    EventFile& root = file("");
    root.write(0, tensorboard::experiment_value(options.hparams, metrics));
    root.write(0, tensorboard::session_start_value(options.hparams, root.now()));
  }

  void write_epoch(const CallbackContext& context, std::int64_t epoch, const Logs& logs) {
    for (const auto& [name, value] : logs.entries()) {
      if (options.tags != TensorBoardTags::Keras3 || !name.starts_with(kValidation)) continue;
      const std::string tag = "evaluation_" + name.substr(kValidation.size()) + "_vs_iterations";
      scalar({"validation", tag}, context.model.iterations(), value);
    }
    Logs all = logs;
    all.set("learning_rate", context.model.learning_rate());
    if (options.write_steps_per_second) {
      const std::chrono::duration<double> seconds = clock.steady() - epoch_began;
      const auto done = static_cast<double>(context.model.iterations() - iterations_before);
      if (seconds.count() > 0) all.set("steps_per_second", done / seconds.count());
    }
    for (const auto& [name, value] : all.entries()) {
      scalar(epoch_place(options.tags, name), epoch, value);
    }
  }

  void write_weights(const Model& model, std::int64_t epoch) {
    EventFile& to = file(options.tags == TensorBoardTags::Keras2 ? "" : "train");
    for (const std::string& name : model.weight_names()) {
      const std::string path =
          model.network().is_functional() ? name : model.network().name() + "/" + name;
      const std::string tag = path + "/histogram";
      const auto buckets = tensorboard::histogram_of(model.weight(name));
      to.write(epoch, tensorboard::histogram_value(tag, buckets, to.is_new(tag)));
    }
  }

  void end_session() {
    if (options.hparams.is_object() && !files.empty()) {
      EventFile& root = file("");
      root.write(0,
                 tensorboard::session_end_value(tensorboard::SessionStatus::Success, root.now()));
    }
    for (auto& [folder, written] : files) written.sync();
    files.clear();
  }

  TensorBoardOptions options;
  GlobalSteps steps;
  const Clock& clock;
  std::map<std::string, EventFile> files;  // by folder
  bool has_failed = false;
  std::int64_t iterations_before = 0;
  Clock::Steady epoch_began;
};

TensorBoard::TensorBoard(TensorBoardOptions options) {
  if (options.log_dir.empty()) throw InvalidArgument("TensorBoard: log_dir must not be empty");
  if (options.histogram_freq < 0 || options.update_freq < 0) {
    throw InvalidArgument(
        format("TensorBoard: histogram_freq and update_freq must be at least 0, got {} and {}",
               options.histogram_freq,
               options.update_freq));
  }
  events_ = std::make_unique<Events>(std::move(options));
}
TensorBoard::~TensorBoard() = default;

std::int64_t TensorBoard::every_steps() const {
  return events_->options.update_freq > 0 ? events_->steps.every_in_epoch() : 0;
}

void TensorBoard::on_train_begin(CallbackContext& context) {
  events_->steps.on_train_begin(context.run);
  events_->has_failed = false;
  events_->files.clear();
  const bool nothing_to_do = context.stop_training || context.run.first_epoch >= context.run.epochs;
  if (nothing_to_do) return;
  events_->guarded(context, [&] {
    events_->begin_session(context);
    if (!events_->options.write_graph) return;
    const std::string folder = events_->options.tags == TensorBoardTags::Keras2 ? "" : "train";
    events_->file(folder).write(
        0, tensorboard::keras_model_value(context.model.network().to_json().dump()));
  });
}

void TensorBoard::on_epoch_begin(CallbackContext& context, std::int64_t) {
  events_->iterations_before = context.model.iterations();
  events_->epoch_began = events_->clock.steady();
}

void TensorBoard::on_step(CallbackContext& context,
                          std::int64_t epoch,
                          std::int64_t step,
                          const Logs& logs) {
  if (!events_->steps.is_due(epoch, step)) return;
  events_->guarded(context, [&] {
    const bool old_names = events_->options.tags == TensorBoardTags::Keras2;
    for (const auto& [name, value] : logs.entries()) {
      events_->scalar(
          {old_names ? "" : "train", "batch_" + name}, events_->steps.done(epoch, step), value);
    }
  });
}

void TensorBoard::on_epoch_end(CallbackContext& context, std::int64_t epoch, Logs& logs) {
  events_->guarded(context, [&] {
    events_->write_epoch(context, epoch, logs);
    const std::int64_t every = events_->options.histogram_freq;
    if (every > 0 && epoch % every == 0) events_->write_weights(context.model, epoch);
  });
}

void TensorBoard::on_train_end(CallbackContext& context, const Logs&) {
  events_->guarded(context, [&] { events_->end_session(); });
}

}  // namespace carnyx
