#include "trainers/recipe.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/fields.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"
#include "carnyx/base/yaml.h"
#include "carnyx/layers/registry.h"

#include "trainers/recipe_graph.h"

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 4> kSections = {"model", "compile", "data", "fit"};
constexpr std::array<std::string_view, 3> kCompileKeys = {"optimizer", "loss", "metrics"};

class RecipeReader {
 public:
  explicit RecipeReader(const std::string& path)
      : path_(path), yaml_(Yaml::parse(read_file(path, kMostBytes), path)) {}

  ModelSource read() {
    const Json& recipe = yaml_.value();
    require_object("$", recipe);
    require_known("$", recipe, kSections);
    if (!recipe.contains("model")) {
      throw InvalidArgument(format("{}: expected a section 'model' with the layers", path_));
    }
    ModelSource source{.network = read_network(recipe.at("model"))};
    if (const Json* compile = recipe.find("compile")) {
      source.compile_config = read_compile(*compile);
    }
    if (const Json* data = recipe.find("data")) read_data_section(*data, source);
    if (const Json* fit = recipe.find("fit")) read_fields("$.fit", *fit, source.job);
    return source;
  }

 private:
  static constexpr std::uint64_t kMostBytes = 1 << 20;

  void require_object(const std::string& at, const Json& json) const {
    if (json.is_object()) return;
    fail(at, format("expected names with values, got {}", json.describe()));
  }
  template <class Known>
  void require_known(const std::string& at, const Json& json, const Known& known) const {
    for (const auto& [key, value] : json.members()) {
      if (std::ranges::find(known, key) != known.end()) continue;
      fail(at + "." + key, unknown_name("key", key, known));
    }
  }
  [[noreturn]] void fail(const std::string& at, const std::string& problem) const {
    throw InvalidArgument(yaml_.place_of(at) + ": " + problem);
  }

  /// What `make` gives; what it refuses is said with the place.
  template <class Make>
  auto in_words_of(const std::string& at, const Make& make) const {
    try {
      return make();
    } catch (const Error& error) {
      const std::string text = error.what();
      if (text.starts_with(path_)) throw InvalidArgument(text);
      fail(at, text);
    }
  }

  /// Each member into the field of its name, with its own line in errors.
  template <class T>
  void read_fields(const std::string& at, const Json& section, T& options) const {
    require_object(at, section);
    for (const auto& [key, value] : section.members()) {
      const Json one = Json::object({{key, value}});
      fields::Reader reader(one, yaml_.place_of(at + "." + key));
      visit_fields(reader, options);
      reader.reject_unknown();
    }
  }

  /// A layer of a recipe, and the names of those it is called on if it says them.
  struct RecipeLayer {
    std::string at;
    AnyLayer layer;
    std::optional<std::vector<std::string>> inputs;
  };

  /// The option "inputs", one name or a list of them, taken out of the config.
  [[nodiscard]] std::optional<std::vector<std::string>> take_inputs(const std::string& where,
                                                                    Json& config) const {
    const Json* given = config.find("inputs");
    if (given == nullptr) return std::nullopt;
    std::vector<std::string> names;
    const std::vector<Json> list = given->is_array() ? given->items() : std::vector<Json>{*given};
    for (const Json& name : list) {
      if (!name.is_string()) {
        fail(where + ".inputs", format("expected names of layers, got {}", name.describe()));
      }
      names.push_back(name.as_string());
    }
    if (names.empty()) fail(where + ".inputs", "expected names of layers, got none");
    config.erase("inputs");
    return names;
  }

  /// Keras's function Input(shape), as the layer that it makes.
  static void translate_input(Json& layer) {
    if (layer.at("class_name") != Json("Input")) return;
    Json config = layer.at("config");
    if (const Json* shape = config.find("shape")) config.set("input_shape", *shape);
    config.erase("shape");
    layer.set("class_name", "InputLayer").set("config", std::move(config));
  }

  /// {"Dense": {"units": 3}}, or a name alone.
  [[nodiscard]] RecipeLayer read_layer(const std::string& at, const Json& item) const {
    Json layer = Json::object();
    if (item.is_string()) {
      layer = Json::object({{"class_name", item}, {"config", Json::object()}});
    } else if (item.is_object() && item.size() == 1) {
      const auto& [name, config] = item.members()[0];
      layer = Json::object(
          {{"class_name", name}, {"config", config.is_null() ? Json::object() : config}});
    } else {
      fail(at, format("expected a layer, as 'Dense: {{units: 3}}', got {}", item.describe()));
    }
    const std::string where = at + "." + layer.at("class_name").as_string();
    if (!layer.at("config").is_object()) {
      fail(where,
           format("expected options by their names, as 'Dense: {{units: 3}}', got {}",
                  layer.at("config").describe()));
    }
    Json config = layer.at("config");
    const auto inputs = take_inputs(where, config);
    layer.set("config", std::move(config));
    translate_input(layer);
    const std::string& place = item.is_string() ? at : where;
    // Read as a file's, its values know their options, which errors then name.
    return in_words_of(place, [&] {
      const Json placed = Json::parse(layer.dump(), yaml_.place_of(place));
      return RecipeLayer{place, layer_from_json(placed), inputs};
    });
  }

