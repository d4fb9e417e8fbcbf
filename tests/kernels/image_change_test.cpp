#include "carnyx/kernels/image_change.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/rng.h"
#include "carnyx/kernels/steps.h"

#include "tests/kernels/guarded_buffers.h"
#include "tests/kernels/guarded_matrix.h"

namespace carnyx::kernels {
namespace {

using testing::ElementsAre;

/// A grey image [height, width] of 1, 2, 3, ... under a change of the same size.
std::vector<double> changed(ImageChange change,
                            const ImageDraw& draw,
                            std::int64_t height,
                            std::int64_t width) {
  change.height = change.new_height = height;
  change.width = change.new_width = width;
  std::vector<double> image(static_cast<std::size_t>(height * width));
  std::iota(image.begin(), image.end(), 1.0);
  std::vector<double> result(image.size());
  change_image(change, draw, image, result);
  return result;
}

TEST(ImageChange, BeginsItsWindowWhereItIsDrawn) {
  EXPECT_THAT(changed({}, {.left = 1}, 1, 4), ElementsAre(2, 3, 4, 0));
  EXPECT_THAT(changed({}, {.left = -2}, 1, 4), ElementsAre(0, 0, 1, 2));
  EXPECT_THAT(changed({}, {.top = 1}, 2, 2), ElementsAre(3, 4, 0, 0));
}

TEST(ImageChange, FillsWhatLiesBeyondTheEdgeAsKerasDoes) {
  EXPECT_THAT(changed({.fill_mode = FillMode::Constant, .fill_value = 9}, {.left = -3}, 1, 4),
              ElementsAre(9, 9, 9, 1));
  EXPECT_THAT(changed({.fill_mode = FillMode::Nearest}, {.left = 2}, 1, 4),
              ElementsAre(3, 4, 4, 4));
  EXPECT_THAT(changed({.fill_mode = FillMode::Reflect}, {.left = -3}, 1, 4),
              ElementsAre(3, 2, 1, 1));
  EXPECT_THAT(changed({.fill_mode = FillMode::Reflect}, {.left = 3}, 1, 4),
              ElementsAre(4, 4, 3, 2));
  EXPECT_THAT(changed({.fill_mode = FillMode::Wrap}, {.left = -1}, 1, 4), ElementsAre(4, 1, 2, 3));
  EXPECT_THAT(changed({.fill_mode = FillMode::Reflect}, {.left = 9}, 1, 2), ElementsAre(2, 2))
      << "far beyond";
}

TEST(ImageChange, InterpolatesBetweenPixels) {
  EXPECT_THAT(changed({}, {.left = 0.25}, 1, 3), ElementsAre(1.25, 2.25, 2.25));
  EXPECT_THAT(changed({.fill_mode = FillMode::Nearest}, {.top = -0.5, .left = 0.5}, 2, 2),
              ElementsAre(1.5, 2, 2.5, 3));
}

TEST(ImageChange, TurnsTheWindowAfterItIsTaken) {
  EXPECT_THAT(changed({}, {.left = 1, .is_mirrored = true}, 1, 4), ElementsAre(0, 4, 3, 2));
  EXPECT_THAT(changed({}, {.is_upside_down = true}, 2, 2), ElementsAre(3, 4, 1, 2));
  EXPECT_THAT(changed({}, {.is_upside_down = true, .is_mirrored = true}, 2, 2),
              ElementsAre(4, 3, 2, 1));
}

TEST(ImageChange, CutsASquareThatEndsAtTheEdge) {
  EXPECT_THAT(changed({.hole = 2, .hole_value = -1}, {.hole_row = 0, .hole_column = 2}, 2, 3),
              ElementsAre(1, -1, -1, 4, 5, 6));
  EXPECT_THAT(changed({.hole = 3}, {.hole_row = 1, .hole_column = 1}, 3, 3), testing::Each(0.0));
}

TEST(ImageChange, MakesChannelsLighterAndFlatterAboutTheirOwnMeans) {
  ImageChange change{.height = 1, .width = 2, .channels = 2, .new_height = 1, .new_width = 2};
  change.contrast = 0.5;
  const std::vector<double> image = {0, 10, 2, 30};
  std::vector<double> result(4);

  change_image(change, {.contrast = 0.5F, .brightness = 1}, image, result);

  EXPECT_THAT(result, ElementsAre(1.5, 16, 2.5, 26));  // means 1 and 20
}

TEST(ImageChange, StandardisesAsTensorFlowDoes) {
  const auto result = changed({.standardises = true}, {}, 1, 4);  // of 1, 2, 3, 4
  const double deviation = std::sqrt(1.25);
  EXPECT_NEAR(result[0], -1.5 / deviation, 1e-12);
  EXPECT_NEAR(result[3], 1.5 / deviation, 1e-12);

  ImageChange flat{.width = 4, .new_width = 4, .standardises = true};
  const std::vector<double> image = {3, 3, 3, 3.1};
  std::vector<double> nearly(4);
  change_image(flat, {}, image, nearly);
  EXPECT_NEAR(nearly[3], 0.075 * 2, 1e-12) << "its deviation is below 1 / sqrt(4)";
}

TEST(ImageDraw, IsAFunctionOfItsKeyAlone) {
  ImageChange change{.flips_columns = true, .brightness = 1};
  change.top = {.least = -4, .most = 4};
  const auto draw = [&](const ImageKey& key) {
    const ImageDraw one = draw_image(change, key);
    return std::vector<double>{one.top, one.is_mirrored ? 1.0 : 0.0, double{one.brightness}};
  };
  const ImageKey key{.seed = 7, .stream = 2, .time = 3, .sample = 11};

  EXPECT_EQ(draw(key), draw(key));
  for (const ImageKey& other : {ImageKey{8, 2, 3, 11},
                                ImageKey{7, 1, 3, 11},
                                ImageKey{7, 2, 4, 11},
                                ImageKey{7, 2, 3, 12},
                                ImageKey{7, 2, 3, 11 + (std::int64_t{1} << 32)}}) {
    EXPECT_NE(draw(key)[2], draw(other)[2]);
  }
}

TEST(ImageDraw, TakesEveryWindowAboutAsOften) {
  ImageChange change{.flips_rows = true, .flips_columns = true};
  change.top = {.least = -4, .most = 4};
  change.left = {.least = 0, .most = 2};
  std::map<double, int> tops;
  std::map<double, int> lefts;
  int flips[2][2] = {};
  for (std::int64_t sample = 0; sample < 9000; ++sample) {
    const ImageDraw draw = draw_image(change, {.seed = 1, .sample = sample});
    ++tops[draw.top];
    ++lefts[draw.left];
    ++flips[draw.is_upside_down ? 1 : 0][draw.is_mirrored ? 1 : 0];
  }

  ASSERT_EQ(tops.size(), 9);
  EXPECT_EQ(tops.begin()->first, -4);
  EXPECT_EQ(tops.rbegin()->first, 4);
  for (const auto& [top, count] : tops) EXPECT_NEAR(count, 1000, 150) << top;
  ASSERT_EQ(lefts.size(), 3);
  for (const auto& [left, count] : lefts) EXPECT_NEAR(count, 3000, 250) << left;
  for (const auto& row : flips) {
    for (const int count : row) EXPECT_NEAR(count, 2250, 200);
  }
}

TEST(ImageDraw, StaysInItsRanges) {
  ImageChange change{
      .new_height = 5, .new_width = 7, .contrast = 0.25F, .brightness = 2, .hole = 3};
  change.top = {.least = -1.5, .most = 0.5, .is_whole = false};
  change.interpolates = true;
  change.flips_rows = change.flips_columns = change.flips_together = true;
  std::set<std::int64_t> rows;
  std::set<std::int64_t> columns;
  for (std::int64_t sample = 0; sample < 500; ++sample) {
    const ImageDraw draw = draw_image(change, {.seed = 2, .sample = sample});
    EXPECT_TRUE(draw.top >= -1.5 && draw.top < 0.5) << draw.top;
    EXPECT_EQ(draw.is_mirrored, draw.is_upside_down);
    EXPECT_TRUE(draw.contrast >= 0.75F && draw.contrast <= 1.25F) << draw.contrast;
    EXPECT_TRUE(draw.brightness >= -2 && draw.brightness <= 2) << draw.brightness;
    rows.insert(draw.hole_row);
    columns.insert(draw.hole_column);
  }
  EXPECT_THAT(rows, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(columns, ElementsAre(0, 1, 2, 3, 4, 5, 6));
}

constexpr std::int64_t kImages = 9;

struct ChangeCase {
  std::string name;
  ImageChange change;
};

ImageChange sized(std::int64_t height, std::int64_t width, std::int64_t channels) {
  ImageChange change{.height = height, .width = width, .channels = channels};
  change.new_height = height;
  change.new_width = width;
  return change;
}

std::vector<ChangeCase> change_cases() {
  std::vector<ChangeCase> all;
  const auto add = [&](std::string name, ImageChange change, const auto& set) {
    set(change);
    all.push_back({std::move(name), change});
  };
  add("cifar", sized(32, 32, 3), [](ImageChange& c) {
    c.top = c.left = {.least = -4, .most = 4};
    c.flips_columns = c.standardises = true;
  });
  add("standardised", sized(32, 32, 3), [](ImageChange& c) { c.standardises = true; });
  add("grey_reflected", sized(7, 5, 1), [](ImageChange& c) {
    c.top = c.left = {.least = -9, .most = 9};
    c.fill_mode = FillMode::Reflect;
    c.flips_rows = c.flips_columns = true;
  });
  add("cropped", sized(20, 18, 3), [](ImageChange& c) {
    c.new_height = 11;
    c.new_width = 13;
    c.top = {.least = 0, .most = 9};
    c.left = {.least = 0, .most = 5};
  });
  add("moved_between_pixels", sized(9, 10, 4), [](ImageChange& c) {
    c.top = c.left = {.least = -3, .most = 3, .is_whole = false};
    c.interpolates = true;
    c.fill_value = 50;
    c.flips_columns = true;
  });
  add("everything", sized(12, 17, 2), [](ImageChange& c) {
    c.top = c.left = {.least = -5, .most = 5, .is_whole = false};
    c.fill_mode = FillMode::Wrap;
    c.contrast = 0.5F;
    c.brightness = 20;
    c.hole = 6;
    c.hole_value = 128;
    c.flips_rows = c.standardises = true;
  });
  add("nearest_flat", sized(3, 33, 1), [](ImageChange& c) {
    c.left = {.least = -40, .most = 40};
    c.fill_mode = FillMode::Nearest;
    c.hole = 1;
  });
  return all;
}

GuardedMatrix images_of(DType dtype, const ImageChange& change) {
  Rng rng(3);
  GuardedMatrix source({Layout::Rows, dtype}, {kImages, change.elements()});
  source.fill([&](std::int64_t, std::int64_t) { return static_cast<double>(rng.below(256)); });
  return source;
}

/// Row `index` of the source, divided, changed, scaled and shifted in double.
std::vector<double> expected(const GuardedMatrix& source,
                             const GatherSpec& spec,
                             std::int64_t index,
                             const ImageKey& key) {
  std::vector<double> image(static_cast<std::size_t>(spec.change->elements()));
  for (std::size_t i = 0; i < image.size(); ++i) {
    image[i] = source.at(index, static_cast<std::int64_t>(i)) / double{spec.divisor};
  }
  std::vector<double> result(static_cast<std::size_t>(spec.columns));
  change_image(*spec.change, draw_image(*spec.change, key), image, result);
  for (double& x : result) x = x * double{spec.scale} + double{spec.shift};
  return result;
}

const std::vector<std::int64_t> kIndices = {5, 0, 8, 8, 3, 1};

void check_gather(const ImageChange& change, DType dtype, float divisor) {
  const GuardedMatrix source = images_of(dtype, change);
  const std::vector<std::int64_t> samples = {70, 71, 72, 73, 74, 75};
  StepContext context;
  context.next = {.indices = kIndices, .samples = samples, .epoch = 4, .seed = 9};
  GatherSpec spec{.source_buffer = 0,
                  .source_dtype = dtype,
                  .batch = kImages,
                  .columns = change.new_elements(),
                  .divisor = divisor,
                  .scale = 2,
                  .shift = -0.25F,
                  .outputs = {},
                  .change = change};
  std::vector<GuardedMatrix> outputs;
  std::vector<std::byte*> buffers = {source.bytes()};
  for (const Format& format : {Format{Layout::Rows, DType::Float32},
                               Format{Layout::Panels, DType::Float32},
                               Format{Layout::Rows, DType::Bfloat16},
                               Format{Layout::RowTiles, DType::Bfloat16},
                               Format{Layout::ColumnTiles, DType::Bfloat16}}) {
    outputs.emplace_back(format, Shape({kImages, change.new_elements()}));
    spec.outputs.push_back(outputs.back().operand(static_cast<int>(buffers.size())));
    buffers.push_back(outputs.back().bytes());
  }

  run_on_pool(*make_gather(spec), buffers, context, 2);

  for (std::int64_t row = 0; row < kImages; ++row) {
    const bool is_present = row < std::ssize(kIndices);
    const auto at = static_cast<std::size_t>(row);
    const std::vector<double> wanted =
        is_present
            ? expected(source,
                       spec,
                       kIndices[at],
                       {.seed = 9, .stream = gather_stream(), .time = 4, .sample = samples[at]})
            : std::vector<double>(static_cast<std::size_t>(spec.columns));
    double largest = 1e-3;
    for (const double x : wanted) largest = std::max(largest, std::abs(x));
    for (const GuardedMatrix& output : outputs) {
      const double step = output.format().dtype == DType::Bfloat16 ? 0x1p-8 : 1e-5;
      for (std::int64_t i = 0; i < spec.columns; ++i) {
        ASSERT_NEAR(output.at(row, i), wanted[static_cast<std::size_t>(i)], step * largest)
            << describe(output.operand(0)) << " at " << row << ", " << i;
      }
    }
  }
  for (const GuardedMatrix& output : outputs) EXPECT_TRUE(output.guards_are_intact());
}

TEST(AugmentedGather, ChangesImagesAsTheDefinitionSays) {
  for_each_isa([] {
    for (const ChangeCase& c : change_cases()) {
      SCOPED_TRACE(c.name);
      check_gather(c.change, DType::Uint8, 255);
      check_gather(c.change, DType::Float32, 1);
    }
  });
}

TEST(AugmentedGather, DoesNotDependOnPlaceInTheBatchOrOnThreads) {
  const ImageChange change = change_cases().front().change;
  const GuardedMatrix source = images_of(DType::Uint8, change);
  const auto gathered = [&](const std::vector<std::int64_t>& indices, int threads) {
    GuardedMatrix output({Layout::Rows, DType::Float32}, {kImages, change.new_elements()});
    StepContext context;
    context.next = {.indices = indices, .epoch = 1, .seed = 3};
    run_on_pool(*make_gather({.source_buffer = 0,
                              .source_dtype = DType::Uint8,
                              .batch = kImages,
                              .columns = change.new_elements(),
                              .outputs = {output.operand(1)},
                              .change = change}),
                {source.bytes(), output.bytes()},
                context,
                threads);
    return output;
  };
  const GuardedMatrix one = gathered({0, 1, 2, 3, 4, 5, 6, 7, 8}, 1);
  const GuardedMatrix other = gathered({8, 7, 6, 5, 4, 3, 2, 1, 0}, 3);

  for (std::int64_t row = 0; row < kImages; ++row) {
    for (std::int64_t i = 0; i < change.new_elements(); ++i) {
      ASSERT_EQ(one.at(row, i), other.at(kImages - 1 - row, i)) << row << ", " << i;
    }
  }
}

TEST(AugmentedGather, AnEmptyBatchHasNoChunks) {
  GuardedMatrix output({Layout::Rows, DType::Float32}, {0, 3072});
  EXPECT_EQ(make_gather({.source_buffer = 0,
                         .batch = 0,
                         .columns = 3072,
                         .outputs = {output.operand(1)},
                         .change = sized(32, 32, 3)})
                ->chunks(),
            0);
}

TEST(ChangeImages, AreThoseOfTheDefinitionInEveryFormat) {
  for (const ChangeCase& c : change_cases()) {
    SCOPED_TRACE(c.name);
    ImageChange change = c.change;
    change.standardises = false;
    for (const Format& format : {Format{Layout::Rows, DType::Float32},
                                 Format{Layout::Panels, DType::Float32},
                                 Format{Layout::Rows, DType::Bfloat16},
                                 Format{Layout::Panels, DType::Bfloat16}}) {
      GuardedMatrix x(format, {kImages, change.height, change.width, change.channels});
      Rng rng(5);
      x.fill([&](std::int64_t, std::int64_t) { return static_cast<double>(rng.below(256)); });
      GuardedMatrix y(format, {kImages, change.new_height, change.new_width, change.channels});
      StepContext context{.seed = 8, .step = 6, .first_row = 100, .valid_rows = kImages};

      run_on_pool(*make_change_images(
                      {.x = x.operand(0), .y = y.operand(1), .change = change, .stream = 77}),
                  {x.bytes(), y.bytes()},
                  context,
                  2);

      const double step = format.dtype == DType::Bfloat16 ? 0x1p-8 : 2e-6;
      for (std::int64_t n = 0; n < kImages; ++n) {
        std::vector<double> image(static_cast<std::size_t>(change.elements()));
        for (std::int64_t i = 0; i < change.elements(); ++i) {
          image[static_cast<std::size_t>(i)] =
              x.at(n * change.height * change.width + i / change.channels, i % change.channels);
        }
        std::vector<double> wanted(static_cast<std::size_t>(change.new_elements()));
        const ImageKey key{.seed = 8, .stream = 77, .time = 6, .sample = 100 + n};
        change_image(change, draw_image(change, key), image, wanted);
        for (std::int64_t i = 0; i < change.new_elements(); ++i) {
          const std::int64_t row = n * change.new_height * change.new_width + i / change.channels;
          ASSERT_NEAR(
              y.at(row, i % change.channels), wanted[static_cast<std::size_t>(i)], 300 * step)
              << n << ", " << i;
        }
      }
      EXPECT_TRUE(y.padding_is_zero());
      EXPECT_TRUE(y.guards_are_intact());
    }
  }
}

}  // namespace
}  // namespace carnyx::kernels
