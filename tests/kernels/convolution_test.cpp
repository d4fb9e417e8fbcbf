// Convolutions and their gradients beside the sums that define them, in double.
#include "carnyx/kernels/convolution.h"

#include <string>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"

#include "tests/kernels/matmul_problem.h"

namespace carnyx::kernels {
namespace {

struct Case {
  std::string name;
  Window window;
  std::int64_t height = 5, width = 6, channels = 3, filters = 5, groups = 1;
  std::int64_t batch = 2;
};

Convolution convolution_of(const Case& c) {
  return {
      .window = c.window,
      .groups = c.groups,
      .image = {c.batch, c.height, c.width, c.channels},
      .kernel = {c.window.size[0], c.window.size[1], c.channels / c.groups, c.filters},
      .result = {c.batch, c.window.places(0, c.height), c.window.places(1, c.width), c.filters}};
}

/// f(row and column of the images, of the kernel, of the result) for every product.
template <class F>
void for_each_product(const Convolution& conv, const F& f) {
  const std::int64_t channels = conv.kernel[2];
  const std::int64_t filters = conv.kernel[3] / conv.groups;
  for (std::int64_t place = 0; place < conv.result.rows(); ++place) {
    const std::int64_t j = place % conv.result[2];
    const std::int64_t i = place / conv.result[2] % conv.result[1];
    const std::int64_t b = place / (conv.result[1] * conv.result[2]);
    for (std::int64_t tap = 0; tap < conv.kernel[0] * conv.kernel[1]; ++tap) {
      const std::int64_t h = conv.window.element(0, i, tap / conv.kernel[1]);
      const std::int64_t w = conv.window.element(1, j, tap % conv.kernel[1]);
      if (h < 0 || w < 0 || h >= conv.image[1] || w >= conv.image[2]) continue;
      const std::int64_t pixel = (b * conv.image[1] + h) * conv.image[2] + w;
      for (std::int64_t n = 0; n < conv.kernel[3]; ++n) {
        for (std::int64_t c = 0; c < channels; ++c) {
          f(pixel, n / filters * channels + c, tap * channels + c, n, place);
        }
      }
    }
  }
}

Operand with_shape(Operand operand, const Shape& shape) {
  operand.shape = shape;
  return operand;
}

/// A convolution whose operands hold random numbers.
struct ConvolutionProblem {
  Convolution conv;
  Rng rng{3};
  GuardedBuffers buffers;
  Matrix images, kernel, slope;  ///< as the buffers hold them
  Operand images_at, kernel_at, slope_at, partials;
  DType dtype;

  explicit ConvolutionProblem(const Case& c, Format format = {Layout::Panels, DType::Float32})
      : conv(convolution_of(c)),
        images(random_matrix(conv.image.rows(), conv.image.columns(), rng)),
        kernel(random_matrix(conv.kernel.rows(), conv.kernel.columns(), rng)),
        slope(random_matrix(conv.result.rows(), conv.result.columns(), rng)),
        images_at(with_shape(buffers.add(format, images), conv.image)),
        kernel_at(with_shape(buffers.add(format, kernel), conv.kernel)),
        slope_at(with_shape(buffers.add(format, slope), conv.result)),
        dtype(format.dtype) {
    const std::int64_t count = kernel_gradient_partials(conv);
    partials = with_shape(buffers.add_garbage(Layout::Rows, DType::Float32, count, 1), {count});
  }

  void check_result() {
    Matrix wanted(conv.result.rows(), conv.result.columns());
    for_each_product(conv, [&](auto pixel, auto c, auto k, auto n, auto place) {
      wanted.at(place, n) += images.at(pixel, c) * kernel.at(k, n);
    });
    check(wanted, images_at, false);
  }

  void check_input_gradient() {
    Matrix wanted(conv.image.rows(), conv.image.columns());
    for_each_product(conv, [&](auto pixel, auto c, auto k, auto n, auto place) {
      wanted.at(pixel, c) += slope.at(place, n) * kernel.at(k, n);
    });
    check(wanted, slope_at, true);
  }