  [[nodiscard]] Network read_network(const Json& model) const {
    if (!model.is_array() || model.size() == 0) {
      fail("$.model", format("expected a list of layers, got {}", model.describe()));
    }
    std::vector<RecipeLayer> layers;
    for (std::size_t i = 0; i < model.size(); ++i) {
      layers.push_back(read_layer(format("$.model[{}]", i), model.at(i)));
      require_own_name(layers);
      require_inputs(layers.back());
    }
    const bool is_graph = std::ranges::any_of(
        layers, [](const RecipeLayer& layer) { return layer.inputs.has_value(); });
    return in_words_of("$.model", [&] { return is_graph ? graph_of(layers) : row_of(layers); });
  }

  /// Throws if the last of the layers has a name that is taken.
  void require_own_name(const std::vector<RecipeLayer>& layers) const {
    const std::string name = layers.back().layer->name();
    for (std::size_t i = 0; !name.empty() && i + 1 < layers.size(); ++i) {
      if (layers[i].layer->name() != name) continue;
      fail(layers.back().at,
           format("every layer needs a name of its own, and '{}' is the name of layer {} too",
                  name,
                  i + 1));
    }
  }

  /// Keras refuses to merge what is no list; here it would pass its one input on, unchanged.
  void require_inputs(const RecipeLayer& layer) const {
    if (layer.inputs || !layer.layer->is_called_on_list()) return;
    const std::string name = layer.layer->class_name();
    fail(layer.at,
         format("{} merges several layers; name them, as '{}: {{inputs: [a, b]}}'", name, name));
  }

  [[nodiscard]] static Network row_of(const std::vector<RecipeLayer>& layers) {
    std::vector<AnyLayer> row;
    for (const RecipeLayer& layer : layers) row.push_back(layer.layer);
    return Network(std::move(row));
  }

  [[nodiscard]] Network graph_of(const std::vector<RecipeLayer>& layers) const {
    RecipeGraph graph;
    for (const RecipeLayer& layer : layers) {
      in_words_of(layer.at, [&] { graph.add(layer.layer, layer.inputs); });
    }
    return graph.finish();
  }

  /// {"Adam": {"learning_rate": 0.1}} as Keras's config object; names stay.
  [[nodiscard]] Json keras_object(const std::string& at, const Json& json) const {
    if (json.is_string()) return json;
    if (!json.is_object() || json.size() != 1) {
      fail(at, format("expected a name, or 'Name: {{option: value}}', got {}", json.describe()));
    }
    const auto& [name, config] = json.members()[0];
    return Json::object(
        {{"class_name", name}, {"config", config.is_null() ? Json::object() : config}});
  }

  [[nodiscard]] Json read_compile(const Json& compile) const {
    require_object("$.compile", compile);
    require_known("$.compile", compile, kCompileKeys);
    Json config = Json::object();
    for (const auto& [key, value] : compile.members()) {
      const std::string at = "$.compile." + key;
      if (value.is_null()) continue;
      try {
        if (key == "optimizer") {
          const Json given =
              keras_object(at, value);  // as it is: Keras has no word for some options
          static_cast<void>(optimizer_from_json(given));
          config.set(key, given);
        } else if (key == "loss") {
          config.set(key, loss_to_json(*loss_from_json(keras_object(at, value))));
        } else {
          config.set(key, read_metrics(at, value));
        }
      } catch (const CorruptData& error) {
        fail(at, error.what());
      } catch (const InvalidArgument& error) {
        const std::string text = error.what();
        if (text.starts_with(path_)) throw;
        fail(at, text);
      }
    }
    return config;
  }

  [[nodiscard]] Json read_metrics(const std::string& at, const Json& metrics) const {
    if (!metrics.is_array()) {
      fail(at, format("expected a list, as [accuracy], got {}", metrics.describe()));
    }
    Json list = Json::array();
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      list.push_back(keras_object(format("{}[{}]", at, i), metrics.at(i)));
      static_cast<void>(metric_from_json(list.at(i)));
    }
    return list;
  }

  [[nodiscard]] std::string beside(const std::string& place) const {
    const bool stays = place.empty() || place.starts_with('/');
    const std::string folder = parent_directory(path_);
    return stays || folder == "." ? place : folder + "/" + place;
  }

  /// `path` is the job's data_dir; the rest are DataOptions.
  void read_data_section(const Json& data, ModelSource& source) const {
    require_object("$.data", data);
    Json rest = data;
    if (const Json* place = data.find("path")) {
      if (!place->is_string()) {
        fail("$.data.path", format("expected a path, got {}", place->describe()));
      }
      source.job.data_dir = beside(place->as_string());
      rest.erase("path");
    }
    read_fields("$.data", rest, source.data);
    source.data.validation = beside(source.data.validation);
  }

  std::string path_;
  Yaml yaml_;
};

}  // namespace

ModelSource read_recipe(const std::string& path) {
  return RecipeReader(path).read();
}

}  // namespace carnyx
