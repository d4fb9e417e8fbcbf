// Optimizers whose variables are more than iteration, learning rate and slots.
#include <algorithm>
#include <cmath>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/temporary_directory.h"
#include "carnyx/optimizers/optimizers.h"

#include "saving/hdf5_file.h"
#include "tests/saving/saved_models.h"

namespace carnyx {
namespace {

constexpr std::uint64_t kPlenty = 1 << 20;

/// The small model after 12 steps, its slots filled with numbers that tell them apart.
SavedModel trained_by(const Optimizer& optimizer, std::optional<double> learning_rate) {
  SavedModel model = small_model(optimizer_to_json(optimizer));
  model.optimizer =
      OptimizerState{.iterations = 12, .learning_rate = learning_rate, .variables = {}};
  float first = 10;
  for (const auto& group : optimizer.slot_groups()) {
    for (const NamedTensor& weight : model.weights) {
      for (const std::string& slot : group) {
        model.optimizer->variables.push_back(
            {slot_name(slot, weight.name), numbers(weight.tensor.shape(), first += 1)});
      }
    }
  }
  return model;
}

/// The file's groups, the optimizer's variables in order.
std::vector<VariableGroup> groups_of(const std::string& file) {
  std::vector<VariableGroup> groups;
  std::map<std::string, std::size_t> known;
  for (NamedTensor& named : read_hdf5(file, "a.weights.h5", kPlenty)) {
    const std::string path = named.name.substr(0, named.name.rfind('/'));
    const auto index = std::stoul(named.name.substr(path.size() + 1));
    const auto place = known.emplace(path, groups.size());
    if (place.second) groups.push_back({.path = path, .name = "group", .variables = {}});
    auto& variables = groups[place.first->second].variables;
    variables.resize(std::max(variables.size(), index + 1));
    variables[index] = std::move(named.tensor);
  }
  return groups;
}

VariableGroup& optimizer_of(std::vector<VariableGroup>& groups) {
  return *std::ranges::find(groups, "optimizer/vars", &VariableGroup::path);
}

TEST(OptimizerState, HasNoLearningRateWhereAScheduleGivesIt) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/a.weights.h5";
  const SGD optimizer({.learning_rate = ExponentialDecay({0.1, 10, 0.5}), .momentum = 0.5});
  const SavedModel model = trained_by(optimizer, std::nullopt);

  write_model(path, model);

  auto groups = groups_of(read_file(path, kPlenty));
  EXPECT_EQ(optimizer_of(groups).variables.size(), 1U + 4U);  // the iteration and four momenta
  SavedModel back = small_model(optimizer_to_json(optimizer));
  read_weights(path, back);
  ASSERT_TRUE(back.optimizer.has_value());
  EXPECT_EQ(back.optimizer->learning_rate, std::nullopt);
  EXPECT_EQ(contents(back.optimizer->variables), contents(model.optimizer->variables));
}

TEST(OptimizerState, OfNadamIsReadWhereverItsProductStands) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/a.weights.h5";
  const Nadam optimizer({.learning_rate = 0.5});
  const SavedModel model = trained_by(optimizer, 0.5);
  write_model(path, model);
  auto groups = groups_of(read_file(path, kPlenty));
  auto& variables = optimizer_of(groups).variables;
  ASSERT_EQ(variables.size(), 2U + 8U + 1U);
  double product = 1;
  for (int step = 1; step <= 12; ++step) product *= 0.9 * (1 - 0.5 * std::pow(0.96, step));
  EXPECT_NEAR(variables.back().at(0), product, 1e-6 * product);

  // Before Keras 3.10 it stood in front of the slots.
  std::rotate(variables.begin() + 2, variables.end() - 1, variables.end());
  const std::string older = directory.path() + "/older.weights.h5";
  write_file_atomically(older, make_hdf5(groups));

  for (const std::string& file : {path, older}) {
    SavedModel back = small_model(optimizer_to_json(optimizer));
    read_weights(file, back);
    ASSERT_TRUE(back.optimizer.has_value()) << file;
    EXPECT_EQ(back.optimizer->iterations, 12);
    EXPECT_EQ(contents(back.optimizer->variables), contents(model.optimizer->variables));
  }
}

}  // namespace
}  // namespace carnyx
