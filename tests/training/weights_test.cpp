// Sample and class weights, and metrics that are more than a mean, through fit and evaluate.
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"

#include "tests/training/step_runs.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<float> weighted_floats(const Json& json) {
  if (!json.is_array()) return {static_cast<float>(json.as_number())};
  std::vector<float> numbers;
  for (const Json& item : json.items()) {
    for (const float number : weighted_floats(item)) numbers.push_back(number);
  }
  return numbers;
}

Json weighted_cases() {
  const std::string path = CARNYX_SOURCE_DIR "/tests/golden/weighted_fit.json";
  return Json::parse(read_file(path, 1 << 20), path).at("cases");
}

Dataset weighted_data(const Json& given) {
  Tensor y(DType::Float32, {10, 3});
  std::size_t row = 0;
  for (const Json& label : given.at("labels").items()) {
    y.data<float>()[3 * row++ + static_cast<std::size_t>(label.as_int())] = 1;
  }
  return {.x = Tensor::from<float>({10, 4}, weighted_floats(given.at("x"))),
          .y = std::move(y),
          .name = "golden"};
}

std::vector<AnyMetric> weighted_metrics() {
  return {metric_from_json(Json("categorical_accuracy")),
          metrics::AUC({.num_thresholds = 20}),
          metrics::Recall({})};
}

Model weighted_model(const Json& given) {
  Model model(
      Network({Dense({.units = 3, .activation = Activation::Softmax, .input_shape = {{4}}})}));
  model.compile({.optimizer = SGD({.learning_rate = given.at("learning_rate").as_number()}),
                 .metrics = {metric_from_json(Json("categorical_accuracy")),
                             metrics::AUC({.num_thresholds = 20}),
                             metrics::F1Score({.average = metrics::Average::Macro})},
                 .weighted_metrics = weighted_metrics()});
  model.set_weight("dense/kernel",
                   Tensor::from<float>({4, 3}, weighted_floats(given.at("kernel"))));
  return model;
}

void expect_logs(const Logs& got, const Json& wanted, const std::string& where) {
  for (const auto& [name, value] : wanted.members()) {
    EXPECT_NEAR(got.at(name), value.as_number(), 2e-6) << where << ' ' << name;
  }
  EXPECT_EQ(got.entries().size(), wanted.size()) << where;
}

TEST(Weights, MakeFitAndEvaluateWhatKerasMakesOfThem) {
  const Json cases = weighted_cases();
  const Json& given = cases.at(0);
  for (std::size_t i = 1; i < cases.size(); ++i) {
    const Json& c = cases.at(i);
    Dataset data = weighted_data(given);
    if (c.at("sample_weight").as_bool()) {
      data.sample_weight = Tensor::from<float>({10}, weighted_floats(given.at("weights")));
    }
    FitOptions options{
        .batch_size = given.at("batch_size").as_int(), .epochs = 2, .shuffle = false};
    if (c.at("class_weight").as_bool()) options.class_weight = {{0, 0.5}, {2, 3.0}};
    Model model = weighted_model(given);

    const History history = model.fit(data, options);

    const std::string where = "case " + std::to_string(i);
    for (std::size_t epoch = 0; epoch < 2; ++epoch) {
      expect_logs(history.epochs[epoch], c.at("history").at(epoch), where);
    }
    const Logs evaluated = model.evaluate(data, {.batch_size = options.batch_size});
    expect_logs(evaluated, c.at("evaluated"), where + " evaluated");
    expect_logs(model.evaluate(data, {.batch_size = 7}), c.at("evaluated"), where + " in sevens");
    const std::vector<float> kernel = weighted_floats(c.at("kernel"));
    for (std::size_t k = 0; k < kernel.size(); ++k) {
      EXPECT_NEAR(model.weight("dense/kernel").at(static_cast<std::int64_t>(k)), kernel[k], 2e-6)
          << where;
    }
  }
}

TEST(Weights, OfClassesAreNotThoseOfTheValidationPart) {
  const Dataset data = blobs(40, 6, 3);
  Model model(Network({Dense({.units = 3, .activation = Activation::Softmax})}));
  model.compile({.weighted_metrics = {metrics::Recall({})}});

  const History history =
      model.fit(data, {.validation_split = 0.25, .class_weight = {{0, 50.0}, {1, 0.01}}});

  const Logs last = model.evaluate(data.slice(30, 10));
  EXPECT_NEAR(history.epochs.back().at("val_loss"), last.at("loss"), 1e-6);
  EXPECT_NEAR(history.epochs.back().at("val_recall"), last.at("recall"), 1e-6);
}

TEST(Weights, OfClassesAndOfSamplesAreNotBothTaken) {
  Dataset data = blobs(8, 6, 3);
  data.sample_weight = Tensor(DType::Float32, {8});
  Model model(Network({Dense({.units = 3, .activation = Activation::Softmax})}));
  model.compile({});
  EXPECT_THAT(
      [&] {
        model.fit(data, {.class_weight = {{0, 2.0}}});
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("sample_weight or class_weight")));
}

TEST(MetricNames, AreNumberedAsKerasDoesWhereTheyComeTwice) {
  const Dataset data = blobs(8, 6, 3);
  Model model(Network({Dense({.units = 3, .activation = Activation::Softmax})}));
  model.compile({.metrics = {Accuracy({}), Accuracy({}), metrics::F1Score({})},
                 .weighted_metrics = {Accuracy({}), Accuracy({})}});

  const Logs logs = model.evaluate(data);

  std::vector<std::string> names;
  for (const auto& [name, value] : logs.entries()) names.push_back(name);
  EXPECT_THAT(names,
              testing::ElementsAre("loss",
                                   "accuracy",
                                   "accuracy_1",
                                   "f1_score_0",
                                   "f1_score_1",
                                   "f1_score_2",
                                   "weighted_accuracy",
                                   "weighted_accuracy_1"));
}

TEST(SavedMetrics, ComeBackWithTheModel) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/model.keras";
  const Dataset data = with_targets(blobs(20, 6, 3), {3}, true);
  Model model(
      Network({Dense({.units = 3, .activation = Activation::Softmax, .input_shape = {{6}}})}));
  model.compile({.loss = CategoricalFocalCrossentropy({.gamma = 1}),
                 .metrics = {Accuracy({.name = "acc"}),
                             metrics::Precision({.thresholds = {0.2, 0.7}, .class_id = 1}),
                             metrics::MeanOf(Huber({.delta = 0.5})),
                             metrics::SumOf(MeanSquaredError())},
                 .weighted_metrics = weighted_metrics()});
  model.save(path);

  Model loaded = load_model(path);

  const Logs before = model.evaluate(data);
  const Logs after = loaded.evaluate(data);
  for (const auto& [name, value] : after.entries()) EXPECT_EQ(value, before.at(name)) << name;
  EXPECT_EQ(after.entries().size(), before.entries().size() - 1);  // Keras has no sum of a loss
}

TEST(SavedMetrics, AreAskedForByACheckpoint) {
  const TemporaryDirectory directory;
  const Dataset data = blobs(20, 6, 3);
  const FitOptions options{.checkpoint = {.directory = directory.path()}};
  Model model(
      Network({Dense({.units = 3, .activation = Activation::Softmax, .input_shape = {{6}}})}));
  model.compile({.metrics = {Accuracy({})}});
  model.fit(data, options);

  model.compile({.metrics = {metrics::AUC({})}});
  EXPECT_THAT([&] { model.fit(data, options); },
              ThrowsMessage<InvalidArgument>(HasSubstr("results")));
}

}  // namespace
}  // namespace carnyx
