#include "saving/model_bytes.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/json.h"

#include "saving/archive.h"
#include "saving/keras_layout.h"
#include "saving/model_config.h"
#include "saving/weights_limits.h"

namespace carnyx {
namespace {

const std::string kMetadata = "metadata.json";
const std::string kConfig = "config.json";
const std::string kWeights = "model.weights.h5";

constexpr std::string_view kKerasVersion = "3.9.2";  // whose layout this is

bool is_hdf5(std::string_view file) {
  return file.starts_with("\x89HDF\r\n");
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
  if (is_hdf5(file)) return decode_h5_model(file, where);
  const Archive archive(file, where);
  const std::string text = archive.read(kConfig, kMostConfigBytes);
  SavedModel model = blaming(where, [&] {
    const Json config = Json::parse(text, where + ": " + kConfig);
    SavedModel empty = model_from_config(config);
    if (const Json* compile = config.find("compile_config")) empty.compile_config = *compile;
    return empty;
  });
  blaming(where, [&] { decode_archived_weights(archive, where, model, file.size()); });
  return model;
}

void decode_weights_of_any(std::string_view file, const std::string& where, SavedModel& model) {
  if (file.starts_with("PK")) {
    const Archive archive(file, where);
    return decode_archived_weights(archive, where, model, file.size());
  }
  if (!is_hdf5(file) || !decode_h5_weights(file, where, model)) decode_weights(file, where, model);
}

}  // namespace carnyx
