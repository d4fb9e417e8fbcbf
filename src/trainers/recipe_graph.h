// A recipe's layers that say what they are called on, which makes them a graph.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "carnyx/models/network.h"

namespace carnyx {

class RecipeGraph {
 public:
  /// The next layer, called on the layers of these names, or on the one before it. The first one
  /// that is no Input says the input's shape. Throws InvalidArgument naming what is missing.
  void add(const AnyLayer& layer, const std::optional<std::vector<std::string>>& inputs);
  /// The network whose output is the last layer's. Throws InvalidArgument if a layer leads nowhere.
  [[nodiscard]] Network finish() const;

 private:
  struct Entry {
    std::string name;  // empty if it has none
    std::string class_name;
    SymbolicTensor output;
    bool is_used;
  };
  SymbolicTensor use(const std::string& name);
  std::vector<SymbolicTensor> sources(const AnyLayer& layer,
                                      const std::optional<std::vector<std::string>>& inputs);
  SymbolicTensor first_input(const AnyLayer& layer);

  std::vector<Entry> entries_;
  std::vector<SymbolicTensor> inputs_;
};

}  // namespace carnyx
