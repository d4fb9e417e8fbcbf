#include "carnyx/metrics/metrics.h"

#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"

#include "tests/metrics/metric_runs.h"

namespace carnyx {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Tensor floats(Shape shape, std::vector<float> values) {
  return Tensor::from<float>(std::move(shape), values);
}

double value_of(const Metric& metric, const Tensor& target, const Tensor& output) {
  const std::vector<double> cpu = result_of(metric, {target, output});
  EXPECT_EQ(cpu, result_of(metric, {target, output}, {.backend = Backend::Reference}));
  EXPECT_EQ(cpu.size(), 1);
  return cpu[0];
}

const Tensor kOutput = floats({4, 3}, {0.2F, 0.5F, 0.3F, 0.9F, 0.1F, 0, 0.4F, 0.4F, 0.2F, 0, 0, 1});

TEST(Accuracy, OfLabelsIsSparseCategorical) {
  const Tensor labels = Tensor::from<std::int32_t>({4}, std::vector<std::int32_t>{1, 1, 0, 2});
  EXPECT_EQ(value_of(Accuracy({}), labels, kOutput), 0.75);  // the third's first largest is 0
}

TEST(Accuracy, OfOneLabelARowOnItsOwnAxisIsSparseCategoricalToo) {
  EXPECT_EQ(value_of(Accuracy({}), floats({4, 1}, {1, 1, 0, 2}), kOutput), 0.75);
}

TEST(Accuracy, OfProbabilitiesIsCategorical) {
  const Tensor target = floats({4, 3}, {0, 1, 0, 0, 1, 0, 0.5F, 0.3F, 0.2F, 0, 0.1F, 0.9F});
  EXPECT_EQ(value_of(Accuracy({}), target, kOutput), 0.75);
}

TEST(Accuracy, OfOneFeatureIsBinaryWithAThresholdOfAHalf) {
  const Tensor output = floats({4, 1}, {0.7F, 0.5F, 0.2F, 0.51F});
  EXPECT_EQ(value_of(Accuracy({}), floats({4, 1}, {1, 0, 1, 1}), output), 0.75);
  EXPECT_EQ(value_of(Accuracy({}), floats({4}, {1, 1, 0, 0}), output), 0.5);
}

TEST(Accuracy, OfSequencesIsTheShareOfTheirPositions) {
  const Tensor output = floats({2, 2, 2}, {0.9F, 0.1F, 0.1F, 0.9F, 0.2F, 0.8F, 0.7F, 0.3F});
  const Tensor target = floats({2, 2, 2}, {1, 0, 1, 0, 0, 1, 1, 0});
  EXPECT_EQ(value_of(Accuracy({}), target, output), 0.75);
}

std::vector<double> flat(const Json& json) {
  if (json.is_string()) return {std::nan("")};
  if (!json.is_array()) return {json.as_number()};
  std::vector<double> numbers;
  for (const Json& item : json.items()) {
    for (const double number : flat(item)) numbers.push_back(number);
  }
  return numbers;
}

bool has_integers(const Json& json) {
  return json.is_array() ? has_integers(json.at(0)) : json.is_integer();
}

Tensor tensor_of(const Json& json) {
  const std::vector<double> numbers = flat(json);
  std::vector<std::int64_t> axes;
  for (const Json* level = &json; level->is_array(); level = &level->at(0)) {
    axes.push_back(static_cast<std::int64_t>(level->size()));
  }
  if (axes.size() == 1 && has_integers(json)) {
    return Tensor::from<std::int32_t>(Shape(axes),
                                      std::vector<std::int32_t>(numbers.begin(), numbers.end()));
  }
  return floats(Shape(axes), {numbers.begin(), numbers.end()});
}

AnyMetric metric_of(const Json& c) {
  return metric_from_json(
      Json::object({{"class_name", c.at("metric")}, {"config", c.at("options")}}));
}

Json golden_cases() {
  const std::string path = CARNYX_SOURCE_DIR "/tests/golden/metrics.json";
  return Json::parse(read_file(path, 1 << 20), path).at("cases");
}

void expect_as_keras(const Json& c, bool weighted, Backend backend) {
  MetricRows rows{tensor_of(c.at("target")), tensor_of(c.at("output"))};
  if (weighted) {
    const std::vector<double> weights = flat(c.at("weights"));
    rows.weights =
        floats({static_cast<std::int64_t>(weights.size())}, {weights.begin(), weights.end()});
  }
  const AnyMetric metric = metric_of(c);
  MetricProgram program(*metric, rows, {.backend = backend});
  program.step({0, 1});
  program.step({2, 3, 4, 5});
  const std::vector<double> wanted = flat(c.at(weighted ? "weighted_result" : "result"));
  const std::vector<double> got = program.result();
  const std::string where = c.at("metric").as_string() + c.at("options").dump() +
                            (weighted ? " weighted" : "") + " of " + c.at("target").dump();
  ASSERT_EQ(got.size(), wanted.size()) << where;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(wanted[i])) {
      EXPECT_TRUE(std::isnan(got[i])) << where << '[' << i << ']';
    } else {
      EXPECT_NEAR(got[i], wanted[i], 1e-6 + 1e-5 * std::abs(wanted[i])) << where << '[' << i << ']';
    }
  }
}

