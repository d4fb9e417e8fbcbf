#include "carnyx/saving/model_file.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

#include "carnyx/base/error.h"
#include "carnyx/base/failpoint.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/optimizers/optimizers.h"

#include "saving/archive.h"
#include "saving/model_bytes.h"
#include "tests/saving/saved_models.h"

namespace carnyx {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

Json adam() {
  return optimizer_to_json(Adam({.amsgrad = true}));
}

/// small_model() with Adam's state, given in another order than Keras's.
SavedModel trained_model() {
  SavedModel model = small_model(adam());
  model.optimizer = OptimizerState{.iterations = 12, .learning_rate = 0.5, .variables = {}};
  float first = 10;
  for (const std::string_view slot : {"velocity_hat", "velocity", "momentum"}) {
    for (const auto& [name, tensor] : model.weights) {
      model.optimizer->variables.push_back(
          {slot_name(slot, name), numbers(tensor.shape(), first += 10)});
    }
  }
  return model;
}

const Tensor& named(const std::vector<NamedTensor>& tensors, std::string_view name) {
  return std::ranges::find(tensors, name, &NamedTensor::name)->tensor;
}

/// One sample through the dense layers of k3_mlp: relu, relu, softmax.
std::vector<double> predicted(const SavedModel& model, std::vector<double> x) {
  for (const char* layer : {"dense", "dense_1", "dense_2"}) {
    const Tensor& kernel = named(model.weights, std::string(layer) + "/kernel");
    const Tensor& bias = named(model.weights, std::string(layer) + "/bias");
    std::vector<double> y;
    for (std::int64_t j = 0; j < bias.elements(); ++j) {
      double sum = bias.at(j);
      for (std::size_t i = 0; i < x.size(); ++i) {
        sum += x[i] * kernel.at(static_cast<std::int64_t>(i) * bias.elements() + j);
      }
      y.push_back(sum);
    }
    const bool is_last = bias.elements() == 4;
    for (double& value : y) value = is_last ? std::exp(value) : std::max(0.0, value);
    x = std::move(y);
  }
  double sum = 0;
  for (const double value : x) sum += value;
  for (double& value : x) value /= sum;
  return x;
}

TEST(ModelFile, ReadsAModelOfKeras3) {
  const SavedModel model = read_model(fixture("k3_mlp.keras"));

  ASSERT_EQ(model.weights.size(), 6U);
  EXPECT_EQ(model.weights[4].name, "dense_2/kernel");
  EXPECT_EQ(model.weights[4].tensor.shape(), (Shape{8, 4}));
  EXPECT_EQ(model.compile_config.at("loss").as_string(), "categorical_crossentropy");
  ASSERT_TRUE(model.optimizer.has_value());
  EXPECT_EQ(model.optimizer->iterations, 8);
  EXPECT_FLOAT_EQ(static_cast<float>(*model.optimizer->learning_rate), 0.001F);
  ASSERT_EQ(model.optimizer->variables.size(), 6U);
  EXPECT_EQ(model.optimizer->variables[1].name, "velocity/dense/bias");
}

// Source: the input and the prediction that Keras 3.9.2 saved beside the model.
TEST(ModelFile, PredictsWhatKerasPredicted) {
  const SavedModel model = read_model(fixture("k3_mlp.keras"));

  const std::vector<double> y = predicted(model,
                                          {0.08564917,
                                           0.236810505,
                                           0.801274478,
                                           0.582162023,
                                           0.094128646,
                                           0.433126926,
                                           0.479051292,
                                           0.159738913,
                                           0.734577179,
                                           0.113672018,
                                           0.391228199,
                                           0.516740203});

  EXPECT_THAT(y,
              testing::Pointwise(testing::DoubleNear(1e-6),
                                 {0.253986746, 0.259689629, 0.238047525, 0.248276055}));
}

TEST(ModelFile, FindsTheSameWeightsInBothOfKerasFiles) {
  SavedModel model = read_model(fixture("k3_mlp.keras"));
  const auto expected = contents(model.weights);
  model.weights.clear();

  read_weights(fixture("k3_mlp.weights.h5"), model);

  EXPECT_EQ(contents(model.weights), expected);
  EXPECT_TRUE(model.optimizer.has_value());
}

TEST(ModelFile, ReadsWhatItWrote) {
  const TemporaryDirectory directory;
  const SavedModel keras = read_model(fixture("k3_mlp.keras"));

  write_model(directory / "m.keras", keras);
  const SavedModel back = read_model(directory / "m.keras");

  EXPECT_EQ(contents(back.weights), contents(keras.weights));
  EXPECT_EQ(contents(back.optimizer->variables), contents(keras.optimizer->variables));
  EXPECT_EQ(back.optimizer->iterations, 8);
  EXPECT_EQ(back.network.to_json(), keras.network.to_json());
  EXPECT_EQ(back.compile_config, keras.compile_config);
}

TEST(ModelFile, WritesWeightsThatReadBackBitForBit) {
  const TemporaryDirectory directory;
  const SavedModel model = trained_model();
  SavedModel back = small_model(adam());
  back.weights.clear();

  write_model(directory / "m.weights.h5", model);
  read_weights(directory / "m.weights.h5", back);

  EXPECT_EQ(contents(back.weights), contents(model.weights));
  EXPECT_EQ(back.optimizer->iterations, 12);
  EXPECT_EQ(back.optimizer->learning_rate, 0.5);
}

// Source: Keras 3's order of Adam's variables with amsgrad: pairs, then velocity_hat of all.
TEST(ModelFile, KeepsAnOptimizersVariablesInKerasOrder) {
  const TemporaryDirectory directory;
  write_model(directory / "m.keras", trained_model());

  const SavedModel back = read_model(directory / "m.keras");

  std::vector<std::string> names;
  for (const NamedTensor& variable : back.optimizer->variables) names.push_back(variable.name);
  EXPECT_THAT(names,
              testing::ElementsAre("momentum/hidden/kernel",
                                   "velocity/hidden/kernel",
                                   "momentum/hidden/bias",
                                   "velocity/hidden/bias",
                                   "momentum/out/kernel",
                                   "velocity/out/kernel",
                                   "momentum/out/bias",
                                   "velocity/out/bias",
                                   "velocity_hat/hidden/kernel",
                                   "velocity_hat/hidden/bias",
                                   "velocity_hat/out/kernel",
                                   "velocity_hat/out/bias"));
  EXPECT_EQ(named(back.optimizer->variables, "velocity/out/bias").at(0), 90.125);
}

TEST(ModelFile, IsTheSameForTheSameModelAndClock) {
  const TemporaryDirectory directory;
  const FakeClock clock;

  write_model(directory / "a.keras", trained_model(), clock);
  write_model(directory / "b.keras", trained_model(), clock);

  const std::string file = read_file(directory / "a.keras", 1 << 20);
  EXPECT_EQ(file, read_file(directory / "b.keras", 1 << 20));
  EXPECT_THAT(Archive(file, "a").read("metadata.json", 1000),
              HasSubstr("\"date_saved\": \"2024-01-01@00:00:00\""));
}

TEST(ModelFile, ReadsAModelWithoutAnOptimizerInItsCompileConfig) {
  const TemporaryDirectory directory;
  SavedModel model = small_model();
  model.compile_config = Json::object({{"loss", "mse"}});
  write_model(directory / "m.keras", model);

  const SavedModel back = read_model(directory / "m.keras");

  EXPECT_FALSE(back.optimizer.has_value());
  EXPECT_EQ(back.compile_config.at("loss").as_string(), "mse");
}

TEST(ModelFile, LeavesTheStateOfAnUnknownOptimizerOut) {
  const TemporaryDirectory directory;
  SavedModel model = trained_model();
  const std::string weights = encode_weights(model);
  model.compile_config.set("optimizer", "lion");

  decode_weights(weights, "m", model);

  EXPECT_FALSE(model.optimizer.has_value());
  EXPECT_EQ(model.weights.size(), 4U);
}

TEST(ModelFile, NamesTheLayerThatItDoesNotKnow) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/lookup.keras";
  const std::string given = bytes_of_fixture("k3_cnn.keras");
  const Archive archive(given, "k3_cnn.keras");
  std::string config = archive.read("config.json", 1U << 20);
  const std::string name = "\"class_name\": \"Conv2D\"";
  config.replace(config.find(name), name.size(), "\"class_name\": \"Embedding\"");
  write_file_atomically(
      path,
      make_archive({{"metadata.json", archive.read("metadata.json", 1U << 20)},
                    {"config.json", config},
                    {"model.weights.h5", archive.read("model.weights.h5", 1U << 20)}}));

