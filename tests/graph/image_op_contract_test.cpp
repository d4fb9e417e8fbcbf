// Every op of carnyx/graph/image_ops.h under the ops' contract, and what the contract can't say.
#include <string>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/graph/image_ops.h"

#include "tests/contracts/op_contract.h"

namespace carnyx {
namespace {

using contracts::OpCase;
using contracts::OpProgram;
using ops::Window;
using Operands = std::span<const Value>;

struct Convolution {
  std::string name;
  Window window;
  std::int64_t channels = 2, filters = 3, groups = 1;
};

std::vector<OpCase> convolution_cases() {
  const std::vector<Convolution> convolutions = {
      {"plain", {.size = {3, 2}}},
      {"pointwise", {}},
      {"padded", {.size = {3, 3}, .before = {1, 1}, .after = {1, 1}}},
      {"strided", {.size = {3, 3}, .stride = {2, 2}, .after = {1, 1}}},
      {"unevenly_strided", {.size = {2, 3}, .stride = {3, 1}, .before = {1, 2}}},
      {"dilated", {.size = {2, 2}, .dilation = {2, 3}, .before = {0, 1}, .after = {1, 0}}},
      {"grouped", {.size = {2, 2}}, 4, 6, 2},
      {"depthwise", {.size = {3, 3}, .before = {1, 1}, .after = {1, 1}}, 3, 6, 3},
  };
  std::vector<OpCase> cases;
  for (const Convolution& c : convolutions) {
    cases.push_back({"conv2d_" + c.name,
                     [c](std::int64_t rows) {
                       return std::vector<Shape>{
                           {rows, 5, 4, c.channels},
                           {c.window.size[0], c.window.size[1], c.channels / c.groups, c.filters}};
                     },
                     [c](Operands x) { return ops::conv2d(x[0], x[1], c.window, c.groups); }});
  }
  return cases;
}

std::vector<Shape> image(std::int64_t rows) {
  return {{rows, 5, 4, 2}};
}

std::vector<OpCase> pooling_cases() {
  const std::vector<std::pair<std::string, Window>> windows = {
      {"halves", {.size = {2, 2}, .stride = {2, 2}}},
      {"overlapping", {.size = {3, 3}, .stride = {2, 1}, .before = {1, 1}, .after = {1, 1}}},
      {"whole", {.size = {5, 4}}},
      {"dilated", {.size = {2, 2}, .dilation = {2, 2}, .before = {1, 0}, .after = {1, 1}}},
  };
  std::vector<OpCase> cases;
  for (const auto& [name, window] : windows) {
    cases.push_back({"max_pool2d_" + name, image, [w = window](Operands x) {
                       return ops::max_pool2d(x[0], w);
                     }});
    cases.push_back({"average_pool2d_" + name, image, [w = window](Operands x) {
                       return ops::average_pool2d(x[0], w);
                     }});
  }
  cases.push_back({"repeat_pixels", image, [](Operands x) {
                     return ops::repeat_pixels(x[0], {2, 3});
                   }});
  return cases;
}

std::vector<OpCase> other_image_cases() {
  const auto normed = [](std::int64_t rows) {
    return std::vector<Shape>{{rows, 2, 2, 3}, {3}, {3}};
  };
  return {
      {"batch_norm", normed, [](Operands x) { return ops::batch_norm(x[0], x[1], x[2], 0.01).y; }},
      {"batch_norm_shifted",
       [](std::int64_t rows) {
         return std::vector<Shape>{{rows, 2, 2, 3}, {3}};
       },
       [](Operands x) { return ops::batch_norm(x[0], std::nullopt, x[1], 0.01).y; }},
      {"batch_norm_of_rows",
       [](std::int64_t rows) {
         return std::vector<Shape>{{rows, 4}, {4}};
       },
       [](Operands x) { return ops::batch_norm(x[0], x[1], std::nullopt, 0.1).y; }},
      {"transpose",
       image,
       [](Operands x) {
         return ops::transpose(x[0], {0, 3, 1, 2});
       }},
      {"transpose_samples",
       image,
       [](Operands x) {
         return ops::transpose(x[0], {2, 0, 3, 1});
       }},
      {"slice",
       [](std::int64_t) {
         return std::vector<Shape>{{2, 5, 4, 2}};
       },
       [](Operands x) {
         return ops::slice(x[0], {0, 1, 2, 0}, {2, 3, 1, 2});
       }},
      {"pad",
       image,
       [](Operands x) {
         return ops::pad(x[0], {0, 1, 0, 2}, {0, 0, 3, 1}, 0.5);
       }},
      {"concatenate",
       [](std::int64_t rows) {
         return std::vector<Shape>{{rows, 3, 2}, {rows, 1, 2}, {rows, 2, 2}};
       },
       [](Operands x) { return ops::concatenate(x, -2); }},
  };
}

class ImageOpContract : public testing::TestWithParam<OpCase> {};

TEST_P(ImageOpContract, HasTheGradientThatDifferencesShow) {
  for (const std::int64_t rows : {2, 1})
    contracts::expect_gradients_of_differences(GetParam(), rows);
}

TEST_P(ImageOpContract, RunsWithoutRows) {
  contracts::expect_to_run_without_rows(GetParam());
}

std::string name_of_image_case(const testing::TestParamInfo<OpCase>& test) {
  return test.param.name;
}
INSTANTIATE_TEST_SUITE_P(Convolution,
                         ImageOpContract,
                         testing::ValuesIn(convolution_cases()),
                         name_of_image_case);
INSTANTIATE_TEST_SUITE_P(Pooling,
                         ImageOpContract,
                         testing::ValuesIn(pooling_cases()),
                         name_of_image_case);
INSTANTIATE_TEST_SUITE_P(Other,
                         ImageOpContract,
                         testing::ValuesIn(other_image_cases()),
                         name_of_image_case);

TEST(Windows, PadSameAsKeras) {
  // (extent, size, stride, dilation) -> before, after; from the formula that Keras's page gives.
  const auto padding = [](std::int64_t extent, std::int64_t size, std::int64_t stride) {
    const Window window = ops::with_same_padding({.size = {size, size}, .stride = {stride, stride}},
                                                 {extent, extent});
    return ops::Pair{window.before[0], window.after[0]};
  };
  EXPECT_EQ(padding(5, 3, 1), (ops::Pair{1, 1}));
  EXPECT_EQ(padding(5, 2, 1), (ops::Pair{0, 1}));
  EXPECT_EQ(padding(32, 3, 2), (ops::Pair{0, 1}));
  EXPECT_EQ(padding(5, 1, 2), (ops::Pair{0, 0}));
}

std::string refusal(const std::function<void(Value)>& build) {
  GraphBuilder builder(Mode::Training, 2);
  try {
    build(builder.input("x", {5, 4, 2}));
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Windows, ThatDoNotFitAreRefused) {
  EXPECT_NE(refusal([](Value x) {
              ops::max_pool2d(x, {.size = {6, 1}});
            }).find("does not fit into images (2, 5, 4, 2)"),
            std::string::npos);
  EXPECT_NE(refusal([](Value x) {
              ops::average_pool2d(x, {.size = {2, 2}, .before = {2, 0}});
            }).find("padding less than the window"),
            std::string::npos);
}

TEST(Convolutions, RefuseKernelsOfOtherChannels) {
  EXPECT_NE(refusal([](Value x) {
              const Value kernel = ops::fill(*x.graph, {3, 3, 5, 4}, 0);
              ops::conv2d(x, kernel, {.size = {3, 3}});
            }).find("got (3, 3, 5, 4)"),
            std::string::npos);
}

}  // namespace
}  // namespace carnyx