TEST(Metrics, AreKerassOverTwoSteps) {
  const Json cases = golden_cases();
  for (const Json& c : cases.items()) {
    expect_as_keras(c, false, Backend::Cpu);
    expect_as_keras(c, false, Backend::Reference);
  }
}

TEST(Metrics, AreKerassWithWeights) {
  const Json cases = golden_cases();
  for (const Json& c : cases.items()) {
    if (!c.contains("weights")) continue;
    expect_as_keras(c, true, Backend::Cpu);
    expect_as_keras(c, true, Backend::Reference);
  }
}

bool is_same(const Json& own, const Json& keras) {
  if (own.is_number() && keras.is_number()) return own.as_number() == keras.as_number();
  if (own.is_array() && !keras.is_array()) return own.size() == 1 && is_same(own.at(0), keras);
  return own == keras || (own.is_array() && flat(own) == flat(keras));
}

TEST(Metrics, WriteWhatKerasWrites) {
  const Json cases = golden_cases();
  for (const Json& c : cases.items()) {
    const Json written = metric_of(c)->config();
    for (const auto& [key, value] : c.at("config").members()) {
      if (key == "axis" && value == Json(-1)) continue;  // Keras's default, and all there is
      const std::string where = c.at("metric").as_string() + ": " + key;
      ASSERT_TRUE(written.contains(key)) << where;
      EXPECT_TRUE(is_same(written.at(key), value)) << where << ' ' << written.at(key).dump();
    }
  }
}

TEST(Metrics, HaveKerassStringsAndTakeThemForTheirNames) {
  for (const char* name : {"accuracy", "acc", "mse", "MSE", "mean_squared_error", "AUC", "auc"}) {
    EXPECT_EQ(metric_from_json(Json(name))->name(), name);
  }
  EXPECT_EQ(metric_from_json(Json("mae"))->class_name(), "MeanAbsoluteError");
  EXPECT_EQ(metric_from_json(Json("top_k_categorical_accuracy"))->class_name(),
            "TopKCategoricalAccuracy");
  EXPECT_THAT([] { metric_from_json(Json("acuracy")); },
              ThrowsMessage<InvalidArgument>(HasSubstr("accuracy")));
}

TEST(Metrics, HaveKerassNamesWhereNoneIsGiven) {
  EXPECT_EQ(metrics::AUC({}).name(), "auc");
  EXPECT_EQ(metrics::FBetaScore({}).name(), "fbeta_score");
  EXPECT_EQ(metrics::TruePositives({}).name(), "true_positives");
  EXPECT_EQ(metrics::RecallAtPrecision(0.5).name(), "recall_at_precision");
  EXPECT_EQ(metrics::MeanOf(LogCosh()).name(), "logcosh");
  EXPECT_EQ(metrics::MeanOf(Huber({})).name(), "huber");
}

