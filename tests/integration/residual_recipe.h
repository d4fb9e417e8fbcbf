// A small ResNet as a recipe, on CIFAR-10's format: what a person has who trains such networks.
#pragma once

#include <string>

#include "carnyx/base/files.h"
#include "carnyx/data/synthetic_pictures.h"
#include "carnyx/data/write_data.h"

#include "tests/integration/killable_job.h"

namespace carnyx::test {

constexpr auto kResidualRecipe = R"(
data: {path: cifar}
model:
  - Input: {shape: [32, 32, 3]}
  - RandomFlip: {mode: horizontal}
  - RandomTranslation: {height_factor: 0.125, width_factor: 0.125, fill_mode: constant}
  - Conv2D: {filters: 5, kernel_size: 3, strides: 2, padding: same, use_bias: false}
  - BatchNormalization: {momentum: 0.9}
  - ReLU: {name: stem}
  - Conv2D: {filters: 5, kernel_size: 3, padding: same, use_bias: false}
  - BatchNormalization: {momentum: 0.9, name: branch}
  - Add: {inputs: [branch, stem]}
  - ReLU
  - MaxPooling2D: {pool_size: 4}
  - Dropout: {rate: 0.2}
  - Flatten
  - Dense: {units: 10, activation: softmax}
compile:
  optimizer: {SGD: {learning_rate: 0.02, momentum: 0.9}}
fit: {epochs: 2, batch_size: 16, tensorboard: false, report: false}
)";

/// The recipe and pictures that Carnyx draws, as CIFAR-10's batches: ten steps an epoch, of which
/// the last one has seven rows.
inline void write_residual_recipe(const std::string& folder) {
  const TrainTest pictures = datasets::synthetic_pictures({.train = 151, .test = 20});
  write_data(folder + "/cifar", pictures, {.format = DataFormat::Cifar});
  write_file_atomically(folder + "/residual.yaml", kResidualRecipe);
}

inline KillableJob residual_job(const std::string& folder, const std::string& precision) {
  return {{"train", folder + "/residual.yaml", "--precision", precision}, 20, 3};
}

}  // namespace carnyx::test
