// Whole runs of Keras with regularizers and constraints everywhere: tests/oracle/weights.py.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/files.h"

#include "tests/training/step_runs.h"

namespace carnyx {

inline Json regularized_cases() {
  const std::string path = CARNYX_SOURCE_DIR "/tests/golden/regularized.json";
  return Json::parse(read_file(path, 1 << 20), path).at("cases");
}

inline std::vector<double> flat(const Json& json) {
  if (!json.is_array()) return {json.as_number()};
  std::vector<double> numbers;
  for (const Json& item : json.items()) {
    for (const double number : flat(item)) numbers.push_back(number);
  }
  return numbers;
}

inline Tensor floats(const Shape& shape, const std::vector<double>& numbers) {
  return Tensor::from<float>(shape, std::vector<float>(numbers.begin(), numbers.end()));
}

/// The rows and targets of the script.
inline Dataset six_rows() {
  return {
      .x = floats({6, 3},
                  {1, 0.5, -0.5, 0, 2, 1, -1, 1, 0.25, .5, -.5, 1.5, 2.0, .25, -1, -.75, .5, .5}),
      .y = floats({6, 2}, {1, 0, .5, -1, 0, 1, -.5, .5, 1.5, .25, 0, -.25}),
      .classes = 0,
      .name = "six"};
}

inline Model model_of(const Json& expected, ModelOptions options = {.threads = 1}) {
  Model model(Network::from_json(expected.at("network")), options);
  model.compile(
      {.optimizer = optimizer_from_json(expected.at("optimizer")), .loss = MeanSquaredError({})});
  model.set_weight("hidden/kernel",
                   floats({3, 4}, {.5, -.25, 1, 0, .75, .5, -.5, .25, -1, .125, .25, .5}));
  model.set_weight("hidden/bias", floats({4}, {.1, -.2, 0, .3}));
  model.set_weight("last/kernel", floats({4, 2}, {1, .5, -.5, .25, .75, -1, .25, .125}));
  model.set_weight("last/bias", floats({2}, {.2, -.1}));
  return model;
}

inline FitOptions as_keras_fits() {
  return {.batch_size = 4, .epochs = 3, .shuffle = false};
}

inline void expect_weights(const Model& model, const Json& expected, double tolerance) {
  const auto names = model.weight_names();
  ASSERT_EQ(names.size(), expected.at("weights").size());
  for (std::size_t w = 0; w < names.size(); ++w) {
    const std::vector<double> wanted = flat(expected.at("weights").at(w));
    const std::vector<double> got = numbers_of(model.weight(names[w]));
    ASSERT_EQ(got.size(), wanted.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_NEAR(got[i], wanted[i], tolerance) << names[w] << i << expected.dump();
    }
  }
}

}  // namespace carnyx