TEST(Metrics, ReadAFunctionThatKerasWroteByItsName) {
  const auto function = [](const char* name) {
    return metric_from_json(Json::object({{"module", "builtins"},
                                          {"class_name", "function"},
                                          {"config", name},
                                          {"registered_name", "function"}}));
  };
  EXPECT_EQ(function("binary_accuracy")->class_name(), "BinaryAccuracy");
  EXPECT_EQ(function("huber")->class_name(), "MeanMetricWrapper");
  EXPECT_EQ(function("huber")->name(), "huber");
}

TEST(Metrics, RefuseOptionsOutOfRange) {
  EXPECT_THROW(metrics::TopKCategoricalAccuracy({.k = 0}), InvalidArgument);
  EXPECT_THROW(metrics::Precision({.thresholds = {1.5}}), InvalidArgument);
  EXPECT_THROW(metrics::Recall({.top_k = 0}), InvalidArgument);
  EXPECT_THROW(metrics::AUC({.num_thresholds = 1}), InvalidArgument);
  EXPECT_THROW(metrics::AUC({.num_labels = 3}), InvalidArgument);
  EXPECT_THROW(metrics::FBetaScore({.beta = 0}), InvalidArgument);
  EXPECT_THROW(metrics::F1Score({.threshold = 1.5}), InvalidArgument);
  EXPECT_THROW(metrics::IoU({.num_classes = 2, .target_class_ids = {2}}), InvalidArgument);
  EXPECT_THROW(metrics::R2Score({.num_regressors = -1}), InvalidArgument);
  EXPECT_THAT([] { metrics::PrecisionAtRecall(1.5); },
              ThrowsMessage<InvalidArgument>(HasSubstr("recall must be in [0, 1], got 1.5")));
}

TEST(Metrics, RefuseInputsThatDoNotFit) {
  const Tensor target = floats({4, 2}, std::vector<float>(8));
  const auto run = [&](const Metric& metric) {
    return [&] { static_cast<void>(result_of(metric, {target, kOutput})); };
  };
  const metrics::Precision precision({});
  const metrics::SparseCategoricalAccuracy sparse({});
  const metrics::Recall recall({.class_id = 3});
  EXPECT_THAT(run(precision), ThrowsMessage<InvalidArgument>(HasSubstr("Precision: ")));
  EXPECT_THAT(run(sparse), ThrowsMessage<InvalidArgument>(HasSubstr("SparseCategoricalAccuracy")));
  EXPECT_THAT(
      [&] {
        static_cast<void>(result_of(recall, {kOutput, kOutput}));
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("class_id must be in [0, 3), got 3")));
}

TEST(Metrics, TakeLabelsWhereOneHotTargetsAreMeant) {
  const Tensor labels = Tensor::from<std::int32_t>({4}, std::vector<std::int32_t>{1, 1, 0, 2});
  const Tensor one_hot = floats({4, 3}, {0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1});
  const metrics::F1Score score({});
  const metrics::Precision precision({.top_k = 1});
  EXPECT_EQ(result_of(score, {labels, kOutput}), result_of(score, {one_hot, kOutput}));
  EXPECT_EQ(result_of(precision, {labels, kOutput}), result_of(precision, {one_hot, kOutput}));
}

TEST(F1Score, CountsAClassNeverPredictedAsZero) {
  const Tensor labels = Tensor::from<std::int32_t>({3}, std::vector<std::int32_t>{0, 0, 1});
  const Tensor output = floats({3, 2}, {0.9F, 0.1F, 0.8F, 0.2F, 0.7F, 0.3F});

  const double score =
      value_of(metrics::F1Score({.average = metrics::Average::Macro}), labels, output);

  EXPECT_NEAR(score, 0.4, 1e-6);  // class 0: precision 2/3, recall 1, F1 0.8; class 1: 0; mean 0.4
}

TEST(SumOf, IsTheSumOfALoss) {
  const Tensor target = floats({2, 1}, {1, 2});
  const Tensor output = floats({2, 1}, {3, 5});
  const metrics::SumOf sum{MeanSquaredError()};
  EXPECT_THAT(result_of(sum, {target, output}), ElementsAre(4 + 9));
  EXPECT_THAT(result_of(sum, {target, output, floats({2}, {0.5F, 2})}), ElementsAre(2 + 18));
}

}  // namespace
}  // namespace carnyx
