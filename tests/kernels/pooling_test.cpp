// Pooling and its gradients beside plain loops over windows.
#include <cmath>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/kernels/image_steps.h"

#include "tests/kernels/guarded_buffers.h"

namespace carnyx::kernels {
namespace {

struct Images {
  std::int64_t samples, height, width, channels;

  [[nodiscard]] Shape shape() const { return {samples, height, width, channels}; }
  [[nodiscard]] std::int64_t rows() const { return samples * height * width; }
  [[nodiscard]] std::int64_t places(const Window& window) const {
    return samples * window.places(0, height) * window.places(1, width);
  }
};

/// f(row of places, rows of pixels inside of the window in order) for each place.
template <class F>
void for_each_place(const Images& images, const Window& window, const F& f) {
  std::int64_t place = 0;
  for (std::int64_t b = 0; b < images.samples; ++b) {
    for (std::int64_t i = 0; i < window.places(0, images.height); ++i) {
      for (std::int64_t j = 0; j < window.places(1, images.width); ++j, ++place) {
        std::vector<std::int64_t> pixels;
        for (std::int64_t s = 0; s < window.size[0]; ++s) {
          for (std::int64_t t = 0; t < window.size[1]; ++t) {
            const std::int64_t h = window.element(0, i, s), w = window.element(1, j, t);
            if (h < 0 || h >= images.height || w < 0 || w >= images.width) continue;
            pixels.push_back((b * images.height + h) * images.width + w);
          }
        }
        f(place, pixels);
      }
    }
  }
}

double pooled(Pooling kind,
              const Matrix& x,
              const std::vector<std::int64_t>& pixels,
              std::int64_t c) {
  double sum = 0, largest = -INFINITY;
  for (const std::int64_t pixel : pixels) {
    sum += x.at(pixel, c);
    largest = std::max(largest, x.at(pixel, c));
  }
  if (kind == Pooling::Max) return largest;
  return kind == Pooling::Sum ? sum : sum / static_cast<double>(pixels.size());
}

std::vector<std::pair<Images, Window>> pooled_cases() {
  return {
      {{3, 4, 6, 16}, {.size = {2, 2}, .stride = {2, 2}}},
      {{2, 5, 4, 18}, {.size = {3, 3}, .stride = {2, 1}, .before = {1, 1}, .after = {1, 1}}},
      {{150, 2, 2, 5}, {.size = {2, 2}}},
      {{1, 9, 70, 3}, {.size = {2, 3}, .stride = {1, 2}, .before = {1, 0}, .after = {0, 2}}},
      {{2, 7, 7, 33}, {.size = {2, 3}, .dilation = {3, 2}, .before = {2, 1}, .after = {1, 3}}},
      {{1, 40, 40, 1}, {.size = {3, 3}, .stride = {3, 3}, .after = {2, 2}}},
  };
}

std::vector<Format> pooling_formats() {
  return {{Layout::Panels, DType::Float32},
          {Layout::Rows, DType::Float32},
          {Layout::Panels, DType::Bfloat16}};
}

/// Numbers of which many are equal.
Matrix coarse_matrix(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  Matrix matrix(rows, columns);
  Rng rng(seed);
  for (double& value : matrix.values) value = static_cast<double>(rng.below(7)) - 3;
  return matrix;
}

TEST(Pooling, IsItsDefinition) {
  for_each_isa([] {
    for (const auto& [images, window] : pooled_cases()) {
      for (const Pooling kind : {Pooling::Max, Pooling::Average, Pooling::Sum}) {
        for (const Format format : pooling_formats()) {
          GuardedBuffers buffers;
          Matrix values = coarse_matrix(images.rows(), images.channels, 3);
          Operand x = buffers.add(format, values);
          x.shape = images.shape();
          const Operand y = buffers.add_garbage(format, images.places(window), images.channels);
          SCOPED_TRACE(describe(x));

          run_chunks(*make_pool2d({.kind = kind,
                                   .window = window,
                                   .x = x,
                                   .stages = {{.kind = StageKind::Store, .operand = y}}}),
                     buffers,
                     {},
                     ChunkOrder::Shuffled);

          const Matrix got = buffers.read(y);
          const std::int64_t channels = images.channels;
          for_each_place(images, window, [&](std::int64_t place, const auto& pixels) {
            for (std::int64_t c = 0; c < channels; ++c) {
              ASSERT_NEAR(got.at(place, c), pooled(kind, values, pixels, c), 0.01);
            }
          });
          buffers.expect_intact(y);
        }
      }
    }
  });
}

Matrix slopes_of(Pooling kind,
                 const Images& images,
                 const Window& window,
                 const Matrix& x,
                 const Matrix& slope) {
  Matrix dx(x.rows, x.columns);
  for_each_place(images, window, [&](std::int64_t place, const auto& pixels) {
    for (std::int64_t c = 0; c < images.channels; ++c) {
      if (kind == Pooling::Average) {
        for (const std::int64_t pixel : pixels) {
          dx.at(pixel, c) += slope.at(place, c) / static_cast<double>(pixels.size());
        }
        continue;
      }
      std::int64_t first = pixels.front();
      for (const std::int64_t pixel : pixels) {
        if (x.at(pixel, c) > x.at(first, c)) first = pixel;
      }
      dx.at(first, c) += slope.at(place, c);
    }
  });
  return dx;
}

TEST(Pooling, GivesTheGradientToTheFirstLargestOrToAll) {
  for_each_isa([] {
    for (const auto& [images, window] : pooled_cases()) {
      for (const Pooling kind : {Pooling::Max, Pooling::Average}) {
        for (const Format format : pooling_formats()) {
          GuardedBuffers buffers;
          Matrix values = coarse_matrix(images.rows(), images.channels, 3);
          Matrix slopes = coarse_matrix(images.places(window), images.channels, 4);
          const Operand x = buffers.add(format, values);
          const Operand slope = buffers.add(format, slopes);
          const Operand dx = buffers.add_garbage(
              {Layout::Panels, DType::Float32}, x.shape.rows(), images.channels);
          SCOPED_TRACE(describe(x));

          run_chunks(*make_pool2d_gradient({.kind = kind,
                                            .window = window,
                                            .slope = slope,
                                            .x = x,
                                            .image = images.shape(),
                                            .stages = {{.kind = StageKind::Store, .operand = dx}}}),
                     buffers,
                     {},
                     ChunkOrder::Backward);

          const Matrix wanted = slopes_of(kind, images, window, values, slopes);
          const Matrix got = buffers.read(dx);
          for (std::size_t i = 0; i < wanted.values.size(); ++i) {
            ASSERT_NEAR(got.values[i], wanted.values[i], 1e-5) << i;
          }
          buffers.expect_intact(dx);
        }
      }
    }
  });
}

TEST(Pooling, OfNoImagesHasNoChunks) {
  GuardedBuffers buffers;
  Operand x = buffers.add_garbage(Layout::Panels, DType::Float32, 0, 3);
  x.shape = Shape({0, 4, 4, 3});
  EXPECT_EQ(make_pool2d({.kind = Pooling::Max, .window = {.size = {2, 2}}, .x = x, .stages = {}})
                ->chunks(),
            0);
}

TEST(Pooling, RefusesWhatIsNoImage) {
  GuardedBuffers buffers;
  const Operand x = buffers.add_garbage(Layout::Panels, DType::Float32, 4, 3);
  EXPECT_THROW((void)make_pool2d({.kind = Pooling::Max, .window = {}, .x = x, .stages = {}}),
               InvalidArgument);
  EXPECT_THROW((void)make_pool2d_gradient({.kind = Pooling::Max,
                                           .window = {},
                                           .slope = x,
                                           .x = std::nullopt,
                                           .image = Shape({1, 2, 2, 3}),
                                           .stages = {}}),
               InvalidArgument);
}

}  // namespace
}  // namespace carnyx::kernels
