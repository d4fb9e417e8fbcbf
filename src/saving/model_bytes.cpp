#include "saving/model_bytes.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/json.h"

#include "saving/archive.h"
#include "saving/keras_layout.h"
#include "saving/weights_limits.h"

namespace carnyx {
namespace {

const std::string kMetadata = "metadata.json";
const std::string kConfig = "config.json";
const std::string kWeights = "model.weights.h5";

constexpr std::string_view kKerasVersion = "3.9.2";  // whose layout this is
constexpr std::uint64_t kMostConfigBytes = std::uint64_t{16} << 20;

constexpr std::int64_t kMostElements = std::int64_t{1} << 31;

/// The absolute value of an integer, at least 1; 1 for anything else.
std::int64_t checked_extent(const Json& json) {
  const std::int64_t value = json.is_integer() ? json.as_int() : 1;
  if (value < -kMostElements || value > kMostElements) {
    throw CorruptData(format(
        "{}: expected a number of at most {}, found {}", json.place(), kMostElements, value));
  }
  return std::max<std::int64_t>(1, value < 0 ? -value : value);
}

/// Options whose numbers are any: nothing is as large as they are.
bool is_no_size(std::string_view key) {
  constexpr std::array<std::string_view, 6> kKeys = {
      "seed", "shared_object_id", "mean", "variance", "scale", "offset"};
  return std::ranges::find(kKeys, key) != kKeys.end();
}

/// Throws CorruptData for a number that no layer's size can be, before any layer multiplies it.
void check_sizes(const Json& json) {
  if (json.is_array()) {
    std::int64_t product = 1;
    for (const Json& item : json.items()) {
      check_sizes(item);
      product *= checked_extent(item);
      if (product > kMostElements) {
        throw CorruptData(format("{}: expected at most {} elements", json.place(), kMostElements));
      }
    }
  }
  if (!json.is_object()) return;
  for (const auto& [key, value] : json.members()) {
    if (is_no_size(key)) continue;
    check_sizes(value);
    checked_extent(value);
  }
}

/// The network with the shape that Keras noted beside the layers when none of them says it.
Network with_built_shape(Network network, const Json& config) {
  const Json* built = config.find("build_config");
  const Json* shape =
      built == nullptr || !built->is_object() ? nullptr : built->find("input_shape");
  if (network.has_input_shape() || shape == nullptr || !shape->is_array()) return network;
  std::vector<std::int64_t> axes;
  for (std::size_t i = 1; i < shape->size(); ++i) axes.push_back(shape->at(i).as_int());
  return network.with_input_shape(Shape(std::move(axes)));
}

SavedModel from_config(const Json& config) {
  check_sizes(config);
  const Json* compile = config.find("compile_config");
  return {.network = with_built_shape(Network::from_json(config), config),
          .compile_config = compile == nullptr ? Json() : *compile,
          .weights = {},
          .optimizer = std::nullopt};
}

/// Runs `read`, whose complaints about what a file asks for are about the file.
template <class Read>
auto blaming(const std::string& where, const Read& read) {
  try {
    return read();
  } catch (const InvalidArgument& error) {
    throw CorruptData(format("{}: {}", where, error.what()));
  }
}

/// The weights' file, no larger than the network can fill. `stored_bytes`: all of the archive.
std::string weights_in(const Archive& archive,
                       const std::string& where,
                       const Network& network,
                       std::uint64_t stored_bytes) {
  if (!archive.contains(kWeights) && archive.contains("model.weights.npz")) {
    throw CorruptData(
        format("{}: expected {}, found model.weights.npz; save it in Keras with h5py "
               "installed",
               where,
               kWeights));
  }
  const WeightsLimits limits = weights_limits(keras_layout(network), stored_bytes, where);
  const std::uint64_t size = archive.size_bytes(kWeights);
  if (size > limits.file_bytes) {
    throw CorruptData(
        format("{}: {}: unpacks to {} bytes; the network and its optimizer need at most {}; it was "
               "made to fill memory, or belongs to another network",
               where,
               kWeights,
               size,
               limits.file_bytes));
  }
  return archive.read(kWeights, limits.file_bytes);
}

void decode_archived_weights(const Archive& archive,
                             const std::string& where,
                             SavedModel& model,
                             std::uint64_t stored_bytes) {
  const std::string weights = weights_in(archive, where, model.network, stored_bytes);
  decode_weights(weights, where, model, stored_bytes);
}

}  // namespace

std::string encode_model(const SavedModel& model, const std::string& date) {
  const Json metadata = Json::object({{"keras_version", kKerasVersion}, {"date_saved", date}});
  Json config = model.network.to_json();
  if (!model.compile_config.is_null()) config.set("compile_config", model.compile_config);
  return make_archive(
      {{kMetadata, metadata.dump()}, {kConfig, config.dump()}, {kWeights, encode_weights(model)}});
}

SavedModel decode_model(std::string_view file, const std::string& where) {
  if (file.starts_with("\x89HDF\r\n")) {
    throw CorruptData(
        format("{}: expected a .keras file, found HDF5, which holds no config of "
               "Keras 3; read its weights into a network",
               where));
  }
  const Archive archive(file, where);
  const std::string text = archive.read(kConfig, kMostConfigBytes);
  SavedModel model =
      blaming(where, [&] { return from_config(Json::parse(text, where + ": " + kConfig)); });
  blaming(where, [&] { decode_archived_weights(archive, where, model, file.size()); });
  return model;
}

void decode_weights_of_any(std::string_view file, const std::string& where, SavedModel& model) {
  if (file.starts_with("PK")) {
    const Archive archive(file, where);
    return decode_archived_weights(archive, where, model, file.size());
  }
  decode_weights(file, where, model);
}

}  // namespace carnyx
