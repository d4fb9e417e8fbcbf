// Every op of carnyx/graph/ops.h under one contract; see tests/contracts/op_contract.h.
#include "tests/contracts/op_contract.h"

#include <utility>
#include <vector>

#include "carnyx/graph/image_ops.h"

namespace carnyx {
namespace {

using contracts::OpCase;
using contracts::OpProgram;
using ops::BinaryKind;
using ops::UnaryKind;
using Operands = std::span<const Value>;

std::vector<Shape> one(std::int64_t rows) {
  return {{rows, 4}};
}
std::vector<Shape> two(std::int64_t rows) {
  return {{rows, 4}, {rows, 4}};
}

std::vector<OpCase> unary_cases() {
  constexpr double kPositive = 0.2;
  std::vector<OpCase> cases;
  for (int i = 0; i <= static_cast<int>(UnaryKind::Mish); ++i) {
    const auto kind = static_cast<UnaryKind>(i);
    const bool positive = kind == UnaryKind::Sqrt || kind == UnaryKind::Rsqrt ||
                          kind == UnaryKind::Log || kind == UnaryKind::Reciprocal;
    const double low = positive ? kPositive : kind == UnaryKind::Log1p ? -0.8 : -4;
    const double high = kind == UnaryKind::Relu6 ? 9 : 4;
    cases.push_back({.name = std::string(kernels::name_of(kind)),
                     .shapes = one,
                     .build = [kind](Operands x) { return ops::unary(x[0], kind, 0.3); },
                     .low = low,
                     .high = high});
  }
  return cases;
}

std::vector<OpCase> binary_cases() {
  using Shapes = std::vector<Shape> (*)(std::int64_t);
  const std::vector<std::pair<std::string, Shapes>> operands = {
      {"same", two},
      {"row",
       [](std::int64_t rows) {
         return std::vector<Shape>{{rows, 4}, {4}};
       }},
      {"column",
       [](std::int64_t rows) {
         return std::vector<Shape>{{rows, 1}, {rows, 4}};
       }},
      {"number",
       [](std::int64_t rows) {
         return std::vector<Shape>{{rows, 4}, {1}};
       }},
      {"outer",
       [](std::int64_t rows) {
         return std::vector<Shape>{{rows, 1, 3}, {2, 1}};
       }},
  };
  std::vector<OpCase> cases;
  for (int i = 0; i <= static_cast<int>(BinaryKind::GreaterEqual); ++i) {
    const auto kind = static_cast<BinaryKind>(i);
    for (const auto& [name, shapes] : operands) {
      cases.push_back({.name = std::string(kernels::name_of(kind)) + "_" + name,
                       .shapes = shapes,
                       .build = [kind](Operands x) { return ops::binary(x[0], x[1], kind); },
                       .low = kind == BinaryKind::Divide ? 0.5 : -2});
    }
  }
  return cases;
}

std::vector<OpCase> matmul_cases() {
  std::vector<OpCase> cases;
  for (const bool a : {false, true}) {
    for (const bool b : {false, true}) {
      const std::string name = std::string("matmul") + (a ? "_ta" : "") + (b ? "_tb" : "");
      const auto build = [a, b](Operands x) { return ops::matmul(x[0], x[1], a, b); };
      const auto right = [b](std::int64_t k) { return b ? Shape{5, k} : Shape{k, 5}; };
      cases.push_back({name,
                       [a, right](std::int64_t rows) {
                         return std::vector<Shape>{{rows, 4}, right(a ? rows : 4)};
                       },
                       build});
      cases.push_back({name + "_rank3",
                       [a, right](std::int64_t rows) {
                         return std::vector<Shape>{{rows, 2, 4}, right(a ? 2 * rows : 4)};
                       },
                       build});
    }
  }
  cases.push_back({"matmul_rank3_right",
                   [](std::int64_t rows) {
                     return std::vector<Shape>{{rows, 4}, {2, 2, 3}};
                   },
                   [](Operands x) { return ops::matmul(x[0], x[1]); }});
  return cases;
}

std::vector<OpCase> other_cases() {
  return {
      {"scale", one, [](Operands x) { return ops::scale(x[0], -2.5); }},
      {"shift", one, [](Operands x) { return ops::shift(x[0], 0.75); }},
      {"clip", one, [](Operands x) { return ops::clip(x[0], -0.5, 1); }},
      {.name = "power",
       .shapes = one,
       .build = [](Operands x) { return ops::power(x[0], 1.5); },
       .low = 0.2},
      {"constant",
       one,
       [](Operands x) {
         return ops::multiply(x[0], ops::constant(*x[0].graph, Shape{4}, {1, -2, 0.5, 0}));
       }},
      {"top_k_mask", one, [](Operands x) { return ops::top_k_mask(x[0], 2); }},
      {.name = "bucket_sums",
       .shapes = two,
       .build =
           [](Operands x) {
             return ops::bucket_sums(x[0], x[1], {-1, 0, 0.5});
           },
       .constants = 1},
      {.name = "bucket_sums_by_feature",
       .shapes = two,
       .build =
           [](Operands x) {
             return ops::bucket_sums(x[0], x[1], {-1, 0, 0.5}, true);
           },
       .constants = 1},
      {"gate", two, [](Operands x) { return ops::gate(x[0], x[1], 1.5); }},
      {"dropout", one, [](Operands x) { return ops::dropout(x[0], 0.4, 77); }},
      {"gaussian_noise", one, [](Operands x) { return ops::gaussian_noise(x[0], 0.4, 77); }},
      {"layer_norm",
       [](std::int64_t rows) {
         return std::vector<Shape>{{rows, 2, 4}, {4}, {4}};
       },
       [](Operands x) { return ops::layer_norm(x[0], x[1], x[2], 0.01); }},
      {"layer_norm_shifted",
       [](std::int64_t rows) {
         return std::vector<Shape>{{rows, 4}, {4}};
       },
       [](Operands x) { return ops::layer_norm(x[0], std::nullopt, x[1], 0.01); }},
      {"layer_norm_keeps_mean",
       [](std::int64_t rows) {
         return std::vector<Shape>{{rows, 4}, {4}};
       },
       [](Operands x) { return ops::layer_norm(x[0], x[1], std::nullopt, 0.01, true); }},
      {"convert", one, [](Operands x) { return ops::convert(x[0], DType::Float64); }},
      {"sum_to_row", one, [](Operands x) { return ops::sum_to(x[0], {4}); }},
      {"sum_to_number", one, [](Operands x) { return ops::sum_to(x[0], {1}); }},
      {"broadcast_to",
       [](std::int64_t rows) {
         return std::vector<Shape>{{rows, 1, 3}};
       },
       [](Operands x) {
         return ops::broadcast_to(x[0], {x[0].shape()[0], 2, 3});
       }},
      {"sum_features", one, [](Operands x) { return ops::sum_features(x[0]); }},
      {"mean_features", one, [](Operands x) { return ops::mean_features(x[0]); }},
      {"sum_valid", one, [](Operands x) { return ops::sum_valid(x[0]); }},
      {"sum_all", one, [](Operands x) { return ops::sum_all(x[0]); }},
      {"row_mask", one, [](Operands x) { return ops::row_mask(x[0]); }},
      {"softmax", one, [](Operands x) { return ops::softmax(x[0]); }},
      {"softmax_rank3",
       [](std::int64_t rows) {
         return std::vector<Shape>{{rows, 2, 3}};
       },
       [](Operands x) { return ops::softmax(x[0]); }},
      {.name = "softmax_cross_entropy_of_probabilities",
       .shapes = two,
       .build = [](Operands x) { return ops::softmax_cross_entropy(x[0], ops::softmax(x[1])); },
       .constants = 1},
      {.name = "softmax_cross_entropy_of_labels",
       .shapes = two,
       .build = [](Operands x) { return ops::softmax_cross_entropy(x[0], ops::argmax(x[1])); },
       .constants = 1},
      {.name = "softmax_cross_entropy_of_one_hot",
       .shapes = two,
       .build =
           [](Operands x) {
             return ops::softmax_cross_entropy(x[0], ops::one_hot(ops::argmax(x[1]), 4));
           },
       .constants = 1},
      {"reshape",
       one,
       [](Operands x) {
         return ops::reshape(x[0], {2, x[0].shape()[0], 2});
       }},
  };
}

/// Windows, mirrors and holes of 4 x 5 pixels of two channels.
std::vector<OpCase> image_cases() {
  const auto images = [](std::int64_t rows) { return std::vector<Shape>{{rows, 4, 5, 2}}; };
  const auto augment = [](const kernels::ImageChange& change) {
    return [change](Operands x) { return ops::augment(x[0], change, 77); };
  };
  kernels::ImageChange moved{
      .height = 4, .width = 5, .channels = 2, .new_height = 4, .new_width = 5};
  moved.top = moved.left = {.least = -2, .most = 2};
  moved.fill_mode = FillMode::Reflect;
  moved.flips_rows = moved.flips_columns = true;
  kernels::ImageChange between = moved;
  between.top.is_whole = between.left.is_whole = false;
  between.interpolates = true;
  between.fill_mode = FillMode::Constant;
  between.fill_value = 1;
  between.hole = 2;
  kernels::ImageChange cropped = moved;
  cropped.new_height = 3;
  cropped.new_width = 2;
  return {{"augment_moved", images, augment(moved)},
          {"augment_between_pixels", images, augment(between)},
          {"augment_cropped", images, augment(cropped)}};
}

class OpContract : public testing::TestWithParam<OpCase> {};

TEST_P(OpContract, HasTheGradientThatDifferencesShow) {
  for (const std::int64_t rows : {3, 1})
    contracts::expect_gradients_of_differences(GetParam(), rows);
}

TEST_P(OpContract, RunsWithoutRows) {
  contracts::expect_to_run_without_rows(GetParam());
}

TEST_P(OpContract, GivesTheSameTwice) {
  OpProgram program(GetParam(), 3);
  program.run();
  const Tensor first = program.result();
  program.run();
  const Tensor second = program.result();
  for (std::int64_t i = 0; i < first.elements(); ++i) EXPECT_EQ(first.at(i), second.at(i));
}

std::string name_of_case(const testing::TestParamInfo<OpCase>& test) {
  return test.param.name;
}
INSTANTIATE_TEST_SUITE_P(Unary, OpContract, testing::ValuesIn(unary_cases()), name_of_case);
INSTANTIATE_TEST_SUITE_P(Binary, OpContract, testing::ValuesIn(binary_cases()), name_of_case);
INSTANTIATE_TEST_SUITE_P(Matmul, OpContract, testing::ValuesIn(matmul_cases()), name_of_case);
INSTANTIATE_TEST_SUITE_P(Images, OpContract, testing::ValuesIn(image_cases()), name_of_case);
INSTANTIATE_TEST_SUITE_P(Other, OpContract, testing::ValuesIn(other_cases()), name_of_case);

}  // namespace
}  // namespace carnyx
