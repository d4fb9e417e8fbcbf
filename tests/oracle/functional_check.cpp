// Reads functional models that Keras wrote, predicts with them, and writes them again for Keras:
//
//     functional_check FOLDER
//
// FOLDER/cases.json is by functional_check.py: a list of {"model": file, or "config": and
// "weights": files, "inputs": {name: {"shape", "values"}}, "outputs": [values], "ours": name
// without ending}. Prints the largest difference and leaves with 1 if it is above 1e-5.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "carnyx/base/files.h"
#include "carnyx/base/json.h"
#include "carnyx/training/model.h"

namespace carnyx {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
constexpr double kTolerance = 1e-5;

std::vector<float> floats(const Json& values) {
  std::vector<float> numbers;
  for (const Json& value : values.items()) numbers.push_back(static_cast<float>(value.as_number()));
  return numbers;
}

Model model_of(const Json& c, const std::string& folder) {
  const ModelOptions options{.threads = 1};
  if (const Json* file = c.find("model")) return load_model(folder + file->as_string(), options);
  const std::string config = folder + c.at("config").as_string();
  Model model(Network::from_json(Json::parse(read_file(config, kMostBytes), config)), options);
  model.load_weights(folder + c.at("weights").as_string());
  return model;
}

/// A model of one input is fed by x.
Dataset dataset_of(const Json& inputs) {
  Dataset data{.x = {}, .y = {}, .name = "cases.json"};
  for (const auto& [name, input] : inputs.members()) {
    std::vector<std::int64_t> axes;
    for (const Json& axis : input.at("shape").items()) axes.push_back(axis.as_int());
    const Tensor rows = Tensor::from<float>(Shape(std::move(axes)), floats(input.at("values")));
    if (inputs.size() == 1) {
      data.x = rows;
    } else {
      data.inputs.push_back({.name = name, .rows = rows});
    }
  }
  return data;
}

double difference(const std::vector<Tensor>& outputs, const Json& wanted) {
  if (outputs.size() != wanted.size()) return INFINITY;
  double most = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::vector<float> numbers = floats(wanted.at(i));
    if (outputs[i].elements() != static_cast<std::int64_t>(numbers.size())) return INFINITY;
    for (std::size_t k = 0; k < numbers.size(); ++k) {
      most = std::max(most, std::abs(outputs[i].at(static_cast<std::int64_t>(k)) - numbers[k]));
    }
  }
  return most;
}

double check(const Json& c, const std::string& folder) {
  Model model = model_of(c, folder);
  const std::string ours = folder + c.at("ours").as_string();
  model.save(ours + ".keras");
  model.save(ours + ".h5");
  model.save(ours + "_old.h5", {.keras_compat = KerasCompat::Keras20});
  write_file_atomically(ours + ".json", model.network().to_json().dump());
  return difference(model.predict_outputs(dataset_of(c.at("inputs")), {.batch_size = 3}),
                    c.at("outputs"));
}

int run(const std::string& folder) {
  const Json cases =
      Json::parse(read_file(folder + "cases.json", kMostBytes), folder + "cases.json");
  double most = 0;
  for (const Json& c : cases.items()) {
    const double found = check(c, folder);
    if (!(found <= kTolerance)) {
      std::printf("FAIL: %s: predictions differ by %g\n", c.at("ours").as_string().c_str(), found);
    }
    most = std::max(most, found);
  }
  std::printf("%zu models of Keras's, predictions within %g\n", cases.size(), most);
  return most <= kTolerance ? 0 : 1;
}

}  // namespace
}  // namespace carnyx

int main(int count, char** arguments) {
  try {
    if (count == 2) return carnyx::run(std::string(arguments[1]) + "/");
    std::fprintf(stderr, "usage: functional_check FOLDER\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "functional_check: %s\n", error.what());
  }
  return 2;
}
