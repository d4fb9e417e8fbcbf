// A graph of layers before it is a Network: as it was drawn in C++ or described in a file, and the
// order that Keras brings it into.
#pragma once

#include <cstddef>
#include <vector>

#include "carnyx/models/network.h"

namespace carnyx {

/// Nothing of it is checked but that its indices are in range.
struct DrawnGraph {
  struct Call {
    std::size_t layer;
    std::vector<std::size_t> sources;  // other calls
  };
  std::vector<Network::NamedLayer> layers;  // the inputs' among them
  std::vector<Call> calls;                  // a layer's in the order of their numbers
  std::vector<std::size_t> inputs;          // calls
  std::vector<std::size_t> outputs;         // calls
};

/// What was drawn with SymbolicTensors. Throws InvalidArgument if two layers have one name.
DrawnGraph drawn_graph(const FunctionalOptions& options);

/// What an output needs, and the inputs.
struct KerasOrder {
  std::vector<std::size_t> layers;   // the order of Keras's model.layers, and of weights in files
  std::vector<std::size_t> calls;    // by depth, then by layer
  std::vector<std::size_t> depths;   // of all calls
  std::vector<std::size_t> numbers;  // of all calls, among those of the layer that are here
};

/// Throws InvalidArgument naming a layer on a cycle.
KerasOrder keras_order(const DrawnGraph& graph);

}  // namespace carnyx
