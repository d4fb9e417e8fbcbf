// What compile() was told, in files and back, where Keras's words leave room.
#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/temporary_directory.h"
#include "carnyx/layers/normalization.h"
#include "carnyx/losses/regression.h"
#include "carnyx/metrics/accuracy.h"
#include "carnyx/optimizers/optimizers.h"
#include "carnyx/optimizers/schedules.h"
#include "carnyx/training/callbacks/early_stopping.h"

#include "tests/training/step_runs.h"

namespace carnyx {
namespace {

Model two_layers(AnyOptimizer optimizer) {
  Model model(Network({Dense({.units = 6, .use_bias = false, .input_shape = {{6}}}),
                       Dense({.units = 6, .use_bias = false}),
                       Dense({.units = 3, .activation = Activation::Softmax})}),
              {.threads = 1});
  model.compile({.optimizer = std::move(optimizer), .loss = SparseCategoricalCrossentropy({})});
  return model;
}

std::vector<double> all_states(Model& model) {
  std::vector<double> all;
  for (const auto& entry : model.states().entries()) {
    for (const double value : numbers_of(model.weight(entry.spec.name))) all.push_back(value);
  }
  return all;
}

TEST(SavedCompile, KeepsASchedulesBoundariesHoweverLarge) {
  const TemporaryDirectory folder;
  const PiecewiseConstantDecay schedule(
      {.boundaries = {35490, 53040, 70980}, .values = {0.1, 0.01, 0.001, 0.0001}});
  Model model = two_layers(SGD({.learning_rate = schedule}));
  model.save(folder.path() + "/m.keras");

  const Model loaded = load_model(folder.path() + "/m.keras");

  EXPECT_EQ(loaded.network().to_json(), model.network().to_json());
}

TEST(SavedCompile, GivesEachWeightItsOwnSlotsBackFromOldHdf5) {
  const TemporaryDirectory folder;
  const std::string path = folder.path() + "/m.h5";
  Model model = two_layers(Adam({}));
  model.fit(blobs(40, 6, 3), {.batch_size = 8, .epochs = 1});
  model.save(path, {.include_optimizer_weights = true});

  Model loaded = load_model(path);

  EXPECT_EQ(all_states(loaded), all_states(model));
}

TEST(SavedCompile, KeepsAnAdaptedNormalizationInHdf5) {
  const TemporaryDirectory folder;
  const Dataset data = blobs(40, 6, 3);
  Normalization normalization({.input_shape = {{6}}});
  normalization.adapt(data.x);
  Model model(Network({normalization, Dense({.units = 3})}), {.threads = 1});
  model.compile({.optimizer = SGD({}), .loss = SparseCategoricalCrossentropy({})});
  model.save(folder.path() + "/m.h5");

  Model loaded = load_model(folder.path() + "/m.h5");

  EXPECT_EQ(numbers_of(loaded.predict(data)), numbers_of(model.predict(data)));
}

TEST(SavedCompile, KeepsTheWeightOfASingleLossAndItsMetricsByName) {
  const TemporaryDirectory folder;
  const Dataset data = blobs(40, 6, 3);
  Model model = two_layers(SGD({}));
  SavedModel saved = model.to_saved();
  saved.compile_config.set("loss_weights", Json::array_of(std::array{0.25}));
  saved.compile_config.set("metrics",
                           Json::object({{"dense_2", Json::array_of(std::array{"accuracy"})}}));
  write_model(folder.path() + "/m.keras", saved);

  const Logs logs = load_model(folder.path() + "/m.keras").evaluate(data);

  EXPECT_NEAR(logs.at("loss"), model.evaluate(data).at("loss") / 4, 1e-6);
  EXPECT_TRUE(logs.find("accuracy").has_value());
}

TEST(Callbacks, KnowWhichWayWeightedMetricsAreBetter) {
  Model model = two_layers(SGD({}));
  model.compile({.optimizer = SGD({}),
                 .loss = SparseCategoricalCrossentropy({}),
                 .weighted_metrics = {Accuracy({})}});
  const auto stopping =
      std::make_shared<EarlyStopping>(EarlyStoppingOptions{.monitor = "accuracy", .patience = 9});

  model.fit(blobs(40, 6, 3), {.batch_size = 8, .epochs = 2, .callbacks = {stopping}});

  EXPECT_TRUE(stopping->best().has_value());
}

TEST(Fitting, SeesOtherOrdersInLaterCalls) {
  const auto loss = [](std::int64_t calls) {
    Model model = two_layers(SGD({.learning_rate = 1e-30}));
    double last = 0;
    for (std::int64_t call = 0; call < calls; ++call) {
      last = model.fit(blobs(40, 6, 3), {.batch_size = 8, .epochs = 1, .steps_per_epoch = 1})
                 .epochs[0]
                 .at("loss");
    }
    return last;
  };
  EXPECT_EQ(loss(1), loss(1));
  EXPECT_EQ(loss(2), loss(2));
  EXPECT_NE(loss(1), loss(2));  // its first eight samples are others
}

}  // namespace
}  // namespace carnyx
