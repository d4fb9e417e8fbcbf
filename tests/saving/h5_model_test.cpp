#include <algorithm>
#include <map>

#include <gmock/gmock.h>

#include "carnyx/base/error.h"
#include "carnyx/base/failpoint.h"
#include "carnyx/base/log.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/layers/activation_layers.h"
#include "carnyx/layers/frozen.h"
#include "carnyx/layers/layer_normalization.h"
#include "carnyx/layers/pooling.h"
#include "carnyx/layers/regularizers.h"
#include "carnyx/optimizers/optimizers.h"
#include "carnyx/saving/model_file.h"

#include "saving/hdf5_file.h"
#include "saving/keras_layout.h"
#include "saving/model_bytes.h"
#include "tests/saving/h5_pieces.h"
#include "tests/saving/saved_models.h"

namespace carnyx {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// small_model() as `optimizer` left it after 12 steps, every slot with numbers of its own.
SavedModel trained_by(const Optimizer& optimizer) {
  SavedModel model = small_model(optimizer_to_json(optimizer));
  model.optimizer = OptimizerState{.iterations = 12, .learning_rate = 0.5, .variables = {}};
  float first = 10;
  for (const VariableSpec& slot : optimizer_layout(optimizer, keras_layout(model.network))) {
    model.optimizer->variables.push_back({slot.name, numbers(slot.shape, first += 10)});
  }
  return model;
}

/// The first group's text attributes by name, and those of other groups as "PATH/NAME".
std::map<std::string, std::vector<std::string>> attributes_of(const std::string& file) {
  std::map<std::string, std::vector<std::string>> found;
  for (const AttributedGroup& group : read_hdf5_attributes(file, "m.h5")) {
    for (const TextAttribute& attribute : group.attributes) {
      found[group.path.empty() ? attribute.name : group.path + "/" + attribute.name] =
          attribute.values;
    }
  }
  return found;
}

Json json_in(const std::string& file, const std::string& attribute) {
  return Json::parse(attributes_of(file).at(attribute).at(0), attribute);
}

std::string complaint(const Pieces& pieces) {
  return message_of<CorruptData>([&] { (void)decode_h5_model(file_of(pieces), "m.h5"); });
}

TEST(H5Model, ReadsWhatItWroteWithoutTheOptimizersWeights) {
  const TemporaryDirectory directory;
  const SavedModel model = trained_by(RMSprop({.learning_rate = 0.25}));

  write_model(directory / "m.h5", model);
  const SavedModel back = read_model(directory / "m.h5");

  EXPECT_EQ(contents(back.weights), contents(model.weights));
  EXPECT_FALSE(back.optimizer.has_value());
  EXPECT_EQ(back.network.layers().size(), 3U);
  EXPECT_EQ(back.compile_config.at("loss"), Json("mse"));
  const Json& optimizer = back.compile_config.at("optimizer");
  EXPECT_EQ(optimizer.at("class_name").as_string(), "RMSprop");
  EXPECT_EQ(optimizer.at("config").at("learning_rate").as_number(), 0.5);  // where it stood
}

TEST(H5Model, ReadsBackEveryOptimizersWeightsInBothOrders) {
  const SGD plain({.learning_rate = 0.1});
  const SGD momentum({.learning_rate = 0.1, .momentum = 0.5});
  const RMSprop rmsprop({});
  const Adam adam({});
  const Adamax adamax({});
  const Nadam nadam({});
  const Adadelta adadelta({});
  const Adagrad adagrad({});
  const Optimizer* const optimizers[] = {
      &plain, &momentum, &rmsprop, &adam, &adamax, &nadam, &adadelta, &adagrad};
  for (const Optimizer* optimizer : optimizers) {
    const SavedModel model = trained_by(*optimizer);
    for (const KerasCompat compat : {KerasCompat::Current, KerasCompat::Keras20}) {
      const SavedModel back = decode_h5_model(
          encode_h5_model(model, {.keras_compat = compat, .include_optimizer_weights = true}),
          "m.h5");

      const std::string what = optimizer->class_name() + " for " + std::string(name_of(compat));
      ASSERT_TRUE(back.optimizer.has_value()) << what;
      EXPECT_EQ(contents(back.optimizer->variables), contents(model.optimizer->variables)) << what;
    }
  }
}

// Source: formats.md of the design, section 1.3: the dialect that loads in most generations.
TEST(H5Model, SpeaksTheDialectThatMostGenerationsRead) {
  SavedModel model = trained_by(RMSprop({.learning_rate = 0.25}));
  model.compile_config.set("metrics", Json::array({"accuracy"}));
  model.optimizer->learning_rate = 0.25;

  const std::string file = encode_h5_model(model);

  EXPECT_EQ(json_in(file, "model_config").dump(),
            R"({"class_name": "Sequential", "config": {"name": "sequential", "layers": [)"
            R"({"class_name": "InputLayer", "config": {"batch_input_shape": [null, 3], "dtype": )"
            R"("float32", "sparse": false, "name": "input_layer"}}, )"
            R"({"class_name": "Dense", "config": {"name": "hidden", "trainable": true, "dtype": )"
            R"("float32", "units": 2, "activation": "linear", "use_bias": true, )"
            R"("kernel_initializer": {"class_name": "VarianceScaling", "config": {"scale": 1.0, )"
            R"("mode": "fan_avg", "distribution": "uniform", "seed": null}}, "bias_initializer": )"
            R"({"class_name": "Zeros", "config": {}}, "kernel_regularizer": null, )"
            R"("bias_regularizer": null, "kernel_constraint": null, "bias_constraint": null}}, )"
            R"({"class_name": "Dropout", "config": {"name": "dropout", "trainable": true, )"
            R"("dtype": "float32", "rate": 0.5, "seed": null, "noise_shape": null}}, )"
            R"({"class_name": "Dense", "config": {"name": "out", "trainable": true, "dtype": )"
            R"("float32", "units": 1, "activation": "linear", "use_bias": true, )"
            R"("kernel_initializer": {"class_name": "VarianceScaling", "config": {"scale": 1.0, )"
            R"("mode": "fan_avg", "distribution": "uniform", "seed": null}}, "bias_initializer": )"
            R"({"class_name": "Zeros", "config": {}}, "kernel_regularizer": null, )"
            R"("bias_regularizer": null, "kernel_constraint": null, "bias_constraint": null}}]}})");
  EXPECT_EQ(json_in(file, "training_config").dump(),
            R"({"optimizer_config": {"class_name": "RMSprop", "config": {"name": "RMSprop", )"
            R"("learning_rate": 0.25, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-07, "centered": )"
            R"(false}}, "loss": "mse", "metrics": ["accuracy"], "weighted_metrics": null, )"
            R"("sample_weight_mode": null, "loss_weights": null})");
  const auto attributes = attributes_of(file);
  EXPECT_THAT(attributes.at("model_weights/layer_names"), ElementsAre("hidden", "dropout", "out"));
  EXPECT_THAT(attributes.at("model_weights/hidden/weight_names"),
              ElementsAre("hidden/kernel:0", "hidden/bias:0"));
  EXPECT_THAT(attributes.at("model_weights/dropout/weight_names"), testing::IsEmpty());
}

TEST(H5Model, HasNoWordOfALayerThatTfKerasLacks) {
  SavedModel model = small_model();
  model.network = Network({GlobalAveragePooling2D({.input_shape = {{2, 2, 3}}}),
                           LeakyReLU({.negative_slope = 0.25}),
                           frozen(LayerNormalization({.name = "norm"}))});
  model.weights = {{"norm/gamma", numbers({3}, 1)}, {"norm/beta", numbers({3}, 2)}};

  const Json config = json_in(encode_h5_model(model), "model_config");

  const Json& layers = config.at("config").at("layers");
  EXPECT_EQ(layers.at(1).at("config").dump(),
            R"({"name": "global_average_pooling2d", "trainable": true, "dtype": "float32", )"
            R"("data_format": "channels_last"})");
  EXPECT_EQ(layers.at(2).at("config").dump(),
            R"({"name": "leaky_re_lu", "trainable": true, "dtype": "float32", "alpha": 0.25})");
  EXPECT_FALSE(layers.at(3).at("config").contains("rms_scaling"));
  EXPECT_FALSE(layers.at(3).at("config").at("trainable").as_bool());
}

TEST(H5Model, SpeaksTheWordsOfKeras20WhenAsked) {
  SavedModel model = trained_by(Adam({.learning_rate = 0.25}));
  model.optimizer->learning_rate = 0.25;

  const std::string file = encode_h5_model(model, {.keras_compat = KerasCompat::Keras20});

  const Json config = json_in(file, "model_config");
  ASSERT_TRUE(config.at("config").is_array());
  const Json& first = config.at("config").at(std::size_t{0});
  EXPECT_EQ(first.at("class_name").as_string(), "Dense");
  EXPECT_EQ(first.at("config").at("batch_input_shape").dump(), "[null, 3]");
  EXPECT_EQ(json_in(file, "training_config").at("optimizer_config").dump(),
            R"({"class_name": "Adam", "config": {"lr": 0.25, "decay": 0.0, "beta_1": 0.9, )"
            R"("beta_2": 0.999, "epsilon": 1e-07}})");
}

// Source: tf-keras 2.21 writes such schedules; Keras 3.15 fails in fit with them.
TEST(H5Model, GivesASchedulesNameOnlyIfItHasOne) {
  const Json schedule = Json::object(
      {{"class_name", "ExponentialDecay"},
       {"config",
        Json::object({{"initial_learning_rate", 0.5}, {"decay_steps", 10}, {"name", Json()}})}});
  const Json config = Json::object({{"learning_rate", schedule}});
  const SavedModel model = small_model(Json::object({{"class_name", "SGD"}, {"config", config}}));

  const Json training = json_in(encode_h5_model(model), "training_config");

  EXPECT_EQ(training.at("optimizer_config").at("config").at("learning_rate").at("config").dump(),
            R"({"initial_learning_rate": 0.5, "decay_steps": 10})");
}

TEST(H5Model, SaysWhatKeras20HasNoWordFor) {
  const H5Options old{.keras_compat = KerasCompat::Keras20};
  const auto refused = [&](const Optimizer& optimizer) {
    return message_of<InvalidArgument>([&] { (void)encode_h5_model(trained_by(optimizer), old); });
  };

  EXPECT_THAT(refused(Lion({})), HasSubstr("no optimizer Lion"));
  EXPECT_THAT(refused(Adam({.amsgrad = true})), HasSubstr("no option amsgrad of Adam"));
  EXPECT_THAT(
      refused(Adam({.learning_rate = ExponentialDecay(
                        {.initial_learning_rate = 0.1, .decay_steps = 10, .decay_rate = 0.5})})),
      HasSubstr("no schedule ExponentialDecay"));
}

TEST(H5Model, KeepsLossesAndRegularizersThatHaveOptions) {
  SavedModel model = small_model(optimizer_to_json(SGD({.learning_rate = 0.1})));
  model.network = Network({Dense({.units = 2,
                                  .kernel_regularizer = L2({.l2 = 0.5}),
                                  .input_shape = {{3}},
                                  .name = "hidden"}),
                           Dense({.units = 1, .name = "out"})});
  const Json loss = Json::object(
      {{"class_name", "BinaryCrossentropy"}, {"config", Json::object({{"from_logits", true}})}});
  model.compile_config.set("loss", loss);

  const std::string file = encode_h5_model(model);

  EXPECT_EQ(json_in(file, "training_config").at("loss"), loss);
  EXPECT_THAT(json_in(file, "model_config").dump(),
              HasSubstr(R"({"class_name": "L1L2", "config": {"l2": 0.5, "l1": 0.0}})"));
}

// Source: tf-keras 2.21 takes "mean_squared_error", and says of "root_mean_squared_error" that it
// is no function.
TEST(H5Model, NamesAMetricThatIsNoFunctionByItsClass) {
  SavedModel model = small_model(optimizer_to_json(SGD({.learning_rate = 0.1})));
  const auto plain = [](const char* class_name, const char* name) {
    return Json::object({{"class_name", class_name},
                         {"config", Json::object({{"name", name}, {"dtype", "float32"}})}});
  };
  Json metrics = Json::array();
  metrics.push_back(plain("MeanSquaredError", "mean_squared_error"));
  metrics.push_back(plain("RootMeanSquaredError", "root_mean_squared_error"));
  metrics.push_back(plain("Accuracy", "accuracy"));
  metrics.push_back("accuracy");
  metrics.push_back("root_mean_squared_error");
  model.compile_config.set("metrics", std::move(metrics));

  EXPECT_EQ(json_in(encode_h5_model(model), "training_config").at("metrics").dump(),
            R"(["mean_squared_error", {"class_name": "RootMeanSquaredError", "config": )"
            R"({"name": "root_mean_squared_error"}}, {"class_name": "Accuracy", "config": )"
            R"({"name": "accuracy"}}, "accuracy", "RootMeanSquaredError"])");
}

TEST(H5Model, IsTheSameForTheSameModel) {
  EXPECT_EQ(encode_h5_model(trained_by(Adam({}))), encode_h5_model(trained_by(Adam({}))));
}

// As large as the config of a network of hundreds of layers, whose names fit in no header either.
TEST(H5Model, HoldsAConfigAndNamesThatNoHeaderHolds) {
  std::vector<AnyLayer> layers = {Dense({.units = 1, .input_shape = {{1}}, .name = "first"})};
  for (int i = 0; i < 400; ++i) {
    layers.push_back(Dropout({.rate = 0.5, .name = std::string(200, 'x') + std::to_string(i)}));
  }
  const SavedModel model{
      .network = Network(std::move(layers)),
      .compile_config = {},
      .weights = {{"first/kernel", numbers({1, 1}, 1)}, {"first/bias", numbers({1}, 2)}},
      .optimizer = {}};

  const std::string file = encode_h5_model(model);

  EXPECT_GT(attributes_of(file).at("model_config").at(0).size(), 64512U);
  EXPECT_EQ(attributes_of(file).at("model_weights/layer_names").size(), 401U);
  EXPECT_EQ(contents(decode_h5_model(file, "m.h5").weights), contents(model.weights));
}

TEST(H5Model, RefusesToWriteLayersWhoseNamesAreNoGroups) {
  SavedModel model = small_model();
  model.network =
      Network({Dense({.units = 2, .input_shape = {{3}}, .name = "a/b"}), Dense({.units = 1})});

  EXPECT_THAT(message_of<InvalidArgument>([&] { (void)encode_h5_model(model); }),
              HasSubstr("layer 'a/b'"));
}

TEST(H5Model, FindsWeightsByTheOrderOfTheListsAndNotByNames) {
  Pieces pieces;
  pieces.layers = {"input", "d"};
  pieces.weights = {"/variable", "some//where"};
  pieces.datasets = {{"variable", numbers({2, 1}, 1)}, {"some/where", numbers({1}, 2)}};

  const SavedModel model = decode_h5_model(file_of(pieces), "m.h5");

  ASSERT_EQ(model.weights.size(), 2U);
  EXPECT_EQ(model.weights[0].name, "d/kernel");
  EXPECT_EQ(model.weights[1].tensor.at(0), 2.125);
}

TEST(H5Model, NamesTheLayerThatDoesNotFit) {
  Pieces few;
  few.weights.pop_back();
  Pieces other;
  other.datasets[0].tensor = numbers({1, 2}, 1);
  Pieces none;
  none.layers.clear();
  Pieces lost;
  lost.datasets.pop_back();

  EXPECT_THAT(complaint(few),
              HasSubstr("m.h5: /model_weights/d: layer 'd': expected 2 weights, found 1"));
  EXPECT_THAT(
      complaint(other),
      HasSubstr("'d/kernel': expected float32 of shape (2, 1), found float32 of shape (1, 2)"));
  EXPECT_THAT(complaint(none),
              HasSubstr("expected 1 layers with weights as the network has, found 0"));
  EXPECT_THAT(
      complaint(lost),
      HasSubstr("/model_weights/d: expected the dataset 'd/bias:0' that its weight_names lists"));
}

TEST(H5Model, NamesTheKindOfModelThatItCannotLoad) {
  Pieces pieces;
  pieces.config = R"({"class_name": "MyModel", "config": {"layers": []}})";

  EXPECT_THAT(complaint(pieces),
              AllOf(HasSubstr("m.h5: "), HasSubstr("'MyModel'"), HasSubstr("never loaded")));
}

TEST(H5Model, SaysWhereItsConfigIsBroken) {
  Pieces broken;
  broken.config = "{\"class_name\": ";
  Pieces huge;
  huge.config.replace(huge.config.find("\"units\": 1"), 10, "\"units\": 9000000000000000000");

  EXPECT_THAT(complaint(broken), HasSubstr("m.h5: model_config"));
  EXPECT_THAT(complaint(huge), AllOf(HasSubstr("model_config"), HasSubstr("units")));
}

TEST(H5Model, RefusesKernelsThatTheBackendStoredInAnotherOrder) {
  Pieces pieces;
  pieces.backend = "theano";
  pieces.datasets[0].tensor = numbers({1, 2, 1}, 1);

  EXPECT_THAT(complaint(pieces), HasSubstr("backend theano"));
}

TEST(H5Model, SaysThatWeightsAloneAreNoModel) {
  EXPECT_THAT(message_of<CorruptData>([] { (void)read_model(fixture("k3_mlp.weights.h5")); }),
              AllOf(HasSubstr("expected a whole model"), HasSubstr("model_config")));
}

TEST(H5Model, GivesItsWeightsToANetworkOfTheSameLayers) {
  const SavedModel model = trained_by(RMSprop({}));
  SavedModel other = small_model();
  for (NamedTensor& weight : other.weights) weight.tensor = numbers(weight.tensor.shape(), 50);

  decode_weights_of_any(encode_h5_model(model), "m.h5", other);

  EXPECT_EQ(contents(other.weights), contents(model.weights));
}

// Source: keras/engine/saving.py of Keras 2: weights alone have the lists in the first group.
TEST(H5Model, ReadsTheWeightsThatKeras2SavedAlone) {
  SavedModel model{.network = Network({Dense({.units = 1, .input_shape = {{2}}, .name = "mine"})}),
                   .compile_config = {},
                   .weights = {},
                   .optimizer = {}};
  const std::string file = make_hdf5(std::vector<AttributedGroup>{
      {"", {{.name = "layer_names", .values = {"d"}}}},
      {"d",
       {{.name = "weight_names", .values = {"d/kernel:0", "d/bias:0"}}},
       {{"d/kernel:0", numbers({2, 1}, 1)}, {"d/bias:0", numbers({1}, 2)}}}});

  decode_weights_of_any(file, "w.h5", model);

  ASSERT_EQ(model.weights.size(), 2U);
  EXPECT_EQ(model.weights[0].name, "mine/kernel");
}

TEST(H5Model, RefusesAFileCutAnywhere) {
  const std::string file = file_of({});
  for (std::size_t size = 0; size < file.size(); size += 61) {
    EXPECT_THROW((void)decode_h5_model(std::string_view(file).substr(0, size), "m.h5"), CorruptData)
        << size;
  }
}

TEST(H5Model, IsAModelOrRefusedAfterAnyDamage) {
  log::set_level(log::Level::Off);
  const std::string file =
      encode_h5_model(trained_by(RMSprop({})), {.include_optimizer_weights = true});
  Rng rng(5);
  int refused = 0;
  for (int i = 0; i < 200; ++i) {
    try {
      EXPECT_EQ(decode_h5_model(damaged(file, rng), "m.h5").weights.size(), 4U);
    } catch (const CorruptData&) {
      ++refused;
    }
  }
  log::set_level(log::Level::Info);

  EXPECT_GT(refused, 20);
}

TEST(H5Model, LeavesTheOldFileWhenTheDiskIsFullOrTheFolderMissing) {
  const TemporaryDirectory directory;
  const std::string path = directory / "m.h5";
  write_model(path, small_model());
  const std::string before = read_file(path, 1 << 20);

  for (const char* fault : {"files.open=enospc", "files.write=enospc", "files.sync=eio"}) {
    const ScopedFailpoints failpoints(fault);
    EXPECT_THROW(write_model(path, trained_by(Adam({}))), IoError) << fault;
  }

  EXPECT_EQ(read_file(path, 1 << 20), before);
  EXPECT_THROW(write_model(directory / "no/m.h5", small_model()), Error);
}

}  // namespace
}  // namespace carnyx
