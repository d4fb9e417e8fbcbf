// Every loss under one contract; see tests/contracts/loss_contract.h.
#include "tests/contracts/loss_contract.h"

#include <algorithm>

namespace carnyx {
namespace {

using contracts::LossCase;

/// Class 0, 1 or 2 of each row, of its first number.
Value labels(Value numbers) {
  const std::int64_t rows = numbers.shape()[0];
  const Value first = ops::multiply(
      numbers, ops::constant(*numbers.graph, Shape{4}, std::vector<double>{3.2, 0, 0, 0}));
  return ops::convert(ops::reshape(ops::sum_features(first), {rows}), DType::Int32);
}

/// A class for each of two positions.
Value labels_of_positions(Value numbers) {
  const std::int64_t rows = numbers.shape()[0];
  return ops::reshape(ops::argmax(numbers), {rows, 2});
}

Value signs(Value numbers) {
  return ops::unary(ops::shift(numbers, -0.5), ops::UnaryKind::Sign);
}

Value distribution(Value numbers) {
  return ops::softmax(numbers);
}

std::vector<LossCase> loss_cases() {
  return {
      {"categorical", CategoricalCrossentropy({}), {4}, distribution},
      {"categorical_labels", CategoricalCrossentropy({}), {4}, labels},
      {"categorical_logits",
       CategoricalCrossentropy({.from_logits = true, .label_smoothing = 0.1}),
       {4},
       distribution},
      {"categorical_axis", CategoricalCrossentropy({.axis = 1}), {3, 2}},
      {"categorical_positions", CategoricalCrossentropy({.from_logits = true}), {2, 3}},
      {"sparse", SparseCategoricalCrossentropy({}), {4}, labels},
      {"sparse_ignoring",
       SparseCategoricalCrossentropy({.from_logits = true, .ignore_class = 1}),
       {4},
       labels},
      {"sparse_positions",
       SparseCategoricalCrossentropy({.ignore_class = 0}),
       {2, 3},
       labels_of_positions},
      {"binary", BinaryCrossentropy({.label_smoothing = 0.2})},
      {"binary_logits", BinaryCrossentropy({.from_logits = true})},
      {"binary_focal", BinaryFocalCrossentropy({.apply_class_balancing = true, .gamma = 1.5})},
      {"binary_focal_root", BinaryFocalCrossentropy({.gamma = 0.5})},
      {"binary_focal_logits", BinaryFocalCrossentropy({.from_logits = true})},
      {"categorical_focal", CategoricalFocalCrossentropy({}), {4}, labels},
      {"categorical_focal_logits",
       CategoricalFocalCrossentropy({.alpha = {{0.1, 0.2, 0.3, 0.4}}, .from_logits = true})},
      {"generalized", CategoricalGeneralizedCrossEntropy({}), {4}, labels},
      {"mean_squared_error", MeanSquaredError()},
      {"mean_squared_error_positions", MeanSquaredError(), {2, 3}},
      {"mean_absolute_error", MeanAbsoluteError()},
      {"mean_absolute_percentage_error", MeanAbsolutePercentageError()},
      {"mean_squared_logarithmic_error", MeanSquaredLogarithmicError()},
      {"log_cosh", LogCosh()},
      {"huber", Huber({.delta = 0.3})},
      {"cosine_similarity", CosineSimilarity({})},
      {"cosine_similarity_axis", CosineSimilarity({.axis = -2}), {3, 2}},
      {"kl_divergence", KLDivergence()},
      {"poisson", Poisson()},
      {"hinge", Hinge(), {4}, signs},
      {"squared_hinge", SquaredHinge(), {4}, signs},
      {"categorical_hinge", CategoricalHinge(), {4}, labels},
      {"dice", Dice({})},
      {"dice_axis", Dice({.axis = {{1}}}), {3, 2}},
      {"tversky", Tversky({.alpha = 0.3, .beta = 0.7})},
      {"tversky_axes", Tversky({.axis = {{0, 1}}}), {3, 2}},
  };
}

class LossContract : public testing::TestWithParam<LossCase> {};

TEST_P(LossContract, HasTheGradientThatDifferencesShow) {
  for (const std::int64_t rows : {3, 1}) {
    contracts::expect_gradients_of_differences(contracts::as_op(GetParam()), rows);
  }
}

TEST_P(LossContract, RunsWithoutRows) {
  contracts::expect_to_run_without_rows(contracts::as_op(GetParam()));
}

TEST_P(LossContract, CountsMaskedRowsForNothing) {
  contracts::expect_masked_rows_to_count_nothing(GetParam());
  contracts::expect_zeros_in_padding_to_be_harmless(GetParam());
}

TEST_P(LossContract, ScalesWithItsWeights) {
  contracts::expect_weights_to_scale(GetParam());
}

TEST_P(LossContract, SurvivesItsOwnJson) {
  const Json json = loss_to_json(*GetParam().loss);
  EXPECT_EQ(loss_to_json(*loss_from_json(json)), json) << json.dump();
}

std::string name_of_case(const testing::TestParamInfo<LossCase>& test) {
  return test.param.name;
}
INSTANTIATE_TEST_SUITE_P(All, LossContract, testing::ValuesIn(loss_cases()), name_of_case);

TEST(LossContract, IsJoinedByEveryLoss) {
  const std::vector<LossCase> cases = loss_cases();
  for (const std::string_view name : loss_class_names()) {
    EXPECT_TRUE(std::ranges::any_of(cases, [&](const LossCase& c) {
      return c.loss->class_name() == name;
    })) << name;
  }
}

}  // namespace
}  // namespace carnyx
