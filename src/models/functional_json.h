// A graph of layers in the words of Keras 2 and 3.
#pragma once

#include "carnyx/base/json.h"
#include "carnyx/models/network.h"

#include "models/drawn_graph.h"

namespace carnyx {

/// The object that Keras 3 writes for a model of class Functional.
Json functional_to_json(const Network& network);

/// The graph that the config of a Functional describes. Throws InvalidArgument naming the layer and
/// what it can't be called on.
DrawnGraph drawn_graph(const Json& config);

/// Throws InvalidArgument if an entry of a list of layers is a whole model.
void refuse_model_as_layer(const Json& layer);

}  // namespace carnyx
