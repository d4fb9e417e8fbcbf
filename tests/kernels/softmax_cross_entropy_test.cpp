#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/rng.h"
#include "carnyx/kernels/steps.h"

#include "tests/kernels/guarded_buffers.h"
#include "tests/kernels/guarded_matrix.h"

namespace carnyx::kernels {
namespace {

constexpr Format kLabels = {Layout::Rows, DType::Int32};
constexpr Format kDoubles = {Layout::Rows, DType::Float64};
constexpr double kTargetNan = std::numeric_limits<double>::quiet_NaN();

/// All that the kernel reads and writes. Both gradients and the probabilities are asked for.
struct CrossEntropyProblem {
  GuardedMatrix logits, target;
  GuardedMatrix probabilities, first_gradient, second_gradient, partials, loss, correct;
  std::int64_t valid_rows;

  CrossEntropyProblem(Shape shape, Format logits_format, Format target_format, std::int64_t valid)
      : logits(logits_format, shape),
        target(target_format, target_format == kLabels ? Shape({shape[0]}) : shape),
        probabilities(kFloatRows, shape),
        first_gradient(kFloatPanels, shape),
        second_gradient(kBfloatRows, shape),
        partials(kDoubles, {partials_elements(shape[0])}),
        loss(kDoubles, {1}),
        correct(kDoubles, {1}),
        valid_rows(valid) {}

  [[nodiscard]] std::int64_t rows() const { return logits.shape().rows(); }
  [[nodiscard]] std::int64_t classes() const { return logits.shape().columns(); }

  void run(int threads = 1) const {
    StepContext context;
    context.valid_rows = valid_rows;
    const auto kernel = make_softmax_cross_entropy(
        {.logits = logits.operand(0),
         .target = target.operand(1),
         .loss = loss.operand(6),
         .correct = correct.operand(7),
         .probabilities = probabilities.operand(2),
         .gradients = {first_gradient.operand(3), second_gradient.operand(4)}},
        partials.operand(5));
    const auto merge =
        make_sum_partials(partials.operand(5), {loss.operand(6), correct.operand(7)});
    run_on_pool(*kernel, buffers(), context, threads);
    run_on_pool(*merge, buffers(), context);
  }

  [[nodiscard]] std::vector<std::byte*> buffers() const {
    return {logits.bytes(),
            target.bytes(),
            probabilities.bytes(),
            first_gradient.bytes(),
            second_gradient.bytes(),
            partials.bytes(),
            loss.bytes(),
            correct.bytes()};
  }

