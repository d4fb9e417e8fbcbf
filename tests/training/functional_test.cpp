// Models with several inputs and outputs: fed, trained, measured, saved.
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/layers/core.h"
#include "carnyx/layers/merging.h"
#include "carnyx/training/model.h"

namespace carnyx {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::vector<float> floats_in(const Json& json) {
  if (!json.is_array()) return {static_cast<float>(json.as_number())};
  std::vector<float> numbers;
  for (const Json& item : json.items()) {
    for (const float number : floats_in(item)) numbers.push_back(number);
  }
  return numbers;
}

Json functional_cases() {
  const std::string path = CARNYX_SOURCE_DIR "/tests/golden/functional_fit.json";
  return Json::parse(read_file(path, 1 << 20), path).at("cases");
}

/// Inputs and targets in another order than the network's.
Dataset functional_data(const Json& given) {
  Tensor labels(DType::Int32, {12});
  for (std::size_t i = 0; i < 12; ++i) {
    labels.data<std::int32_t>()[i] = static_cast<std::int32_t>(given.at("labels").at(i).as_int());
  }
  const auto rows = [&](const char* name, std::int64_t columns) {
    return Tensor::from<float>({12, columns}, floats_in(given.at(name)));
  };
  return {.x = {},
          .y = {},
          .name = "golden",
          .inputs = {{.name = "right", .rows = rows("right", 4)},
                     {.name = "left", .rows = rows("left", 4)}},
          .targets = {{.name = "height", .rows = rows("heights", 1)},
                      {.name = "kind", .rows = std::move(labels), .classes = 3}}};
}

CompileOptions two_losses(double learning_rate) {
  return {.optimizer = SGD({.learning_rate = learning_rate}),
          .outputs = {{.output = "height",
                       .loss = MeanSquaredError({}),
                       .loss_weight = 0.5,
                       .metrics = {metric_from_json(Json("mae"))}},
                      {.output = "kind",
                       .loss = SparseCategoricalCrossentropy({}),
                       .metrics = {Accuracy({})},
                       .weighted_metrics = {Accuracy({})}}}};
}

Model functional_model(const Json& c, const Json& given) {
  Model model(Network::from_json(c.at("config")), {.threads = 2});
  model.compile(two_losses(given.at("learning_rate").as_number()));
  for (const auto& [name, values] : c.at("weights").members()) {
    model.set_weight(name, Tensor::from<float>(model.weight(name).shape(), floats_in(values)));
  }
  return model;
}

void expect_logs(const Logs& got, const Json& wanted) {
  for (const auto& [name, value] : wanted.members()) {
    EXPECT_NEAR(got.at(name), value.as_number(), 2e-6) << name;
  }
  EXPECT_EQ(got.entries().size(), wanted.size());
}

void expect_near(const Tensor& got, const Json& wanted) {
  const std::vector<float> numbers = floats_in(wanted);
  ASSERT_EQ(got.elements(), static_cast<std::int64_t>(numbers.size()));
  for (std::int64_t i = 0; i < got.elements(); ++i) {
    EXPECT_NEAR(got.at(i), numbers[static_cast<std::size_t>(i)], 2e-6);
  }
}

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no InvalidArgument";
}

TEST(FunctionalModel, TrainsMeasuresAndPredictsAsKeras) {
  const Json cases = functional_cases();
  const Json& given = cases.at(0);
  for (std::size_t i = 1; i < cases.size(); ++i) {
    const Json& c = cases.at(i);
    Dataset data = functional_data(given);
    if (c.at("sample_weight").as_bool()) {
      data.sample_weight = Tensor::from<float>({12}, floats_in(given.at("weights")));
    }
    Model model = functional_model(c, given);
    const std::int64_t batch_size = given.at("batch_size").as_int();

    const History history =
        model.fit(data, {.batch_size = batch_size, .epochs = 2, .shuffle = false});

    for (std::size_t epoch = 0; epoch < 2; ++epoch) {
      expect_logs(history.epochs[epoch], c.at("history").at(epoch));
    }
    expect_logs(model.evaluate(data, {.batch_size = batch_size}), c.at("evaluated"));
    const std::vector<Tensor> outputs = model.predict_outputs(data, {.batch_size = 3});
    ASSERT_EQ(outputs.size(), 2U);
    expect_near(outputs[0], c.at("kind"));
    expect_near(outputs[1], c.at("height"));
  }
}

