// Options as fields (base/fields.h), read from a layer's config: what is absent or null keeps its
// default, as Keras leaves out what an older one did not know.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/fields.h"
#include "carnyx/base/format.h"
#include "carnyx/layers/activations.h"
#include "carnyx/layers/image_options.h"
#include "carnyx/layers/initializers.h"

#include "layers/layer_config.h"

namespace carnyx {

/// One number, or one each for height and width. Throws InvalidArgument.
void read_config(const Json& json, Size2D& field);
/// One number, one each for height and width, or two for each. Throws InvalidArgument.
void read_config(const Json& json, Margins2D& field);
/// A name, or an object that has one.
void read_config(const Json& json, Activation& field);
/// A number or a list of them.
void read_config(const Json& json, std::vector<std::int64_t>& field);
/// A list of numbers and nulls.
void read_config(const Json& json, std::vector<std::optional<std::int64_t>>& field);
inline void read_config(const Json& json, bool& field) {
  field = json.as_bool();
}
/// Or a list of one: Keras 2's axis of BatchNormalization.
inline void read_config(const Json& json, std::int64_t& field) {
  field = json.is_array() && json.size() == 1 ? json.at(std::size_t{0}).as_int() : json.as_int();
}
inline void read_config(const Json& json, double& field) {
  field = json.as_number();
}
inline void read_config(const Json& json, AnyInitializer& field) {
  read_json(json, field);
}
inline void read_config(const Json& json, std::optional<AnyRegularizer>& field) {
  field = regularizer_from_json(json);
}
inline void read_config(const Json& json, std::optional<AnyConstraint>& field) {
  field = constraint_from_json(json);
}
template <fields::NamedEnum E>
void read_config(const Json& json, E& field) {
  from_name(json.as_string(), field);
}
template <class T>
void read_config(const Json& json, std::optional<T>& field) {
  read_config(json, field.emplace());
}

/// Fills each field that a config has; errors name the layer and the option.
class ConfigReader {
 public:
  explicit ConfigReader(const LayerConfig& config) : config_(config) {}

  template <class T>
  void operator()(std::string_view name, T& field) {
    known_.push_back(name);
    const Json* found = config_.find(name);
    if (found == nullptr) return;
    try {
      read_config(*found, field);
    } catch (const InvalidArgument& error) {
      throw InvalidArgument(format("layer '{}': {}: {}", config_.layer(), name, error.what()));
    }
  }
  [[nodiscard]] std::vector<std::string_view> known() && { return std::move(known_); }

 private:
  const LayerConfig& config_;
  std::vector<std::string_view> known_;
};

/// The options of a layer, from its config. `others`: keys that may be there besides. Throws
/// InvalidArgument for any other key, naming the nearest, and for a value that does not fit.
template <class Options>
Options options_from(const LayerConfig& config,
                     std::initializer_list<std::string_view> others = {}) {
  Options options;
  ConfigReader reader(config);
  visit_fields(reader, options);
  std::vector<std::string_view> known = std::move(reader).known();
  known.insert(known.end(), others);
  config.allow(known);
  options.input_shape = config.input_shape();
  options.name = config.name();
  return options;
}

/// The options as Keras's config has them, in the order of the fields.
template <class Options>
Json config_of(const Options& options) {
  return to_json(options);
}

}  // namespace carnyx
