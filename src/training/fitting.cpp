#include "training/fitting.h"

#include <algorithm>
#include <cmath>

#include "carnyx/base/error.h"
#include "carnyx/base/failpoint.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"

namespace carnyx {
namespace {

/// A callback's wish counts where fit() was told of no checkpoints.
CheckpointPolicy checkpoint_policy(const FitOptions& options) {
  CheckpointPolicy policy = options.checkpoint;
  for (const CallbackPtr& callback : options.callbacks) {
    const CheckpointPolicy* wish = callback->checkpoint_policy();
    if (wish == nullptr) continue;
    if (!policy.directory.empty()) {
      throw InvalidArgument(format("fit: {} wants checkpoints in {}, but they go to {}; ask once",
                                   callback->name(),
                                   wish->directory,
                                   policy.directory));
    }
    policy = *wish;
  }
  return policy;
}

std::int64_t shard_size(std::int64_t batch_size, int replicas) {
  return (batch_size + replicas - 1) / replicas;
}

}  // namespace

Fitting::Fitting(Model& model, Model::State& state, TrainingRows rows, FitOptions options)
    : state_(state),
      rows_(std::move(rows)),
      options_(std::move(options)),
      replicas_(options_.replicas != nullptr ? *options_.replicas : alone_),
      reducer_(replicas_),
      local_batch_(shard_size(options_.batch_size, replicas_.size())),
      steps_per_epoch_(options_.steps_per_epoch),
      context_{.model = model, .run = info_} {
  options_.checkpoint = checkpoint_policy(options_);
  require_classes(state_.network, *state_.compiled, rows_.data);
  if (options_.validation_data) {
    require_classes(state_.network, *state_.compiled, *options_.validation_data);
  }
  if (options_.validation_data && options_.validation_stream) {
    throw InvalidArgument("fit: give validation_data or validation_stream, not both");
  }
  if (options_.epochs < 1) {
    throw InvalidArgument(format("fit: epochs must be at least 1, got {}", options_.epochs));
  }
  if (options_.validation_freq < 1) {
    throw InvalidArgument(
        format("fit: validation_freq must be at least 1, got {}", options_.validation_freq));
  }
  const std::int64_t batches = rows_.order->batches_per_epoch();
  if (steps_per_epoch_ < 0) {
    throw InvalidArgument(
        format("fit: steps_per_epoch must be at least 0, got {}", steps_per_epoch_));
  }
  if (steps_per_epoch_ > batches &&
      replicas_.rank() == 0) {  // Keras warns, and ends the epoch with the data
    log::warning("the data has fewer steps than asked for; an epoch ends where it does",
                 {{"steps_per_epoch", steps_per_epoch_},
                  {"steps", batches},
                  {"samples", rows_.samples},
                  {"batch_size", options_.batch_size}});
  }
  if (steps_per_epoch_ == 0 || steps_per_epoch_ > batches) steps_per_epoch_ = batches;
}

void Fitting::begin() {
  Reducer* reducer = replicas_.size() > 1 ? &reducer_ : nullptr;
  const auto graph = training_graph(
      state_.network, *state_.compiled, input_types(rows_.data), local_batch_, reducer);
  position_.sums = EpochSums(tasks_of(state_.network, *state_.compiled), *graph);
  program_ =
      std::make_unique<Program>(*graph, *state_.states, state_.pool, state_.program_options());
  bind_dataset(*program_, rows_.data, Mode::Training);
  info_ = {.epochs = options_.epochs,
           .steps_per_epoch = steps_per_epoch_,
           .samples = rows_.samples,
           .validation_samples = validation_samples(),
           .batch_size = options_.batch_size,
           .rank = replicas_.rank()};
  Json resumed;
  if (!options_.checkpoint.directory.empty() && replicas_.rank() == 0) {
    checkpoints_ = std::make_unique<CheckpointDirectory>(
        options_.checkpoint.directory, CheckpointOptions{.keep = options_.checkpoint.keep});
    if (options_.checkpoint.resume) resumed = resume();
  }
  begin_together(resumed);
  info_.first_epoch = position_.epoch;
}

History Fitting::run() {
  begin();
  if (was_ended_) was_ended_ = context_.stop_training = agree_that_it_ended();
  for (const CallbackPtr& callback : options_.callbacks) callback->on_train_begin(context_);
  if (was_ended_) {
    log::info("a callback had ended this run: nothing is left to train",
              {{"epochs", position_.epoch}, {"iterations", state_.iterations}});
  } else if (position_.epoch < options_.epochs) {
    prime_at(position_.epoch, position_.step);
    do {  // who wants to stop before the first step is heard after it, as in Keras
      run_epoch();
    } while (position_.epoch < options_.epochs && !context_.stop_training);
  }
  if (state_.iterations > 0) state_.compiled->optimizer->finalize_variable_values(*state_.states);
  const Logs last = history_.epochs.empty() ? Logs{} : history_.epochs.back();
  for (const CallbackPtr& callback : options_.callbacks) callback->on_train_end(context_, last);
  return std::move(history_);
}

/// Gathers the rows of a step before any step has run, or after the order was left.
void Fitting::prime_at(std::int64_t epoch, std::int64_t step) {
  rows_.order->seek({epoch, step});
  announce_next();
  program_->prime(next_);
}

/// Takes the next batch from the order and keeps this replica's share of it.
void Fitting::announce_next() {
  const std::int64_t epoch = rows_.order->position().epoch;
  const auto batch = rows_.order->next();
  const auto share = static_cast<std::size_t>(local_batch_);
  const std::size_t first =
      std::min(batch.size(), static_cast<std::size_t>(replicas_.rank()) * share);
  const std::size_t count = std::min(share, batch.size() - first);
  next_ = {.indices = batch.subspan(first, count),
           .samples = rows_.order->samples().subspan(first, count),
           .epoch = epoch,
           .seed = rows_.seed};
  gathered_rows_ = static_cast<std::int64_t>(count);
  gathered_total_ = static_cast<double>(batch.size());
}

void Fitting::run_epoch() {
  for (const CallbackPtr& callback : options_.callbacks) {
    if (position_.step == 0) callback->on_epoch_begin(context_, position_.epoch);
  }
  while (true) {
    run_step();
    call_step_callbacks();
    const bool leaves = agree_to_leave();
    if (context_.stop_training || position_.step == steps_per_epoch_) break;
    if (leaves || checkpoint_due()) save_checkpoint();
    if (leaves) leave();
  }
  end_epoch();
  const bool leaves = agree_to_leave();  // before the checkpoint: it says whether the run has ended
  save_checkpoint();
  if (leaves && position_.epoch < options_.epochs) leave();
}

void Fitting::run_step() {
  const std::int64_t rows = gathered_rows_;
  const double total = gathered_total_;
  const bool last_of_epoch = position_.step + 1 == steps_per_epoch_;
  const bool last_of_run = last_of_epoch && position_.epoch + 1 == options_.epochs;
  next_ = {};
  if (last_of_epoch && !last_of_run) rows_.order->seek({position_.epoch + 1, 0});
  if (!last_of_run) announce_next();
  program_->run({.seed = state_.options.seed,
                 .step = state_.iterations,
                 .first_row = replicas_.rank() * local_batch_,
                 .valid_rows = rows,
                 .gradient_scale = 1 / total,
                 .learning_rate = state_.step_learning_rate(),
                 .next = next_});
  position_.sums.add_step(*program_, rows);
  if (state_.iterations == 0) log::debug("first step done");
  failpoint("fit.step");
  ++position_.step;
  ++state_.iterations;  // once per step, not per weight: bias correction must not run ahead
}

/// This replica's own: callbacks may differ between ranks, and a collective call must not.
Logs Fitting::local_means() const {
  return position_.sums.logs();
}

void Fitting::call_step_callbacks() {
  const auto due = [&](const CallbackPtr& callback) {
    const std::int64_t every = callback->every_steps();
    return every > 0 && (position_.step % every == 0 || position_.step == steps_per_epoch_);
  };
  if (std::ranges::none_of(options_.callbacks, due)) return;
  const Logs logs = local_means();
  for (const CallbackPtr& callback : options_.callbacks) {
    if (due(callback)) callback->on_step(context_, position_.epoch, position_.step - 1, logs);
  }
}

void Fitting::end_epoch() {
  Logs logs = running_means();
  if (!std::isfinite(logs.at("loss"))) {
    log::warning("the loss is not finite; lower the learning rate or check the data",
                 {{"epoch", position_.epoch + 1}, {"loss", logs.at("loss")}});
  }
  const bool validates = (position_.epoch + 1) % options_.validation_freq == 0;
  if (validates && info_.validation_samples > 0) {
    const Logs validation = validate();
    for (const auto& [name, value] : validation.entries()) logs.set("val_" + name, value);
  }
  for (const CallbackPtr& callback : options_.callbacks) {
    callback->on_epoch_end(context_, position_.epoch, logs);
  }
  history_.epochs.push_back(std::move(logs));
  ++position_.epoch;
  position_.step = 0;
  position_.sums.clear();
}

std::int64_t Fitting::validation_samples() const {
  if (options_.validation_stream) return options_.validation_stream->samples();
  if (options_.validation_data) return options_.validation_data->samples();
  return rows_.split.samples() == 0 ? 0 : rows_.split.samples() - rows_.samples;
}

Logs Fitting::validate() const {
  const std::int64_t batch_size = options_.batch_size;
  if (options_.validation_stream) return state_.evaluate(*options_.validation_stream, batch_size);
  const bool separate = options_.validation_data.has_value();
  return state_.evaluate(separate ? *options_.validation_data : rows_.split,
                         separate ? 0 : rows_.samples,
                         info_.validation_samples,
                         batch_size);
}

/// What the same command will do.
std::string Fitting::what_goes_on() const {
  if (!saves_checkpoints_) return "";
  if (is_kept_) return "; the same command goes on from here";
  const std::string newest = checkpoints_->newest();
  return newest.empty() ? "; nothing of it is kept, the same command starts anew"
                        : format(
                              "; what came after {} is lost, the same command goes on from "
                              "there",
                              newest);
}

void Fitting::leave() const {
  const std::string where = position_.step == 0
                                ? format("epoch {} of {}", position_.epoch, options_.epochs)
                                : format("step {} of {} in epoch {} of {}",
                                         position_.step,
                                         steps_per_epoch_,
                                         position_.epoch + 1,
                                         options_.epochs);
  throw Cancelled("stopped after " + where + what_goes_on());
}

}  // namespace carnyx