TEST(FunctionalModel, IsTheSameFromEveryFile) {
  const Json cases = functional_cases();
  const Dataset data = functional_data(cases.at(0));
  Model model = functional_model(cases.at(1), cases.at(0));
  const Logs wanted = model.evaluate(data);
  const TemporaryDirectory directory;
  for (const std::string name : {"m.keras", "m.h5", "old.h5"}) {
    const bool is_old = name == "old.h5";
    model.save(directory / name,
               {.keras_compat = is_old ? KerasCompat::Keras20 : KerasCompat::Current});

    Model loaded = load_model(directory / name, {.threads = 2});

    EXPECT_EQ(loaded.evaluate(data).entries(), wanted.entries()) << name;
    EXPECT_EQ(loaded.network().to_json().at("config").at("layers").size(), 8U) << name;
  }
  model.save(directory / "m.weights.h5");
  Model blank(model.network(), {.seed = 9, .threads = 2});
  blank.load_weights(directory / "m.weights.h5");
  EXPECT_EQ(blank.weight("shared/kernel").at(3), model.weight("shared/kernel").at(3));
}

TEST(FunctionalModel, HoldsBackSamplesOfAllInputs) {
  const Json cases = functional_cases();
  Model model = functional_model(cases.at(1), cases.at(0));

  const History history = model.fit(functional_data(cases.at(0)),
                                    {.batch_size = 4, .epochs = 1, .validation_split = 0.3});

  EXPECT_NO_THROW(static_cast<void>(history.epochs[0].at("val_kind_accuracy")));
  EXPECT_NO_THROW(static_cast<void>(history.epochs[0].at("val_height_loss")));
  EXPECT_EQ(functional_data(cases.at(0)).slice(2, 3).inputs[0].rows.shape(), Shape({3, 4}));
}

TEST(FunctionalModel, TrainsOneOfItsOutputs) {
  const Json cases = functional_cases();
  Dataset data = functional_data(cases.at(0));
  data.targets = {data.targets[1]};
  Model model(Network::from_json(cases.at(1).at("config")), {.threads = 2});
  model.compile({.outputs = {{.output = "kind", .loss = SparseCategoricalCrossentropy({})}}});

  const Tensor before = model.weight("height/kernel").clone();
  const Logs logs = model.fit(data, {.batch_size = 5}).epochs[0];

  EXPECT_EQ(logs.entries().size(), 1U);
  EXPECT_EQ(model.weight("height/kernel").at(0), before.at(0));
}

TEST(FunctionalModel, AsksForWhatEachInputAndOutputNeeds) {
  const Json cases = functional_cases();
  Model model = functional_model(cases.at(1), cases.at(0));
  const Dataset whole = functional_data(cases.at(0));

  Dataset data = whole;
  data.inputs.pop_back();
  EXPECT_THAT(refusal([&] { model.fit(data); }), HasSubstr("'left'"));
  data = whole;
  data.targets.pop_back();
  EXPECT_THAT(refusal([&] { model.fit(data); }), HasSubstr("'kind'"));
  data = whole;
  data.inputs[0].rows = Tensor(DType::Float32, {12, 5});
  EXPECT_THAT(refusal([&] { model.fit(data); }), AllOf(HasSubstr("'right'"), HasSubstr("(12, 5)")));
  data = whole;
  data.inputs[1].rows = Tensor(DType::Float32, {9, 4});
  EXPECT_THAT(refusal([&] { model.fit(data); }), AllOf(HasSubstr("'left'"), HasSubstr("12")));
  data = whole;
  data.targets[1].classes = 2;
  EXPECT_THAT(refusal([&] { model.fit(data); }), AllOf(HasSubstr("'kind'"), HasSubstr("[0, 2)")));
  const Dataset one = {.x = Tensor(DType::Float32, {12, 4}), .y = whole.targets[0].rows};
  EXPECT_THAT(refusal([&] { model.fit(one); }), HasSubstr("x alone"));
  EXPECT_THAT(refusal([&] {
                model.fit(whole, {.class_weight = {{0, 2.0}}});
              }),
              HasSubstr("class_weight needs one target"));
  data = whole;
  data.inputs[1].rows = Tensor(DType::Float32, {9, 4});
  EXPECT_THAT(refusal([&] { model.predict_outputs(data); }),
              AllOf(HasSubstr("'left'"), HasSubstr("(9, 4)")));
  EXPECT_THAT(refusal([&] { static_cast<void>(model.predict(whole)); }),
              HasSubstr("predict_outputs"));
}

