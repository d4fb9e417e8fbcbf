// Models as files that Keras reads and writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
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

/// Writes `.keras` (a zip of metadata.json, config.json, model.weights.h5) or `.weights.h5`, by the
/// name's ending; the file appears whole or not at all. The same model at the same time gives the
/// same bytes. Tensors are found by name and written as float32.
/// Throws InvalidArgument for another ending or tensors that are not the network's, or IoError.
void write_model(const std::string& path,
                 const SavedModel& model,
                 const Clock& clock = SystemClock());

/// Reads a `.keras` file. Nothing in it is executed, no other file is opened, and memory is bounded
/// by the shapes that its own config gives. Throws NotFound, IoError, or CorruptData naming the
/// file and the place.
SavedModel read_model(const std::string& path);

/// Replaces the weights by those of a `.weights.h5` (or `.keras`) file for a network of the same
/// layers, and the optimizer's state by what the file has for the optimizer of compile_config.
/// Throws as read_model; CorruptData also names the layer that does not fit.
void read_weights(const std::string& path, SavedModel& model);

}  // namespace carnyx