  EXPECT_THAT(message_of<CorruptData>([&] { (void)read_model(path); }),
              AllOf(HasSubstr("lookup.keras"), HasSubstr("Embedding")));
}

TEST(ModelFile, HasAConvolutionalNetworksWeightsInKerassOrder) {
  const SavedModel model = read_model(fixture("k3_cnn.keras"));

  std::vector<std::string> names;
  for (const NamedTensor& weight : model.weights) names.push_back(weight.name);
  EXPECT_THAT(names,
              ElementsAre("conv2d/kernel",
                          "conv2d/bias",
                          "batch_normalization/gamma",
                          "batch_normalization/beta",
                          "batch_normalization/moving_mean",
                          "batch_normalization/moving_variance",
                          "conv2d_1/kernel",
                          "conv2d_1/bias",
                          "dense_3/kernel",
                          "dense_3/bias",
                          "dense_4/kernel",
                          "dense_4/bias"));
  ASSERT_TRUE(model.optimizer.has_value());
  EXPECT_EQ(model.optimizer->variables.size(), 20U) << "none for the moving statistics";
}

TEST(ModelFile, NamesTheLayerThatDoesNotFit) {
  const std::string weights = encode_weights(small_model());
  SavedModel wide = small_model();
  wide.network = Network({Dense({.units = 2, .input_shape = {{3}}, .name = "hidden"}),
                          Dense({.units = 5, .name = "wide"})});

  EXPECT_THAT(message_of<CorruptData>([&] { decode_weights(weights, "m.h5", wide); }),
              AllOf(HasSubstr("m.h5: /layers/dense_1/vars: layer 'wide'"),
                    HasSubstr("expected float32 of shape (2, 5), found float32 of shape (2, 1)")));
}

