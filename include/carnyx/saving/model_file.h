// Models as files that Keras reads and writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/base/clock.h"
#include "carnyx/base/json.h"
#include "carnyx/models/network.h"
#include "carnyx/tensor/tensor.h"

namespace carnyx {

struct NamedTensor {
  std::string name;
  Tensor tensor;  ///< row-major, as Keras shapes it
};

/// The optimizer's variables. What only follows from the iterations is not among them.
struct OptimizerState {
  std::int64_t iterations = 0;
  std::optional<double> learning_rate = std::nullopt;  ///< null: a schedule gives it
  std::vector<NamedTensor> variables;  ///< slots in Keras's order: "velocity/dense/kernel"
};

/// A model as a file holds it.
struct SavedModel {
  Network network;
  Json compile_config;  ///< Keras's object: optimizer, loss, metrics; null if never compiled
  std::vector<NamedTensor> weights;  ///< "dense/kernel", layer by layer, in Keras's order
  std::optional<OptimizerState> optimizer;
};

/// Which Keras a whole-model HDF5 file is for: 2.2.3 and later, tf.keras, Keras 3 and
/// TensorFlow.js; or 2.0 to 2.2, whose files Keras 3 does not load.
enum class KerasCompat { Current, Keras20 };
/// "current" or "2.0".
std::string_view name_of(KerasCompat compat);
/// Throws InvalidArgument naming the known ones.
void from_name(std::string_view name, KerasCompat& compat);

/// How a whole-model HDF5 file is written.
struct H5Options {
  KerasCompat keras_compat = KerasCompat::Current;
  /// Keras 2 trains on where the optimizer stood; Keras 3 opens such a file and can't train it.
  bool include_optimizer_weights = false;
};

/// Writes a model by the name's ending; the file appears whole or not at all:
/// - `.keras`, a zip of metadata.json, config.json, model.weights.h5;
/// - `.weights.h5`, the weights and the optimizer's state alone;
/// - `.h5` or `.hdf5`, a whole model in one HDF5 file, as Keras 1 to 3 read it.
/// The same model at the same time gives the same bytes. Tensors are found by name and written as
/// float32. Throws InvalidArgument for another ending, tensors that are not the network's, or what
/// the Keras of h5.keras_compat has no word for; or IoError.
void write_model(const std::string& path,
                 const SavedModel& model,
                 const Clock& clock = SystemClock(),
                 const H5Options& h5 = {});

/// Reads a `.keras` or a whole-model HDF5 file of any Keras, known by its content. Nothing in it is
/// executed, no other file is opened, and memory is bounded by the shapes that its own config
/// gives. Throws NotFound, IoError, or CorruptData naming the file and the place.
SavedModel read_model(const std::string& path);

/// Replaces the weights by those of a `.weights.h5`, `.keras` or `.h5` file for a network of the
/// same layers, and the optimizer's state by what the file has for the optimizer of compile_config.
/// Throws as read_model; CorruptData also names the layer that does not fit.
void read_weights(const std::string& path, SavedModel& model);

}  // namespace carnyx
