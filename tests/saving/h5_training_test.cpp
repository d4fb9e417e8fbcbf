// How a model was trained, in the words and the order of each generation of Keras.
#include <optional>

#include <gmock/gmock.h>

#include "carnyx/base/error.h"
#include "carnyx/base/log.h"
#include "carnyx/optimizers/optimizer.h"

#include "saving/h5_training_config.h"
#include "saving/model_bytes.h"
#include "tests/saving/h5_pieces.h"

namespace carnyx {
namespace {

/// The optimizer's state in a file of one Dense layer, or null if it is not used.
std::optional<OptimizerState> state_of(const std::string& optimizer,
                                       std::vector<NamedTensor> saved) {
  Pieces pieces;
  pieces.training = R"({"loss": "mse", "optimizer_config": )" + optimizer + "}";
  pieces.optimizer = std::move(saved);
  return decode_h5_model(file_of(pieces), "m.h5").optimizer;
}

const Tensor kTwelve = [] {
  const std::int64_t value = 12;
  return Tensor::from<std::int64_t>({}, std::span(&value, 1));
}();
const Tensor kKernel = numbers({2, 1}, 1);
const Tensor kBias = numbers({1}, 2);
constexpr const char* kAdam = R"({"class_name": "Adam", "config": {"lr": 0.001}})";

// Sources: what tf-keras 2.21 and its legacy optimizers write; for Keras 2.2, keras/optimizers.py.
TEST(H5OptimizerWeights, FindsSlotsInTheOrderOfEachGeneration) {
  const std::vector<std::vector<NamedTensor>> generations = {
      {{"iteration:0", kTwelve},
       {"Adam/m/d/kernel:0", kKernel},
       {"Adam/v/d/kernel:0", kKernel},
       {"Adam/m/d/bias:0", kBias},
       {"Adam/v/d/bias:0", kBias}},
      {{"adam/iteration", kTwelve},
       {"adam/learning_rate", numbers({}, 0.125)},
       {"adam/sequential_d_kernel_momentum", kKernel},
       {"adam/sequential_d_kernel_velocity", kKernel},
       {"adam/sequential_d_bias_momentum", kBias},
       {"adam/sequential_d_bias_velocity", kBias}},
      {{"Adam/iter:0", kTwelve},
       {"Adam/d/kernel/m:0", kKernel},
       {"Adam/d/bias/m:0", kBias},
       {"Adam/d/kernel/v:0", kKernel},
       {"Adam/d/bias/v:0", kBias}},
      {{"Adam/iterations:0", kTwelve},
       {"training/Adam/Variable:0", kKernel},
       {"training/Adam/Variable_1:0", kBias},
       {"training/Adam/Variable_2:0", kKernel},
       {"training/Adam/Variable_3:0", kBias},
       {"training/Adam/Variable_4:0", numbers({1}, 0)},
       {"training/Adam/Variable_5:0", numbers({1}, 0)}}};
  for (const auto& saved : generations) {
    const auto state = state_of(kAdam, saved);

    ASSERT_TRUE(state.has_value()) << saved[1].name;
    EXPECT_EQ(state->iterations, 12);
    std::vector<std::string> names;
    for (const NamedTensor& slot : state->variables) {
      names.push_back(slot.name);
      EXPECT_EQ(slot.tensor.shape().rank(), slot.name.ends_with("kernel") ? 2U : 1U);
    }
    EXPECT_THAT(
        names,
        testing::UnorderedElementsAre(
            "momentum/d/kernel", "velocity/d/kernel", "momentum/d/bias", "velocity/d/bias"));
  }
}

TEST(H5OptimizerWeights, ReadsAccumulatorsWithoutIterationsOfKeras20) {
  const auto state = state_of(
      R"({"class_name": "RMSprop", "config": {"lr": 0.1, "decay": 0.0}})",
      {{"training/RMSprop/Variable:0", kKernel}, {"training/RMSprop/Variable_1:0", kBias}});

  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->iterations, 0);
  EXPECT_EQ(state->variables.size(), 2U);
}

TEST(H5OptimizerWeights, BeginsAnewWhereSlotsAreNotTheOptimizers) {
  log::set_level(log::Level::Off);
  EXPECT_FALSE(state_of(kAdam, {{"iteration:0", kTwelve}, {"Adam/m/d/kernel:0", kKernel}}));
  EXPECT_FALSE(state_of(R"({"class_name": "Adaptive", "config": {}})", {{"iter:0", kTwelve}}));
  log::set_level(log::Level::Info);
}

Json compile_of(const std::string& training) {
  return compile_config_from_h5(Json::parse(training, "training_config"), "m.h5");
}

TEST(H5TrainingConfig, TranslatesKeras2sLearningRate) {
  const Json plain = compile_of(
      R"({"loss": "mse", "optimizer_config": {"class_name": "SGD", "config": {"lr": 0.5, "decay": 0.0}}})");
  const Json decaying = compile_of(
      R"({"loss": "mse", "optimizer_config": {"class_name": "SGD", "config": {"lr": 0.5, "decay": 0.25}}})");

  EXPECT_EQ(plain.at("optimizer").at("config").dump(), R"({"learning_rate": 0.5})");
  const AnyOptimizer optimizer = optimizer_from_json(decaying.at("optimizer"));
  EXPECT_NEAR(optimizer->learning_rate().at(4), 0.25, 1e-9);  // 0.5 / (1 + 0.25 * 4)
}

TEST(H5TrainingConfig, DoesNotTakeNadamsScheduleForTheRates) {
  const Json nadam =
      compile_of(R"({"loss": "mse", "optimizer_config": {"class_name": "Nadam", "config": )"
                 R"({"learning_rate": 0.5, "decay": 0.004}}})");

  EXPECT_EQ(nadam.at("optimizer").at("config").dump(), R"({"learning_rate": 0.5})");
}

// Source: training_config as tf-keras 2.21 writes it.
TEST(H5TrainingConfig, ReadsTheWordsOfTfKeras) {
  const Json compile = compile_of(
      R"({"loss": {"out": "categorical_crossentropy"}, "metrics": [[{"class_name": )"
      R"("MeanMetricWrapper", "config": {"name": "accuracy", "dtype": "float32", "fn": )"
      R"("categorical_accuracy"}}, {"class_name": "MeanMetricWrapper", "config": {"name": "top", )"
      R"("fn": "top_k_categorical_accuracy"}}]], "weighted_metrics": null, "loss_weights": null, )"
      R"("optimizer_config": {"class_name": "Custom>Adam", "config": {"weight_decay": null, )"
      R"("learning_rate": 0.5}}})");

  EXPECT_EQ(compile.at("loss").as_string(), "categorical_crossentropy");
  EXPECT_EQ(compile.at("optimizer").at("class_name").as_string(), "Adam");
  EXPECT_EQ(
      compile.at("metrics").dump(),
      R"(["accuracy", {"class_name": "top_k_categorical_accuracy", "config": {"name": "top"}}])");
  EXPECT_TRUE(compile.at("weighted_metrics").is_null());
}

TEST(H5TrainingConfig, KeepsTheMetricNamesOfKeras2) {
  const Json compile = compile_of(R"({"loss": "mse", "metrics": {"out": ["acc"]}})");

  EXPECT_EQ(compile.at("metrics").dump(), R"(["acc"])");
}

TEST(H5TrainingConfig, KeepsWhatIsSaidOfEachOfSeveralOutputs) {
  const Json in_order = compile_of(
      R"({"loss": ["mse", "mae"], "metrics": [["acc"], null], "loss_weights": [1.0, 0.5]})");
  const Json by_name = compile_of(
      R"({"loss": {"a": "mse", "b": "mae"}, "metrics": {"a": "acc"}, "loss_weights": {"b": 0.5}})");

  EXPECT_EQ(in_order.at("loss").dump(), R"(["mse", "mae"])");
  EXPECT_EQ(in_order.at("metrics").dump(), R"([["acc"], []])");
  EXPECT_EQ(in_order.at("loss_weights").dump(), "[1.0, 0.5]");
  EXPECT_EQ(by_name.at("loss").dump(), R"({"a": "mse", "b": "mae"})");
  EXPECT_EQ(by_name.at("metrics").dump(), R"({"a": ["acc"]})");
  EXPECT_EQ(by_name.at("loss_weights").dump(), R"({"b": 0.5})");
}

}  // namespace
}  // namespace carnyx
