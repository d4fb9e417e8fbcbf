// What a run leaves in a checkpoint, and how it goes on from one.
#include <map>
#include <optional>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/fields.h"
#include "carnyx/base/format.h"
#include "carnyx/base/hash.h"
#include "carnyx/base/log.h"
#include "carnyx/kernels/isa.h"

#include "training/compile_config.h"
#include "training/fitting.h"

namespace carnyx {
namespace {

Json logs_to_json(const Logs& logs) {
  Json object = Json::object();
  for (const auto& [name, value] : logs.entries()) object.set(name, value);
  return object;
}

Logs logs_from_json(const Json& object) {
  Logs logs;
  for (const auto& [name, value] : object.members()) logs.set(name, value.as_number());
  return logs;
}

/// The name a callback's memory has in a checkpoint: two of one kind are told apart by their order.
std::vector<std::string> keys_of(const std::vector<CallbackPtr>& callbacks) {
  std::map<std::string, int> seen;
  std::vector<std::string> keys;
  for (const CallbackPtr& callback : callbacks) {
    const std::string name = callback->name();
    const int count = ++seen[name];
    keys.push_back(count == 1 ? name : format("{}#{}", name, count));
  }
  return keys;
}

// No layer's name can begin so: a slash ends it.
std::string tensor_prefix(const std::string& key) {
  return "/callbacks/" + key + "/";
}

/// Where two values differ first: ".config.learning_rate" of two optimizers, and what stands there.
struct Difference {
  std::string path;
  std::string old, now;
};

std::string said(const Json* json) {
  return json == nullptr ? "nothing" : json->dump();
}

std::optional<Difference> difference(const Json* old, const Json* now, const std::string& path) {
  if (old != nullptr && now != nullptr && *old == *now) return std::nullopt;
  if (old != nullptr && now != nullptr && old->is_object() && now->is_object()) {
    for (const Json* members : {now, old}) {
      for (const auto& [key, value] : members->members()) {
        auto inner = difference(old->find(key), now->find(key), path + "." + key);
        if (inner) return inner;
      }
    }
  }
  return Difference{path, said(old), said(now)};
}

/// The kernels decide the last bits: another set resumes, but not bit for bit.
Json kernel_set(const Program& program) {
  return Json::object({{"isa", kernels::name_of(kernels::selected_isa())},
                       {"plan", sha256_hex(program.describe())}});
}

void warn_of_other_bits(const Json& saved, const Json& now) {
  if (saved == now) return;
  if (saved.at("isa") == now.at("isa")) {
    log::warning(
        "resumed by a build that plans the step otherwise: results may differ in their last bits");
    return;
  }
  log::warning("resumed on another kernel set: results may differ in their last bits",
               {{"checkpoint", saved.at("isa").as_string()}, {"now", now.at("isa").as_string()}});
}

}  // namespace

bool Fitting::checkpoint_due() const {
  const std::int64_t every = options_.checkpoint.every_steps;
  return saves_checkpoints_ && every > 0 && state_.iterations % every == 0;
}

/// What must be the same for a run to go on as itself.
Json Fitting::run_identity() const {
  const Json compiled = compile_config(*state_.compiled);
  Json identity = Json::object({{"seed", static_cast<std::int64_t>(state_.options.seed)},
                                {"batch_size", options_.batch_size},
                                {"samples", rows_.samples},
                                {"steps_per_epoch", steps_per_epoch_},
                                {"shuffle", options_.shuffle},
                                {"precision", name_of(state_.options.precision)},
                                {"optimizer", compiled.at("optimizer")},
                                {"loss", compiled.at("loss")},
                                {"loss_weights", compiled.at("loss_weights")},
                                {"results", Json::array_of(position_.sums.names())},
                                {"weights_digest", rows_.weights_identity},
                                {"data_digest", rows_.data_identity},
                                {"model_digest", sha256_hex(state_.network.to_json().dump())}});
  for (const auto& [key, value] : rows_.order_identity.members()) identity.set(key, value);
  const Augmentation& augmentation = rows_.data.augmentation;
  if (augmentation != Augmentation{}) identity.set("augmentation", to_json(augmentation));
  return identity;
}

Json Fitting::state_to_json(const Json& shares) const {
  Json history = Json::array();
  for (const Logs& logs : history_.epochs) history.push_back(logs_to_json(logs));
  Json callbacks = Json::object();
  const std::vector<std::string> keys = keys_of(options_.callbacks);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    callbacks.set(keys[i], options_.callbacks[i]->state());
  }
  return Json::object({{"run", run_identity()},
                       {"kernels", kernel_set(*program_)},
                       {"epoch", position_.epoch},
                       {"step", position_.step},
                       {"shares", shares},
                       {"iterations", state_.iterations},
                       {"learning_rate", state_.learning_rate},
                       {"stop_training", context_.stop_training},
                       {"history", std::move(history)},
                       {"callbacks", std::move(callbacks)}});
}

