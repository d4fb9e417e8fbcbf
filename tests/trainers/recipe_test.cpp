#include "trainers/recipe.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"

#include "trainers/compile_choice.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class Recipe : public testing::Test {
 protected:
  ModelSource read(const std::string& text) {
    write_file_atomically(path_, text);
    return read_recipe(path_);
  }
  void refuses(const std::string& text, const std::string& saying) {
    EXPECT_THAT([&] { read(text); }, ThrowsMessage<InvalidArgument>(HasSubstr(saying))) << text;
  }

  TemporaryDirectory folder_;
  std::string path_ = folder_.path() + "/r.yaml";
};

TEST_F(Recipe, SaysModelCompileDataAndFit) {
  const ModelSource source = read(
      "data: {path: t.csv, label: y, validation_split: 0.25, ignore: [id]}\n"
      "model:\n"
      "  - Flatten\n"
      "  - Dense: {units: 3, activation: relu}\n"
      "  - Dense: {units: 2}\n"
      "compile:\n"
      "  optimizer: {SGD: {learning_rate: 0.5, momentum: 0.9}}\n"
      "  loss: mse\n"
      "  metrics: [mae]\n"
      "fit: {epochs: 7, seed: 3}\n");

  ASSERT_EQ(source.network.layers().size(), 3U);
  EXPECT_EQ(source.network.layers()[1].layer->config().at("units").as_int(), 3);
  EXPECT_EQ(source.job.data_dir, folder_.path() + "/t.csv");
  EXPECT_EQ(source.job.epochs, 7);
  EXPECT_EQ(source.job.seed, 3);
  EXPECT_EQ(source.data.label, "y");
  EXPECT_EQ(source.data.ignore, std::vector<std::string>{"id"});
  EXPECT_EQ(source.data.validation_split, 0.25);
  EXPECT_EQ(source.compile_config.at("optimizer").at("config").at("momentum").as_number(), 0.9);
  EXPECT_EQ(source.compile_config.at("loss").at("class_name").as_string(), "MeanSquaredError");
}

TEST_F(Recipe, MakesAGraphOfLayersThatSayTheirInputs) {
  const ModelSource source = read(
      "model:\n"
      "  - Input: {shape: [4], name: x}\n"
      "  - Dense: {units: 4, activation: relu, name: hidden}\n"
      "  - Dense: {units: 4, name: shortcut, inputs: x}\n"
      "  - Add: {inputs: [hidden, shortcut]}\n"
      "  - Dense: {units: 2}\n");

  EXPECT_TRUE(source.network.is_functional());
  EXPECT_EQ(source.network.input_shape(), Shape({4}));
  ASSERT_EQ(source.network.layers().size(), 4U);
  const std::vector<LayerSummary> rows = source.network.summarize();
  EXPECT_EQ(rows[3].connections, (std::vector<std::string>{"hidden[0][0]", "shortcut[0][0]"}));
  EXPECT_EQ(rows[4].connections, std::vector<std::string>{"add[0][0]"});
}

TEST_F(Recipe, TakesTheInputsShapeFromAGraphsFirstLayer) {
  const ModelSource source = read(
      "model:\n"
      "  - Flatten: {input_shape: [2, 3], name: flat}\n"
      "  - Dense: {units: 6, name: wide}\n"
      "  - Concatenate: {inputs: [flat, wide]}\n");

  EXPECT_EQ(source.network.input_shape(), Shape({2, 3}));
}

TEST_F(Recipe, RefusesGraphsThatDoNotHoldTogether) {
  refuses("model: [{Input: {shape: [4]}}, {Add: {inputs: [hiden]}}]\n", "unknown layer 'hiden'");
  refuses(
      "model: [{Input: {shape: [4], name: x}}, {Dense: {units: 2}}, {Dense: {units: 1, inputs: "
      "x}}]\n",
      "no layer is called on layer 2 (Dense)");
  refuses("model: [{Dense: {units: 4, name: d}}, {Add: {inputs: [d, d]}}]\n", "input_shape");
  refuses("model: [{Input: {shape: [4], inputs: x}}]\n", "called on nothing");
  refuses("model: [{Input: {shape: [4]}}, {Add: {inputs: []}}]\n", "names of layers, got none");
  refuses("model: [{Input: {shape: [4]}}, {Add: {inputs: [3]}}]\n", "expected names of layers");
}

