// Optimizers by name, as configs of Keras 2 and 3 spell them.
#include <array>
#include <type_traits>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"

#include "optimizers/optimizer_fields.h"
#include "optimizers/own_fields.h"

namespace carnyx {
namespace {

bool is_zero_or_false(const Json& value) {
  return (value.is_bool() && !value.as_bool()) || (value.is_number() && value.as_number() == 0);
}

/// Takes out what says nothing, and what older Keras said in other words.
Json plain(Json config, std::string_view optimizer) {
  for (const std::string_view key : {"name", "jit_compile", "is_legacy_optimizer"}) {
    config.erase(key);
  }
  for (const std::string_view key : {"clipnorm",
                                     "global_clipnorm",
                                     "clipvalue",
                                     "gradient_accumulation_steps",
                                     "ema_overwrite_frequency",
                                     "decay"}) {
    const Json* found = config.find(key);
    if (found != nullptr && (found->is_null() || is_zero_or_false(*found))) config.erase(key);
  }
  for (const std::string_view key : {"use_ema", "ema_momentum"}) {
    const Json* found = config.find(key);
    if (found != nullptr && found->is_null()) config.erase(key);
  }
  if (const Json* decay = config.find("decay")) {  // of the learning rate, before Keras 2.11
    throw InvalidArgument(
        format("optimizer {}: option 'decay' is not supported, got {}; make the learning_rate an "
               "InverseTimeDecay with decay_steps 1 and this decay_rate",
               optimizer,
               decay->describe()));
  }
  if (const Json* rate = config.find("lr")) {  // Keras 2's word
    config.set("learning_rate", *rate);
    config.erase("lr");
  }
  return config;
}

template <class O, class Options>
AnyOptimizer make(const Json& config, std::string_view name) {
  Json own = plain(config, name);
  Json common = Json::object();
  const Json names = to_json(OptimizerOptions{});
  for (const auto& [key, value] : names.members()) {
    const Json* found = own.find(key);
    if (found == nullptr || (std::is_same_v<O, AdamW> && key == "weight_decay")) continue;
    common.set(key, *found);
    own.erase(key);
  }
  const std::string where = "optimizer " + std::string(name);
  return O(from_json<Options>(own, where), from_json<OptimizerOptions>(common, where));
}

struct OptimizerEntry {
  std::string_view class_name;
  std::string_view string_name;
  AnyOptimizer (*make)(const Json& config, std::string_view name);
};

constexpr std::array kOptimizers = {
    OptimizerEntry{"SGD", "sgd", make<SGD, SGDOptions>},
    OptimizerEntry{"RMSprop", "rmsprop", make<RMSprop, RMSpropOptions>},
    OptimizerEntry{"Adam", "adam", make<Adam, AdamOptions>},
    OptimizerEntry{"AdamW", "adamw", make<AdamW, AdamWOptions>},
    OptimizerEntry{"Adamax", "adamax", make<Adamax, AdamaxOptions>},
    OptimizerEntry{"Nadam", "nadam", make<Nadam, NadamOptions>},
    OptimizerEntry{"Adadelta", "adadelta", make<Adadelta, AdadeltaOptions>},
    OptimizerEntry{"Adagrad", "adagrad", make<Adagrad, AdagradOptions>},
    OptimizerEntry{"Ftrl", "ftrl", make<Ftrl, FtrlOptions>},
    OptimizerEntry{"Lion", "lion", make<Lion, LionOptions>},
};

}  // namespace

AnyOptimizer optimizer_from_json(const Json& json) {
  const std::string name = json.is_string() ? json.as_string() : json.at("class_name").as_string();
  const Json none = Json::object();
  const Json* config = json.is_object() ? json.find("config") : nullptr;
  std::vector<std::string_view> known;
  for (const OptimizerEntry& entry : kOptimizers) {
    if (name == entry.class_name || name == entry.string_name) {
      return entry.make(config == nullptr ? none : *config, entry.class_name);
    }
    known.push_back(json.is_string() ? entry.string_name : entry.class_name);
  }
  throw InvalidArgument(unknown_name("optimizer", name, known));
}

Json optimizer_to_json(const Optimizer& optimizer) {
  return Json::object({{"module", "keras.optimizers"},
                       {"class_name", optimizer.class_name()},
                       {"config", optimizer.config()},
                       {"registered_name", Json()}});
}

}  // namespace carnyx