  void check_kernel_gradient() {
    Matrix wanted(conv.kernel.rows(), conv.kernel.columns());
    for_each_product(conv, [&](auto pixel, auto c, auto k, auto n, auto place) {
      wanted.at(k, n) += images.at(pixel, c) * slope.at(place, n);
    });
    const Operand result = buffers.add_garbage(
        Layout::Panels, DType::Float32, conv.kernel.rows(), conv.kernel.columns());
    const auto sum = make_kernel_gradient_sum({.convolution = conv,
                                               .partials = partials,
                                               .stages = {store(result)},
                                               .update = std::nullopt});
    run_chunks(*gradient(), buffers, {}, ChunkOrder::Shuffled);
    run_chunks(*sum, buffers, {}, ChunkOrder::Shuffled);
    expect_near(wanted, buffers.read(result), tolerance(conv.result.rows(), dtype));
    buffers.expect_intact(partials);
    buffers.expect_intact(result);
  }

  [[nodiscard]] std::unique_ptr<Kernel> gradient() const {
    return make_kernel_gradient(
        {.convolution = conv, .images = images_at, .slope = slope_at, .partials = partials});
  }

 private:
  static Stage store(const Operand& operand) {
    return {.kind = StageKind::Store, .operand = operand};
  }

  void check(const Matrix& wanted, const Operand& from, bool transposed) {
    const Operand result =
        buffers.add_garbage(Layout::Panels, DType::Float32, wanted.rows, wanted.columns);
    const auto made = make_convolution({.convolution = conv,
                                        .images = from,
                                        .kernel = kernel_at,
                                        .transposed = transposed,
                                        .stages = {store(result)}});
    const std::int64_t terms =
        conv.kernel[0] * conv.kernel[1] * std::max(conv.kernel[2], conv.kernel[3]);
    run_chunks(*made, buffers, {}, ChunkOrder::Shuffled);
    expect_near(wanted, buffers.read(result), tolerance(terms, dtype));
    buffers.expect_intact(from);
    buffers.expect_intact(result);
  }
};

std::vector<Case> cases() {
  const Window three{.size = {3, 3}, .before = {1, 1}, .after = {1, 1}};
  return {
      {"pointwise", {}},
      {"plain", {.size = {3, 2}}},
      {"padded", three},
      {"strided", {.size = {3, 3}, .stride = {2, 3}, .after = {1, 1}}, 7, 9, 4, 16},
      {"strided_panels",
       {.size = {3, 3}, .stride = {2, 2}, .before = {0, 1}, .after = {1, 1}},
       9,
       8,
       16,
       32,
       1,
       3},
      {"strided_one_way", {.size = {3, 2}, .stride = {3, 1}, .after = {1, 0}}, 9, 7, 32, 16},
      {"strided_groups",
       {.size = {3, 3}, .stride = {2, 2}, .before = {1, 1}, .after = {1, 1}},
       7,
       6,
       32,
       64,
       2},
      {"strided_past_the_window", {.size = {1, 1}, .stride = {2, 2}}, 6, 5, 16, 32},
      {"dilated",
       {.size = {2, 3}, .dilation = {3, 2}, .before = {2, 3}, .after = {1, 0}},
       8,
       7,
       20,
       3},
      {"more_padding_than_image", {.size = {5, 5}, .before = {4, 4}, .after = {4, 4}}, 2, 1, 2, 2},
      {"whole_panels", three, 9, 7, 16, 32},
      {"pointwise_panels", {}, 9, 7, 32, 48},
      {"odd_panels", three, 9, 7, 17, 33},
      {"one_pixel", {.size = {4, 4}}, 4, 4, 18, 16},
      {"grouped", three, 5, 4, 64, 32, 2},
      {"many_rows", three, 20, 20, 5, 6, 1, 3},
      {"deep", {.size = {3, 3}}, 4, 4, 160, 20},
      {"lines_of_panels", three, 16, 16, 16, 32, 1, 3},
      {"lines_of_half_panels", three, 8, 8, 32, 16, 1, 5},
      {"lines_past_a_strip", {.size = {3, 3}, .after = {2, 2}}, 5, 200, 16, 16},
      {"odd_lines", {.size = {2, 3}, .dilation = {2, 1}, .before = {1, 2}}, 7, 11, 16, 16, 1, 4},
      {"more_padding_than_lines",
       {.size = {5, 5}, .before = {4, 4}, .after = {4, 4}},
       2,
       4,
       16,
       16,
       1,
       3},
      {"one_place_a_line", {.size = {2, 6}}, 9, 6, 16, 32, 1, 20},
      {"lines_of_groups", three, 6, 24, 32, 32, 2},
      {"one_channel", {.size = {3, 3}}, 28, 28, 1, 32, 1, 2},
  };
}

std::vector<Format> formats() {
  return {{Layout::Panels, DType::Float32},
          {Layout::Rows, DType::Float32},
          {Layout::Panels, DType::Bfloat16},
          {Layout::Rows, DType::Bfloat16}};
}

class Convolutions : public testing::TestWithParam<Case> {};

TEST_P(Convolutions, SumProductsOverTapsAndChannels) {
  for (const Format& format : formats()) ConvolutionProblem(GetParam(), format).check_result();
}
TEST_P(Convolutions, GiveTheGradientOfTheImages) {
  for (const Format& format : formats())
    ConvolutionProblem(GetParam(), format).check_input_gradient();
}
TEST_P(Convolutions, GiveTheGradientOfTheKernel) {
  for (const Format& format : formats())
    ConvolutionProblem(GetParam(), format).check_kernel_gradient();
}

INSTANTIATE_TEST_SUITE_P(Windows, Convolutions, testing::ValuesIn(cases()), [](const auto& test) {
  return test.param.name;
});

TEST(KernelGradient, SumMovesAWeight) {
  ConvolutionProblem problem({"", {.size = {3, 3}}, 6, 6, 16, 20});
  const Convolution& conv = problem.conv;
  Update update(problem.buffers, Layout::Panels, conv.kernel.rows(), conv.kernel.columns());
  const StepContext context = step_context(4, 0.5, 0.1);
  run_chunks(*problem.gradient(), problem.buffers, context, ChunkOrder::Backward);
  run_chunks(*make_kernel_gradient_sum({.convolution = conv,
                                        .partials = problem.partials,
                                        .stages = {},
                                        .update = update.target}),
             problem.buffers,
             context,
             ChunkOrder::Shuffled);
  Matrix wanted = update.weight;
  for_each_product(conv, [&](auto pixel, auto c, auto k, auto n, auto place) {
    wanted.at(k, n) -= 0.1 * 0.5 * problem.images.at(pixel, c) * problem.slope.at(place, n);
  });
  expect_near(wanted, problem.buffers.read(update.target.weight), 1e-5);
}

TEST(KernelGradient, IsTheSameBitsInAnyOrderOfChunks) {
  std::vector<Matrix> results;
  for (const ChunkOrder order : {ChunkOrder::Forward, ChunkOrder::Backward}) {
    ConvolutionProblem problem({"", {.size = {3, 3}}, 40, 40, 16, 16, 1, 4});
    ASSERT_GT(problem.gradient()->chunks(), 1);
    run_chunks(*problem.gradient(), problem.buffers, {}, order);
    results.push_back(problem.buffers.read(problem.partials));
  }
  EXPECT_EQ(results[0].values, results[1].values);
}

TEST(ConvolutionGroups, OfPartsOfPanelsAreRefused) {
  const Convolution conv = convolution_of({"", {}, 4, 4, 6, 6, 3});
  EXPECT_FALSE(is_convolvable(conv));
  EXPECT_THROW(make_convolution({.convolution = conv, .images = {}, .kernel = {}, .stages = {}}),
               InvalidArgument);
}

}  // namespace
}  // namespace carnyx::kernels