TEST_F(Recipe, MayPutEpsilonOutsideOfTheRootAsKeras2Did) {
  const ModelSource source = read(
      "model: [{Dense: {units: 2, activation: softmax, input_shape: [4]}}]\n"
      "compile: {optimizer: {RMSprop: {rho: 0.75, epsilon: 0.5, epsilon_outside_root: true}}}\n");
  const CompileChoice choice({}, source.compile_config);
  std::vector<double> weight = {1};
  std::vector<double> velocity = {0};
  const std::vector<double> gradient = {2};

  const CompileOptions compiled = choice.resolve(source.network, 0.1);
  compiled.optimizer->update_rule()->apply(kernels::UpdateBlock<double>{.weight = weight,
                                                                        .gradient = gradient,
                                                                        .slots = {velocity},
                                                                        .learning_rate = 0.1,
                                                                        .step = 1});

  // velocity 0.25 . 4 = 1; step 0.1 . 2 / (1 + 0.5).
  EXPECT_NEAR(weight[0], 1 - 0.2 / 1.5, 1e-12);
}

TEST_F(Recipe, RefusesWhatItDoesNotKnowWithLineAndNearestName) {
  const std::string model = "model:\n  - Dense: {units: 1}\n";
  refuses("modl: []\n", "r.yaml: line 1: unknown key 'modl', did you mean 'model'?");
  refuses(model + "fit:\n  epoch: 3\n",
          "r.yaml: line 4: unknown field 'epoch', did you mean 'epochs'?");
  refuses(model + "fit:\n  epochs: many\n", "r.yaml: line 4: epochs: expected an integer");
  refuses(model + "data: {lable: y}\n", "line 3: unknown field 'lable', did you mean 'label'?");
  refuses(model + "compile:\n  los: mse\n", "line 4: unknown key 'los', did you mean 'loss'?");
  refuses(model + "compile:\n  loss: msee\n", "line 4: unknown loss 'msee'");
  refuses(model + "compile:\n  metrics: accuracy\n", "line 4: expected a list");
  refuses("model:\n  - Dense:\n      unit: 1\n", "line 2: layer 'Dense': unknown option 'unit'");
  refuses("model:\n  - Dens: {units: 1}\n", "line 2: model config: unknown layer class 'Dens'");
  refuses("model:\n  - Dense: {units: 1}\n    Flatten: {}\n", "line 2: expected a layer");
  refuses("model: []\n", "line 1: expected a list of layers");
  refuses("fit: {epochs: 1}\n", "expected a section 'model'");
  refuses("[1, 2]\n", "line 1: expected names with values");
}

TEST_F(Recipe, NamesTheLineOfTheLayerThatDoesNotFit) {
  const std::string first = "model:\n  - Input: {shape: [4], name: x}\n  - Dense: {units: 4}\n";
  refuses(first + "  - Dense: {units: 4, inputs: y}\n", "r.yaml: line 4: unknown layer 'y'");
  refuses(first + "  - Dense: {units: 4, name: x}\n", "r.yaml: line 4: every layer needs a name");
  refuses(first + "  - Add\n", "r.yaml: line 4: Add merges several layers; name them");
  refuses(first + "  - Dense: {units: four}\n",
          "r.yaml: line 4: $.config.units: expected an integer, got the string");
  refuses(first + "  - Activation: relu\n", "r.yaml: line 4: expected options by their names");
}

TEST_F(Recipe, OfTheExamplesIsReadable) {
  EXPECT_EQ(read_recipe(CARNYX_SOURCE_DIR "/examples/recipes/iris.yaml").job.epochs, 60);
  EXPECT_TRUE(read_recipe(CARNYX_SOURCE_DIR "/examples/recipes/digits.yaml").job.synthetic);
  EXPECT_EQ(read_recipe(CARNYX_SOURCE_DIR "/examples/recipes/mnist_mlp.yaml").job.batch_size, 128);
  EXPECT_EQ(read_recipe(CARNYX_SOURCE_DIR "/examples/recipes/uai_mnist.yaml").job.batch_size, 32);
}

}  // namespace
}  // namespace carnyx
