// Every metric under one contract; see tests/contracts/metric_contract.h.
#include "tests/contracts/metric_contract.h"

#include <algorithm>

namespace carnyx {
namespace {

using contracts::MetricCase;
using contracts::TargetKind;

std::vector<MetricCase> accuracy_cases() {
  return {
      {"accuracy", Accuracy({}), TargetKind::Labels},
      {"exact_accuracy", metrics::ExactAccuracy({}), TargetKind::YesOrNo, {4}, true},
      {"binary_accuracy", metrics::BinaryAccuracy({}), TargetKind::YesOrNo},
      {"categorical_accuracy", metrics::CategoricalAccuracy({}), TargetKind::OneHot},
      {"categorical_accuracy_of_labels", metrics::CategoricalAccuracy({}), TargetKind::Labels},
      {"sparse_categorical_accuracy", metrics::SparseCategoricalAccuracy({}), TargetKind::Labels},
      {"top_k", metrics::TopKCategoricalAccuracy({.k = 2}), TargetKind::OneHot, {2, 4}},
      {"sparse_top_k", metrics::SparseTopKCategoricalAccuracy({.k = 2}), TargetKind::Labels},
      {"sparse_top_k_sorted",
       metrics::SparseTopKCategoricalAccuracy({.k = 2, .from_sorted_ids = true}),
       TargetKind::Labels,
       {4},
       true},
  };
}

std::vector<MetricCase> confusion_cases() {
  const metrics::AUCOptions areas{.curve = metrics::AUCCurve::Pr, .multi_label = true};
  return {
      {"true_positives", metrics::TruePositives({}), TargetKind::YesOrNo},
      {"false_positives", metrics::FalsePositives({.thresholds = {0.8, 0.2}}), TargetKind::YesOrNo},
      {"true_negatives", metrics::TrueNegatives({}), TargetKind::YesOrNo, {2, 3}},
      {"false_negatives", metrics::FalseNegatives({}), TargetKind::YesOrNo},
      {"precision", metrics::Precision({}), TargetKind::YesOrNo},
      {"precision_top_k", metrics::Precision({.top_k = 2, .class_id = 1}), TargetKind::OneHot},
      {"recall", metrics::Recall({.thresholds = {0, 0.5, 1}}), TargetKind::YesOrNo},
      {"recall_of_labels", metrics::Recall({.top_k = 2}), TargetKind::Labels},
      {"sensitivity_at_specificity", metrics::SensitivityAtSpecificity(0.5), TargetKind::YesOrNo},
      {"specificity_at_sensitivity",
       metrics::SpecificityAtSensitivity(0.5, {.num_thresholds = 20}),
       TargetKind::YesOrNo},
      {"precision_at_recall", metrics::PrecisionAtRecall(0.3, {.class_id = 2}), TargetKind::OneHot},
      {"recall_at_precision", metrics::RecallAtPrecision(0.3), TargetKind::YesOrNo},
      {"auc", metrics::AUC({}), TargetKind::YesOrNo},
      {"auc_by_label", metrics::AUC(areas), TargetKind::YesOrNo},
      {"f1_score", metrics::F1Score({}), TargetKind::OneHot},
      {"fbeta_score",
       metrics::FBetaScore({.average = metrics::Average::Weighted, .beta = 2, .threshold = 0.4}),
       TargetKind::YesOrNo},
      {"iou",
       metrics::IoU({.num_classes = 3, .target_class_ids = {0, 2}}),
       TargetKind::YesOrNo,
       {4},
       true},
      {"mean_iou",
       metrics::MeanIoU({.num_classes = 3, .ignore_class = 1}),
       TargetKind::YesOrNo,
       {2, 3},
       true},
      {"binary_iou", metrics::BinaryIoU({}), TargetKind::YesOrNo},
      {"one_hot_iou",
       metrics::OneHotIoU({.num_classes = 4, .target_class_ids = {1, 3}}),
       TargetKind::OneHot},
      {"one_hot_mean_iou", metrics::OneHotMeanIoU({.num_classes = 4}), TargetKind::OneHot, {2, 4}},
  };
}

std::vector<MetricCase> regression_cases() {
  return {
      {"root_mean_squared_error", metrics::RootMeanSquaredError({})},
      {"r2_score", metrics::R2Score({})},
      {"r2_score_by_column", metrics::R2Score({.class_aggregation = std::nullopt})},
      {"cosine_similarity", metrics::CosineSimilarity({})},
      {"pearson_correlation", metrics::PearsonCorrelation({})},
      {"concordance_correlation", metrics::ConcordanceCorrelation({}), {}, {2, 3}},
      {"mean_squared_error", metrics::MeanOf(MeanSquaredError()), {}, {2, 3}},
      {"mean_absolute_error", metrics::MeanOf(MeanAbsoluteError(), "error")},
      {"mean_absolute_percentage_error", metrics::MeanOf(MeanAbsolutePercentageError())},
      {"mean_squared_logarithmic_error", metrics::MeanOf(MeanSquaredLogarithmicError())},
      {"logcosh", metrics::MeanOf(LogCosh())},
      {"kl_divergence", metrics::MeanOf(KLDivergence())},
      {"poisson", metrics::MeanOf(Poisson())},
      {"hinge", metrics::MeanOf(Hinge())},
      {"squared_hinge", metrics::MeanOf(SquaredHinge())},
      {"categorical_hinge", metrics::MeanOf(CategoricalHinge()), TargetKind::OneHot},
      {"binary_crossentropy",
       metrics::MeanOf(BinaryCrossentropy({.from_logits = true})),
       TargetKind::YesOrNo},
      {"categorical_crossentropy",
       metrics::MeanOf(CategoricalCrossentropy({.label_smoothing = 0.1})),
       TargetKind::OneHot},
      {"sparse_categorical_crossentropy",
       metrics::MeanOf(SparseCategoricalCrossentropy({.from_logits = true})),
       TargetKind::Labels},
      {"huber", metrics::MeanOf(Huber({.delta = 0.3}))},
  };
}

std::vector<MetricCase> all_cases() {
  std::vector<MetricCase> cases;
  for (const auto& some : {accuracy_cases(), confusion_cases(), regression_cases()}) {
    cases.insert(cases.end(), some.begin(), some.end());
  }
  return cases;
}

class MetricContract : public testing::TestWithParam<MetricCase> {};

TEST_P(MetricContract, AddsUpOverSteps) {
  contracts::expect_sums_to_add_up(GetParam());
}

TEST_P(MetricContract, CountsNoRowsForNothing) {
  contracts::expect_no_rows_to_count_nothing(GetParam());
}

TEST_P(MetricContract, CountsARowAsOftenAsItsWeightSays) {
  contracts::expect_weights_to_count_rows(GetParam());
}

TEST_P(MetricContract, SurvivesItsOwnJson) {
  const Json json = GetParam().metric->to_json();
  const AnyMetric read = metric_from_json(json);
  EXPECT_EQ(read->to_json(), json) << json.dump();
  EXPECT_EQ(read->name(), GetParam().metric->name());
}

std::string name_of_case(const testing::TestParamInfo<MetricCase>& test) {
  return test.param.name;
}
INSTANTIATE_TEST_SUITE_P(All, MetricContract, testing::ValuesIn(all_cases()), name_of_case);

TEST(MetricContract, IsJoinedByEveryMetric) {
  const std::vector<MetricCase> cases = all_cases();
  for (const std::string_view name : metric_class_names()) {
    EXPECT_TRUE(std::ranges::any_of(cases, [&](const MetricCase& c) {
      return c.metric->class_name() == name;
    })) << name;
  }
}

}  // namespace
}  // namespace carnyx
