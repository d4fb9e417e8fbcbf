#include "trainers/recipe_graph.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"
#include "carnyx/layers/core.h"

namespace carnyx {

void RecipeGraph::add(const AnyLayer& layer,
                      const std::optional<std::vector<std::string>>& inputs) {
  const bool is_input = layer->class_name() == "InputLayer";
  if (is_input && inputs)
    throw InvalidArgument("an input is called on nothing; leave out 'inputs'");
  const SymbolicTensor output = is_input ? SymbolicTensor(layer) : layer(sources(layer, inputs));
  if (is_input) inputs_.push_back(output);
  entries_.push_back({layer->name(), layer->class_name(), output, false});
}

SymbolicTensor RecipeGraph::use(const std::string& name) {
  std::vector<std::string_view> known;
  for (Entry& entry : entries_) {
    if (entry.name == name) {
      entry.is_used = true;
      return entry.output;
    }
    if (!entry.name.empty()) known.emplace_back(entry.name);
  }
  throw InvalidArgument(unknown_name("layer", name, known) +
                        "; 'inputs' names layers further up, which have a 'name'");
}

std::vector<SymbolicTensor> RecipeGraph::sources(
    const AnyLayer& layer, const std::optional<std::vector<std::string>>& inputs) {
  if (!inputs) {
    if (entries_.empty()) return {first_input(layer)};
    entries_.back().is_used = true;
    return {entries_.back().output};
  }
  std::vector<SymbolicTensor> tensors;
  for (const std::string& name : *inputs) tensors.push_back(use(name));
  return tensors;
}

SymbolicTensor RecipeGraph::first_input(const AnyLayer& layer) {
  const std::optional<Shape> shape = layer->input_shape();
  if (!shape) {
    throw InvalidArgument(
        "layers with 'inputs' need the input's shape; give the first layer an input_shape, or "
        "begin "
        "with 'Input: {shape: [...]}'");
  }
  inputs_.emplace_back(Input({.shape = shape->axes()}));
  return inputs_.back();
}

Network RecipeGraph::finish() const {
  for (std::size_t i = 0; i + 1 < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (entry.is_used) continue;
    throw InvalidArgument(
        format("no layer is called on layer {} ({}{}{}); name it in the 'inputs' of "
               "one, or leave it out",
               i + 1,
               entry.class_name,
               entry.name.empty() ? "" : " ",
               entry.name));
  }
  return Network({.inputs = inputs_, .outputs = {entries_.back().output}});
}

}  // namespace carnyx