TEST(FunctionalModel, AsksForALossOfEachOutputByName) {
  Model model(Network::from_json(functional_cases().at(1).at("config")), {.threads = 1});

  EXPECT_THAT(refusal([&] { model.compile({.loss = MeanSquaredError({})}); }),
              AllOf(HasSubstr("2 outputs (kind, height)"), HasSubstr(".outputs = {{.output")));
  EXPECT_THAT(refusal([&] { model.compile({.outputs = {{.output = "hight"}}}); }),
              AllOf(HasSubstr("'hight'"), HasSubstr("'height'")));
  EXPECT_THAT(refusal([&] {
                model.compile({.outputs = {{.output = "kind"}, {.output = "kind"}}});
              }),
              HasSubstr("twice"));
  EXPECT_FALSE(model.is_compiled());
}

TEST(FunctionalModel, OfOneInputAndOutputIsFedLikeARow) {
  const SymbolicTensor x(Input({.shape = {4}}));
  const SymbolicTensor hidden = AnyLayer(Dense({.units = 4, .activation = Activation::Tanh}))(x);
  const SymbolicTensor sum = AnyLayer(Add())({x, hidden});
  Model model(Network({.inputs = {x}, .outputs = {AnyLayer(Dense({.units = 1}))(sum)}}),
              {.threads = 1});
  model.compile({.optimizer = SGD({.learning_rate = 0.1}), .loss = MeanSquaredError({})});
  Dataset data = {.x = Tensor(DType::Float32, {8, 4}), .y = Tensor(DType::Float32, {8, 1})};
  for (std::size_t i = 0; i < 8; ++i) {
    data.x.data<float>()[4 * i] = static_cast<float>(i) / 8;
    data.y.data<float>()[i] = 1 - static_cast<float>(i) / 8;
  }

  const History history = model.fit(data, {.batch_size = 4, .epochs = 20});

  EXPECT_LT(history.epochs.back().at("loss"), history.epochs.front().at("loss") / 4);
  EXPECT_EQ(model.predict(data).shape(), Shape({8, 1}));
  EXPECT_THAT(model.describe_plan(4), HasSubstr("matmul"));
}

TEST(FunctionalModel, FeedsAnInputThatNoOutputNeeds) {
  const SymbolicTensor a(Input({.shape = {4}, .name = "a"}));
  const SymbolicTensor b(Input({.shape = {2}, .name = "b"}));
  Model model(Network({.inputs = {a, b}, .outputs = {AnyLayer(Flatten({}))(a), b}}),
              {.threads = 1});
  Dataset data;
  data.inputs = {{.name = "a", .rows = Tensor::from<float>({1, 4}, std::vector<float>{1, 2, 3, 4})},
                 {.name = "b", .rows = Tensor::from<float>({1, 2}, std::vector<float>{5, 6})}};

  const std::vector<Tensor> outputs = model.predict_outputs(data);

  EXPECT_EQ(outputs[0].at(3), 4);
  EXPECT_EQ(outputs[1].at(1), 6);
  Model other(Network({.inputs = {a, b}, .outputs = {AnyLayer(Flatten({}))(a)}}), {.threads = 1});
  EXPECT_EQ(other.predict(data).at(2), 3);
}

}  // namespace
}  // namespace carnyx
