// Initializers by name, as configs of Keras 2 and 3 spell them.
#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/fields.h"
#include "carnyx/base/nearest.h"
#include "carnyx/layers/initializers.h"

namespace carnyx {
namespace {

constexpr std::array<std::pair<std::string_view, FanMode>, 3> kFanModes = {
    {{"fan_in", FanMode::In}, {"fan_out", FanMode::Out}, {"fan_avg", FanMode::Average}}};
constexpr std::array<std::pair<std::string_view, Distribution>, 4> kDistributions = {
    {{"uniform", Distribution::Uniform},
     {"truncated_normal", Distribution::TruncatedNormal},
     {"untruncated_normal", Distribution::UntruncatedNormal},
     {"normal", Distribution::TruncatedNormal}}};  // Keras 2's word

template <class E, std::size_t N>
void find_name(std::string_view what,
               std::string_view name,
               const std::array<std::pair<std::string_view, E>, N>& names,
               E& value) {
  std::vector<std::string_view> known;
  for (const auto& [spelling, meaning] : names) {
    known.push_back(spelling);
    if (spelling != name) continue;
    value = meaning;
    return;
  }
  throw InvalidArgument(unknown_name(what, name, known));
}

template <class E, std::size_t N>
std::string_view spelling_of(E value, const std::array<std::pair<std::string_view, E>, N>& names) {
  for (const auto& [spelling, meaning] : names) {
    if (meaning == value) return spelling;
  }
  return {};
}

double number(const Json& config, std::string_view key, double otherwise) {
  const Json* found = config.find(key);
  return found == nullptr || found->is_null() ? otherwise : found->as_number();
}

std::optional<std::int64_t> seed_of(const Json& config) {
  const Json* found = config.find("seed");
  if (found == nullptr || !found->is_integer()) return std::nullopt;  // null, or a seed generator
  return found->as_int();
}

VarianceScaling variance_scaling(const Json& config) {
  VarianceScalingOptions options{.scale = number(config, "scale", 1), .seed = seed_of(config)};
  if (const Json* mode = config.find("mode")) from_name(mode->as_string(), options.mode);
  if (const Json* kind = config.find("distribution"))
    from_name(kind->as_string(), options.distribution);
  return VarianceScaling(options);
}

/// A fan of named axes is not made of the shape as ours are.
void require_default_axes(std::string_view name, const Json& config) {
  for (const std::string_view key : {"input_axes", "output_axes"}) {
    const Json* axes = config.find(key);
    if (axes == nullptr || axes->is_null()) continue;
    throw InvalidArgument("initializer " + std::string(name) + ": option '" + std::string(key) +
                          "' is not supported, got " + axes->describe() +
                          "; leave it out of the model");
  }
}

/// Short names of Keras, and class names of older ones.
std::string_view unabbreviated(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kOthers = {
      {{"zero", "zeros"},
       {"one", "ones"},
       {"normal", "random_normal"},
       {"uniform", "random_uniform"},
       {"IdentityInitializer", "Identity"},
       {"OrthogonalInitializer", "Orthogonal"}}};
  for (const auto& [other, full] : kOthers) {
    if (name == other) return full;
  }
  return name;
}

struct InitializerEntry {
  std::string_view class_name;
  std::string_view string_name;
  std::array<std::string_view, 4> options;
  AnyInitializer (*make)(const Json& config);
};

/// Of the config, beside what Keras 2 adds to all and what has no effect if it is null.
void require_known_options(const InitializerEntry& entry, const Json& config) {
  std::vector<std::string_view> known = {"dtype", "input_axes", "output_axes"};
  known.insert(known.begin(), entry.options.begin(), std::ranges::find(entry.options, ""));
  fields::reject_unknown_keys(config, known, "initializer " + std::string(entry.class_name));
}

// clang-format off
constexpr std::array kInitializers = {
    InitializerEntry{"Zeros", "zeros", {}, [](const Json&) -> AnyInitializer { return Zeros(); }},
    InitializerEntry{"Ones", "ones", {}, [](const Json&) -> AnyInitializer { return Ones(); }},
    InitializerEntry{"Constant", "constant", {"value"}, [](const Json& c) -> AnyInitializer {
      return Constant({.value = number(c, "value", 0)}); }},
    InitializerEntry{"RandomUniform", "random_uniform", {"minval", "maxval", "seed"}, [](const Json& c) -> AnyInitializer {
      return RandomUniform({number(c, "minval", -0.05), number(c, "maxval", 0.05), seed_of(c)}); }},
    InitializerEntry{"RandomNormal", "random_normal", {"mean", "stddev", "seed"}, [](const Json& c) -> AnyInitializer {
      return RandomNormal({number(c, "mean", 0), number(c, "stddev", 0.05), seed_of(c)}); }},
    InitializerEntry{"TruncatedNormal", "truncated_normal", {"mean", "stddev", "seed"}, [](const Json& c) -> AnyInitializer {
      return TruncatedNormal({number(c, "mean", 0), number(c, "stddev", 0.05), seed_of(c)}); }},
    InitializerEntry{"VarianceScaling", "variance_scaling", {"scale", "mode", "distribution", "seed"}, [](const Json& c) -> AnyInitializer { return variance_scaling(c); }},
    InitializerEntry{"GlorotUniform", "glorot_uniform", {"seed"}, [](const Json& c) -> AnyInitializer { return VarianceScaling::glorot_uniform(seed_of(c)); }},
    InitializerEntry{"GlorotNormal", "glorot_normal", {"seed"}, [](const Json& c) -> AnyInitializer { return VarianceScaling::glorot_normal(seed_of(c)); }},
    InitializerEntry{"HeUniform", "he_uniform", {"seed"}, [](const Json& c) -> AnyInitializer { return VarianceScaling::he_uniform(seed_of(c)); }},
    InitializerEntry{"HeNormal", "he_normal", {"seed"}, [](const Json& c) -> AnyInitializer { return VarianceScaling::he_normal(seed_of(c)); }},
    InitializerEntry{"LecunUniform", "lecun_uniform", {"seed"}, [](const Json& c) -> AnyInitializer { return VarianceScaling::lecun_uniform(seed_of(c)); }},
    InitializerEntry{"LecunNormal", "lecun_normal", {"seed"}, [](const Json& c) -> AnyInitializer { return VarianceScaling::lecun_normal(seed_of(c)); }},
    InitializerEntry{"Orthogonal", "orthogonal", {"gain", "seed"}, [](const Json& c) -> AnyInitializer {
      return Orthogonal({number(c, "gain", 1), seed_of(c)}); }},
    InitializerEntry{"Identity", "identity", {"gain"}, [](const Json& c) -> AnyInitializer {
      return Identity({.gain = number(c, "gain", 1)}); }},
};
// clang-format on

}  // namespace

std::string_view name_of(FanMode mode) {
  return spelling_of(mode, kFanModes);
}
void from_name(std::string_view name, FanMode& mode) {
  find_name("VarianceScaling mode", name, kFanModes, mode);
}
std::string_view name_of(Distribution distribution) {
  return spelling_of(distribution, kDistributions);
}
void from_name(std::string_view name, Distribution& distribution) {
  find_name("VarianceScaling distribution", name, kDistributions, distribution);
}

Json json_of(const AnyInitializer& initializer) {
  return Json::object({{"module", "keras.initializers"},
                       {"class_name", initializer->class_name()},
                       {"config", initializer->config()},
                       {"registered_name", Json()}});
}

void read_json(const Json& json, AnyInitializer& initializer) {
  const std::string given = json.is_string() ? json.as_string() : json.at("class_name").as_string();
  const std::string_view name = unabbreviated(given);
  const Json none = Json::object();
  const Json* config = json.is_object() ? json.find("config") : nullptr;
  std::vector<std::string_view> known;
  for (const InitializerEntry& entry : kInitializers) {
    known.push_back(json.is_string() ? entry.string_name : entry.class_name);
    if (name != entry.class_name && name != entry.string_name) continue;
    if (config != nullptr) require_known_options(entry, *config);
    if (config != nullptr) require_default_axes(name, *config);
    initializer = entry.make(config == nullptr ? none : *config);
    return;
  }
  throw InvalidArgument(unknown_name("initializer", given, known));
}

}  // namespace carnyx