/// A checkpoint that can't be written is no reason to stop: the one before it is still there.
void Fitting::save_checkpoint() {
  is_kept_ = saves_checkpoints_;
  if (!saves_checkpoints_) return;
  const Json shares = gather_shares();
  if (checkpoints_ == nullptr) return;
  Checkpoint checkpoint{.step = state_.iterations, .tensors = {}, .state = state_to_json(shares)};
  for (const auto& entry : state_.states->entries()) {
    checkpoint.tensors.push_back({entry.spec.name, state_.states->read(entry.spec.name)});
  }
  const std::vector<std::string> keys = keys_of(options_.callbacks);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (NamedTensor& kept : options_.callbacks[i]->tensors()) {
      checkpoint.tensors.push_back({tensor_prefix(keys[i]) + kept.name, kept.tensor});
    }
  }
  try {
    checkpoints_->save(checkpoint);
  } catch (const IoError& error) {
    is_kept_ = false;
    log::warning("checkpoint not written, the one before it stays; training goes on",
                 {{"step", state_.iterations}, {"reason", error.what()}});
  }
}

void Fitting::require_same_run(const Json& saved) const {
  const Json current = run_identity();
  const auto found = difference(&saved, &current, "");
  if (!found) return;
  const std::string name = found->path.substr(1);
  std::string what = format("with {} {}, this one has {}", name, found->old, found->now);
  if (name == "data_digest") what = "on other data";
  if (name == "data_digest" && !rows_.data.name.empty()) {
    what += format(", this one is on {}", rows_.data.name);
  }
  if (name == "model_digest") what = "of another model";
  if (name == "weights_digest") what = "with other sample weights";
  throw InvalidArgument(
      format("checkpoint in {}: it belongs to a run {}; repeat the first command, or start anew "
             "with --overwrite or another --job-dir",
             options_.checkpoint.directory,
             what));
}

/// The state that the run goes on from; null if there is none.
Json Fitting::resume() {
  const auto checkpoint = checkpoints_->load_latest();
  if (!checkpoint) return {};
  require_same_run(checkpoint->state.at("run"));
  for (const NamedTensor& entry : checkpoint->tensors) {
    if (entry.name.starts_with('/')) {
      callback_tensors_.push_back(entry);
    } else {
      state_.states->write(entry.name, entry.tensor);
    }
  }
  restore(checkpoint->state);
  warn_of_other_bits(checkpoint->state.at("kernels"), kernel_set(*program_));
  log::info("resumed",
            {{"epoch", position_.epoch + 1},
             {"step", position_.step},
             {"iterations", state_.iterations}});
  return checkpoint->state;
}

void Fitting::restore(const Json& state) {
  position_.epoch = state.at("epoch").as_int();
  position_.step = state.at("step").as_int();
  restore_shares(state.at("shares"));
  state_.iterations = state.at("iterations").as_int();
  state_.learning_rate = state.at("learning_rate").as_number();
  for (const Json& logs : state.at("history").items()) {
    history_.epochs.push_back(logs_from_json(logs));
  }
  was_ended_ = context_.stop_training = state.at("stop_training").as_bool();
  const std::vector<std::string> keys = keys_of(options_.callbacks);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Json* saved = state.at("callbacks").find(keys[i]);
    if (saved != nullptr) options_.callbacks[i]->restore(*saved);
  }
}

void Fitting::restore_callback_tensors() {
  const std::vector<std::string> keys = keys_of(options_.callbacks);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    std::vector<NamedTensor> kept;
    const std::string prefix = tensor_prefix(keys[i]);
    for (const NamedTensor& entry : callback_tensors_) {
      if (!entry.name.starts_with(prefix)) continue;
      kept.push_back({entry.name.substr(prefix.size()), entry.tensor});
    }
    if (!kept.empty()) options_.callbacks[i]->restore_tensors(std::move(kept));
  }
  callback_tensors_.clear();
}

}  // namespace carnyx
