// Whole-model HDF5 files as other programs write them, piece by piece.
#pragma once

#include <string>
#include <vector>

#include "saving/hdf5_file.h"
#include "tests/saving/saved_models.h"

namespace carnyx {

/// A whole-model file of one layer, Dense 2-1 "d", with these texts instead of ours.
struct Pieces {
  std::string config =
      R"({"class_name": "Sequential", "config": [{"class_name": "Dense", "config": )"
      R"({"name": "d", "batch_input_shape": [null, 2], "units": 1}}]})";
  std::string training = {};
  std::string backend = "tensorflow";
  std::vector<std::string> layers = {"d"};
  std::vector<std::string> weights = {"d/kernel:0", "d/bias:0"};
  std::vector<NamedTensor> datasets = {{"d/kernel:0", numbers({2, 1}, 1)},
                                       {"d/bias:0", numbers({1}, 2)}};
  std::vector<NamedTensor> optimizer = {};
};

inline std::string file_of(const Pieces& pieces) {
  const auto text = [](const char* name, const std::string& value) {
    return TextAttribute{.name = name, .values = {value}, .is_list = false};
  };
  std::vector<AttributedGroup> groups(1);
  groups[0].attributes = {text("model_config", pieces.config)};
  if (!pieces.training.empty()) {
    groups[0].attributes.push_back(text("training_config", pieces.training));
  }
  groups.push_back(
      {"model_weights",
       {{.name = "layer_names", .values = pieces.layers}, text("backend", pieces.backend)}});
  groups.push_back(
      {"model_weights/d", {{.name = "weight_names", .values = pieces.weights}}, pieces.datasets});
  if (!pieces.optimizer.empty()) {
    TextAttribute names{.name = "weight_names", .values = {}};
    for (const NamedTensor& slot : pieces.optimizer) names.values.push_back(slot.name);
    groups.push_back({"optimizer_weights", {names}, pieces.optimizer});
  }
  return make_hdf5(groups);
}

}  // namespace carnyx
