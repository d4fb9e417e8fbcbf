#include "carnyx/optimizers/optimizers.h"

#include <array>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/fields.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"

#include "optimizers/update_rules.h"

namespace carnyx {

template <class V>
void visit_fields(V& visit, SGDOptions& o) {
  visit("learning_rate", o.learning_rate);
  visit("momentum", o.momentum);
  visit("nesterov", o.nesterov);
  visit("global_clipnorm", o.global_clipnorm);
}

template <class V>
void visit_fields(V& visit, RMSpropOptions& o) {
  visit("learning_rate", o.learning_rate);
  visit("rho", o.rho);
  visit("momentum", o.momentum);
  visit("epsilon", o.epsilon);
  visit("centered", o.centered);
  visit("epsilon_outside_root", o.epsilon_outside_root);
  visit("global_clipnorm", o.global_clipnorm);
}

template <class V>
void visit_fields(V& visit, AdamOptions& o) {
  visit("learning_rate", o.learning_rate);
  visit("beta_1", o.beta_1);
  visit("beta_2", o.beta_2);
  visit("epsilon", o.epsilon);
  visit("amsgrad", o.amsgrad);
  visit("global_clipnorm", o.global_clipnorm);
}

namespace {

/// NaN fails it too.
void require_range(
    std::string_view optimizer, std::string_view option, double value, double low, double high) {
  if (value >= low && value <= high) return;
  throw InvalidArgument(
      format("{}: {} must be in [{}, {}], got {}", optimizer, option, low, high, value));
}

void require_decay(std::string_view optimizer, std::string_view option, double value) {
  if (value >= 0 && value < 1) return;
  throw InvalidArgument(format("{}: {} must be in [0, 1), got {}", optimizer, option, value));
}

/// The options that are this optimizer's alone.
template <class Options>
Json own(const Options& options) {
  Json config = to_json(options);
  config.erase("learning_rate");
  config.erase("global_clipnorm");
  return config;
}

}  // namespace

SGD::SGD(SGDOptions options)
    : Optimizer({options.learning_rate, options.global_clipnorm}), options_(options) {
  require_range("SGD", "momentum", options.momentum, 0, 1);
}
Json SGD::own_config() const {
  return own(options_);
}
std::shared_ptr<const kernels::UpdateRule> SGD::update_rule() const {
  return std::make_shared<const SgdRule>(
      kernels::SgdParameters{.momentum = options_.momentum, .nesterov = options_.nesterov});
}

RMSprop::RMSprop(RMSpropOptions options)
    : Optimizer({options.learning_rate, options.global_clipnorm}), options_(options) {
  require_decay("RMSprop", "rho", options.rho);
  require_range("RMSprop", "momentum", options.momentum, 0, 1);
  require_range("RMSprop", "epsilon", options.epsilon, 0, 1);
}
Json RMSprop::own_config() const {
  Json config = own(options_);
  config.erase("epsilon_outside_root");  // no word of Keras's: its files could not be loaded
  return config;
}
std::shared_ptr<const kernels::UpdateRule> RMSprop::update_rule() const {
  return std::make_shared<const RmspropRule>(
      kernels::RmspropParameters{.rho = options_.rho,
                                 .momentum = options_.momentum,
                                 .epsilon = options_.epsilon,
                                 .centered = options_.centered,
                                 .epsilon_outside_root = options_.epsilon_outside_root});
}

Adam::Adam(AdamOptions options)
    : Optimizer({options.learning_rate, options.global_clipnorm}), options_(options) {
  require_decay("Adam", "beta_1", options.beta_1);
  require_decay("Adam", "beta_2", options.beta_2);
  require_range("Adam", "epsilon", options.epsilon, 0, 1);
}
Json Adam::own_config() const {
  return own(options_);
}
std::shared_ptr<const kernels::UpdateRule> Adam::update_rule() const {
  return std::make_shared<const AdamRule>(kernels::AdamParameters{.beta_1 = options_.beta_1,
                                                                  .beta_2 = options_.beta_2,
                                                                  .epsilon = options_.epsilon,
                                                                  .amsgrad = options_.amsgrad});
}

namespace {

/// Options of Keras's base class that have their neutral value in a config we can follow.
void drop_neutral(Json& config, std::string_view optimizer) {
  for (const std::string_view key : {"name",
                                     "jit_compile",
                                     "is_legacy_optimizer",
                                     "ema_momentum",
                                     "ema_overwrite_frequency",
                                     "loss_scale_factor"}) {
    config.erase(key);
  }
  for (const std::string_view key : {"weight_decay",
                                     "clipnorm",
                                     "clipvalue",
                                     "use_ema",
                                     "gradient_accumulation_steps",
                                     "decay"}) {  // the learning rate's, in Keras before 2.11
    const Json* found = config.find(key);
    if (found == nullptr) continue;
    const bool neutral = found->is_null() || (found->is_bool() && !found->as_bool()) ||
                         (found->is_number() && found->as_number() == 0);
    if (!neutral) {
      throw InvalidArgument(format("optimizer {}: option '{}' is not supported yet, got {}",
                                   optimizer,
                                   key,
                                   found->describe()));
    }
    config.erase(key);
  }
  if (const Json* rate = config.find("lr")) {  // Keras 2's word
    config.set("learning_rate", *rate);
    config.erase("lr");
  }
}

template <class O, class Options>
AnyOptimizer make(const Json& config, std::string_view name) {
  Json own_part = config;
  drop_neutral(own_part, name);
  return O(from_json<Options>(own_part, "optimizer " + std::string(name)));
}

struct Entry {
  std::string_view class_name;
  std::string_view string_name;
  AnyOptimizer (*make)(const Json& config, std::string_view name);
};

constexpr std::array kOptimizers = {
    Entry{"SGD", "sgd", make<SGD, SGDOptions>},
    Entry{"RMSprop", "rmsprop", make<RMSprop, RMSpropOptions>},
    Entry{"Adam", "adam", make<Adam, AdamOptions>},
};

}  // namespace

AnyOptimizer optimizer_from_json(const Json& json) {
  const std::string name = json.is_string() ? json.as_string() : json.at("class_name").as_string();
  const Json none = Json::object();
  const Json* config = json.is_object() ? json.find("config") : nullptr;
  std::vector<std::string_view> known;
  for (const Entry& entry : kOptimizers) {
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