  void expect_intact() const {
    for (const GuardedMatrix* matrix :
         {&probabilities, &first_gradient, &second_gradient, &partials, &loss, &correct}) {
      EXPECT_TRUE(matrix->guards_are_intact());
      EXPECT_TRUE(matrix->padding_is_zero());
    }
  }
};

void fill_random(CrossEntropyProblem& problem, double spread) {
  Rng rng(8);
  problem.logits.fill([&](std::int64_t, std::int64_t) { return spread * rng.normal(); });
  if (problem.target.format() == kLabels) {
    problem.target.fill([&](std::int64_t, std::int64_t) {
      return static_cast<double>(rng.below(static_cast<std::uint64_t>(problem.classes())));
    });
  } else {
    problem.target.fill([&](std::int64_t, std::int64_t) {
      return double{rng.uniform()} / static_cast<double>(problem.classes());
    });
  }
}

double weight_of(const CrossEntropyProblem& problem, std::int64_t row, std::int64_t column) {
  if (problem.target.format() != kLabels) return problem.target.at(row, column);
  return problem.target.at(0, row) == static_cast<double>(column) ? 1 : 0;
}

std::int64_t first_largest(std::int64_t count, const auto& value) {
  std::int64_t best = 0;
  for (std::int64_t i = 1; i < count; ++i) best = value(i) > value(best) ? i : best;
  return best;
}

/// The definition, row by row in double.
void expect_definition(const CrossEntropyProblem& problem) {
  double loss = 0;
  double correct = 0;
  for (std::int64_t row = 0; row < problem.rows(); ++row) {
    const auto logit = [&](std::int64_t c) { return problem.logits.at(row, c); };
    const auto weight = [&](std::int64_t c) { return weight_of(problem, row, c); };
    const bool valid = row < problem.valid_rows;
    double sum = 0;
    double weights = 0;
    for (std::int64_t c = 0; valid && c < problem.classes(); ++c) {
      sum += std::exp(logit(c));
      weights += weight(c);
    }
    for (std::int64_t c = 0; c < problem.classes(); ++c) {
      const double p = valid ? std::exp(logit(c)) / sum : 0;
      const double gradient = valid ? p * weights - weight(c) : 0;
      if (valid) loss -= weight(c) * std::log(p);
      ASSERT_NEAR(problem.probabilities.at(row, c), p, 1e-6) << row << ", " << c;
      ASSERT_NEAR(problem.first_gradient.at(row, c), gradient, 1e-6) << row << ", " << c;
      ASSERT_NEAR(problem.second_gradient.at(row, c), gradient, 1e-6 + std::abs(gradient) / 256);
    }
    if (!valid) continue;
    correct += first_largest(problem.classes(), logit) == first_largest(problem.classes(), weight);
  }
  EXPECT_NEAR(problem.loss.at(0, 0), loss, 1e-6 * (1 + std::abs(loss)));
  EXPECT_EQ(problem.correct.at(0, 0), correct);
  problem.expect_intact();
}

TEST(SoftmaxCrossEntropy, FollowsItsDefinition) {
  for_each_isa([] {
    for (const Shape& shape :
         {Shape({128, 10}), Shape({17, 1}), Shape({5, 16}), Shape({33, 100}), Shape({1, 1000})}) {
      for (const Format& target : {kLabels, kFloatRows, kBfloatPanels}) {
        SCOPED_TRACE(shape.to_string());
        CrossEntropyProblem problem(shape, kFloatPanels, target, shape[0]);
        fill_random(problem, 3);
        problem.run();
        expect_definition(problem);
      }
    }
  });
}

TEST(SoftmaxCrossEntropy, TakesLogitsInEveryFormat) {
  for_each_isa([] {
    for (const Format& logits : {kFloatRows, kFloatPanels, kBfloatRows, kBfloatPanels}) {
      CrossEntropyProblem problem({40, 21}, logits, kLabels, 29);
      fill_random(problem, 3);
      problem.run();
      expect_definition(problem);
    }
  });
}

TEST(SoftmaxCrossEntropy, NanInPaddingRowsCountsNothing) {
  for_each_isa([] {
    CrossEntropyProblem problem({40, 10}, kFloatPanels, kFloatRows, 19);
    fill_random(problem, 3);
    for (std::int64_t row = 19; row < 40; ++row) {
      for (std::int64_t column = 0; column < 10; ++column) {
        problem.logits.put(row, column, kTargetNan);
        problem.target.put(row, column, kTargetNan);
      }
    }

    problem.run();

    expect_definition(problem);
  });
}

TEST(SoftmaxCrossEntropy, NanInAValidRowShowsInTheLoss) {
  for_each_isa([] {
    CrossEntropyProblem problem({20, 10}, kFloatPanels, kLabels, 20);
    fill_random(problem, 1);
    problem.logits.put(7, 9, kTargetNan);
    problem.target.put(0, 7, 2);

    problem.run();

    EXPECT_TRUE(std::isnan(problem.loss.at(0, 0)));
    problem.expect_intact();
  });
}

TEST(SoftmaxCrossEntropy, ALabelOutOfRangeWeighsNothing) {
  for_each_isa([] {
    CrossEntropyProblem problem({20, 10}, kFloatPanels, kLabels, 20);
    fill_random(problem, 1);
    for (const std::int64_t row : {3, 4}) problem.target.put(0, row, row == 3 ? -1 : 10);

    problem.run();

    for (const std::int64_t row : {3, 4}) {
      for (std::int64_t column = 0; column < 10; ++column) {
        EXPECT_EQ(problem.first_gradient.at(row, column), 0);
        EXPECT_GT(problem.probabilities.at(row, column), 0);
      }
    }
    const std::string loss = problem.loss.memory();
    const std::string correct = problem.correct.memory();
    problem.logits.put(3, 0, 5);  // whatever their logits say
    problem.logits.put(4, 9, 5);
    problem.run();
    EXPECT_EQ(problem.loss.memory(), loss);
    EXPECT_EQ(problem.correct.memory(), correct);
  });
}

TEST(SoftmaxCrossEntropy, HugeLogitsDoNotOverflow) {
  for_each_isa([] {
    CrossEntropyProblem problem({2, 3}, kFloatRows, kLabels, 2);
    problem.logits.fill([](std::int64_t row, std::int64_t column) {
      return (row == 0 ? 1e30 : -1e30) * static_cast<double>(column);
    });
    problem.target.fill([](std::int64_t, std::int64_t row) { return row == 0 ? 2 : 0; });

    problem.run();

    EXPECT_EQ(problem.loss.at(0, 0), 0);
    EXPECT_EQ(problem.correct.at(0, 0), 2);
    EXPECT_EQ(problem.first_gradient.at(0, 2), 0);
  });
}

TEST(SoftmaxCrossEntropy, AnImpossibleClassCostsNothingIfItsWeightIsZero) {
  for_each_isa([] {
    CrossEntropyProblem problem({1, 3}, kFloatRows, kFloatRows, 1);
    problem.logits.put(0, 0, 0);
    problem.logits.put(0, 1, 0);
    problem.logits.put(0, 2, -std::numeric_limits<double>::infinity());
    problem.target.fill([](std::int64_t, std::int64_t column) { return column == 0 ? 1 : 0; });

    problem.run();

    EXPECT_NEAR(problem.loss.at(0, 0), 0.69314718056, 1e-6);  // log 2
    EXPECT_EQ(problem.probabilities.at(0, 2), 0);
  });
}

TEST(SoftmaxCrossEntropy, TheFirstOfEqualLogitsIsThePrediction) {
  for_each_isa([] {
    CrossEntropyProblem problem({2, 40}, kFloatRows, kLabels, 2);
    problem.logits.fill([](std::int64_t, std::int64_t column) { return column < 20 ? 0 : 1; });
    problem.target.fill([](std::int64_t, std::int64_t row) { return row == 0 ? 20 : 21; });

    problem.run();

    EXPECT_EQ(problem.correct.at(0, 0), 1);
  });
}

TEST(SoftmaxCrossEntropy, WhatIsNotAskedForIsZeroInThePartials) {
  CrossEntropyProblem problem({20, 4}, kFloatRows, kLabels, 20);
  fill_random(problem, 1);
  StepContext context;
  context.valid_rows = 20;
  const auto kernel = make_softmax_cross_entropy({.logits = problem.logits.operand(0),
                                                  .target = problem.target.operand(1),
                                                  .loss = {},
                                                  .correct = {},
                                                  .probabilities = {},
                                                  .gradients = {}},
                                                 problem.partials.operand(5));

  run_on_pool(*kernel, problem.buffers(), context);

  for (std::int64_t i = 0; i < 4; ++i) EXPECT_EQ(problem.partials.at(0, i), 0);
}

TEST(SoftmaxCrossEntropy, HasTheSameBitsAtAnyNumberOfThreads) {
  CrossEntropyProblem problem({300, 10}, kFloatPanels, kLabels, 290);
  fill_random(problem, 2);
  problem.run(1);
  const std::string gradient = problem.first_gradient.memory();
  const std::string loss = problem.loss.memory();

  for (const int threads : {2, 7}) {
    problem.run(threads);

    EXPECT_EQ(problem.first_gradient.memory(), gradient);
    EXPECT_EQ(problem.loss.memory(), loss);
  }
}

}  // namespace
}  // namespace carnyx::kernels