TEST(ModelFile, RefusesWeightsOfMoreOrFewerLayers) {
  const std::string weights = encode_weights(small_model());
  SavedModel fewer = small_model();
  fewer.network = Network({Dense({.units = 2, .input_shape = {{3}}})});
  SavedModel more = small_model();
  more.network = Network({Dense({.units = 2, .input_shape = {{3}}}),
                          Dense({.units = 1}),
                          Dense({.units = 1, .name = "third"})});

  EXPECT_THAT(message_of<CorruptData>([&] { decode_weights(weights, "m", fewer); }),
              HasSubstr("/layers/dense_1/vars/0: no layer of the network"));
  EXPECT_THAT(message_of<CorruptData>([&] { decode_weights(weights, "m", more); }),
              HasSubstr("layer 'third': expected 2 variables, found 0"));
}

TEST(ModelFile, KeepsTheModelAsItWasWhenTheFileDoesNotFit) {
  SavedModel model = trained_model();
  const auto before = contents(model.weights);

  EXPECT_THROW(decode_weights("no file", "m", model), CorruptData);

  EXPECT_EQ(contents(model.weights), before);
  EXPECT_TRUE(model.optimizer.has_value());
}

TEST(ModelFile, RefusesToWriteTensorsThatAreNotTheNetworks) {
  SavedModel missing = small_model();
  missing.weights.pop_back();
  SavedModel extra = small_model();
  extra.weights.push_back({"third/kernel", numbers({1}, 0)});
  SavedModel other = small_model();
  other.weights[0].tensor = numbers({2, 3}, 0);
  SavedModel stateless = trained_model();
  stateless.compile_config = Json();

  EXPECT_THROW(encode_weights(missing), InvalidArgument);
  EXPECT_THROW(encode_weights(extra), InvalidArgument);
  EXPECT_THROW(encode_weights(other), InvalidArgument);
  EXPECT_THROW(encode_weights(stateless), InvalidArgument);
}

TEST(ModelFile, RefusesAnotherEnding) {
  EXPECT_THAT(message_of<InvalidArgument>([] { write_model("/tmp/m.onnx", small_model()); }),
              HasSubstr(".keras, .h5 or .weights.h5"));
}

TEST(ModelFile, SaysThatAFileIsNotThere) {
  const TemporaryDirectory directory;

  EXPECT_THROW((void)read_model(directory / "none.keras"), NotFound);
}

TEST(ModelFile, RefusesAConfigWithImpossibleSizes) {
  const std::string file = bytes_of_fixture("k3_mlp.keras");
  const Archive archive(file, "m");
  std::string config = archive.read("config.json", 1 << 20);
  const std::string weights = archive.read("model.weights.h5", 1 << 20);
  const std::string units = "\"units\": 8,";
  config.replace(config.find(units), units.size(), "\"units\": 9000000000000000000,");
  const std::string huge = make_archive(
      {{"metadata.json", "{}"}, {"config.json", config}, {"model.weights.h5", weights}});

  EXPECT_THAT(message_of<CorruptData>([&] { (void)decode_model(huge, "m"); }),
              AllOf(HasSubstr("config.json"), HasSubstr("units")));
}

TEST(ModelFile, RefusesAFileCutAnywhere) {
  const std::string file = encode_model(trained_model(), "");
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_THROW((void)decode_model(std::string_view(file).substr(0, size), "m"), CorruptData)
        << size;
  }
}

TEST(ModelFile, IsRightOrRefusedAfterAnyDamage) {
  const std::string file = bytes_of_fixture("k3_mlp.keras");
  const auto expected = contents(decode_model(file, "m").weights);
  Rng rng(3);
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    try {
      EXPECT_EQ(contents(decode_model(damaged(file, rng), "m").weights), expected);
    } catch (const CorruptData&) {
      ++refused;
    }
  }

  EXPECT_GT(refused, 200);
}

TEST(ModelFile, LeavesTheOldFileWhenTheDiskIsFull) {
  const TemporaryDirectory directory;
  const std::string path = directory / "m.keras";
  write_model(path, small_model());
  const std::string before = read_file(path, 1 << 20);

  for (const char* fault : {"files.open=enospc", "files.write=enospc", "files.sync=eio"}) {
    const ScopedFailpoints failpoints(fault);
    EXPECT_THROW(write_model(path, trained_model()), IoError) << fault;
  }

  EXPECT_EQ(read_file(path, 1 << 20), before);
}

}  // namespace
}  // namespace carnyx
