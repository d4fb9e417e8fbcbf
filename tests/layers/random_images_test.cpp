// Layers that change images by chance: Keras draws other numbers, so each result must be one of
// those that Keras's rule allows.
#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/layers/random_crop.h"
#include "carnyx/layers/random_flip.h"
#include "carnyx/layers/random_translation.h"

#include "tests/contracts/layer_contract.h"

namespace carnyx {
namespace {

using contracts::LayerCase;
using contracts::LayerProgram;
using testing::HasSubstr;
using testing::ThrowsMessage;
using Image = std::vector<double>;

constexpr std::int64_t kHeight = 4;
constexpr std::int64_t kWidth = 3;
constexpr std::int64_t kRows = 60;

/// Pixel (y, x) of every image is 10 y + x.
double pixel(std::int64_t y, std::int64_t x) {
  return static_cast<double>(10 * y + x);
}

/// An image of which pixel (y, x) is f(y, x).
template <class F>
Image image_of(std::int64_t height, std::int64_t width, F f) {
  Image image;
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) image.push_back(f(y, x));
  }
  return image;
}

/// What the layer makes of the images.
std::vector<Image> results(AnyLayer layer, Mode mode) {
  LayerProgram program(
      {.name = "images", .layer = std::move(layer), .sample = {kHeight, kWidth, 1}},
      {.mode = mode, .rows = kRows, .backend = Backend::Cpu, .dtype = DType::Float32});
  Tensor x(DType::Float64, {kRows, kHeight, kWidth, 1});
  for (std::int64_t i = 0; i < x.elements(); ++i) {
    x.data<double>()[static_cast<std::size_t>(i)] = pixel(i / kWidth % kHeight, i % kWidth);
  }
  program.states().write("x", x);
  program.run();
  const Tensor y = program.result("y");
  std::vector<Image> images(kRows);
  for (std::int64_t i = 0; i < y.elements(); ++i) {
    images[static_cast<std::size_t>(i / (y.elements() / kRows))].push_back(y.at(i));
  }
  return images;
}

std::set<Image> distinct(const std::vector<Image>& images) {
  return {images.begin(), images.end()};
}

const Image kUnchanged = image_of(kHeight, kWidth, pixel);

TEST(RandomFlip, FlipsSomeImagesAndLeavesTheOthers) {
  const Image mirrored =
      image_of(kHeight, kWidth, [](auto y, auto x) { return pixel(y, kWidth - 1 - x); });
  const Image upside_down =
      image_of(kHeight, kWidth, [](auto y, auto x) { return pixel(kHeight - 1 - y, x); });
  const Image both = image_of(
      kHeight, kWidth, [](auto y, auto x) { return pixel(kHeight - 1 - y, kWidth - 1 - x); });

  EXPECT_EQ(distinct(results(RandomFlip({.mode = FlipMode::Horizontal}), Mode::Training)),
            (std::set<Image>{kUnchanged, mirrored}));
  EXPECT_EQ(distinct(results(RandomFlip({.mode = FlipMode::Vertical}), Mode::Training)),
            (std::set<Image>{kUnchanged, upside_down}));
  EXPECT_EQ(distinct(results(RandomFlip({}), Mode::Training)), (std::set<Image>{kUnchanged, both}));
}

TEST(RandomCrop, TakesEveryWindowInTraining) {
  std::set<Image> windows;
  for (std::int64_t top = 0; top <= 2; ++top) {
    for (std::int64_t left = 0; left <= 1; ++left) {
      windows.insert(image_of(2, 2, [&](auto y, auto x) { return pixel(y + top, x + left); }));
    }
  }

  EXPECT_EQ(distinct(results(RandomCrop({.height = 2, .width = 2}), Mode::Training)), windows);
}

TEST(RandomCrop, TakesTheMiddleAtInferenceAndWhereOneSideFits) {
  const Image middle = image_of(2, 2, [](auto y, auto x) { return pixel(y + 1, x); });
  const Image rows = image_of(2, kWidth, [](auto y, auto x) { return pixel(y + 1, x); });

  EXPECT_EQ(distinct(results(RandomCrop({.height = 2, .width = 2}), Mode::Inference)),
            (std::set<Image>{middle}));
  EXPECT_EQ(distinct(results(RandomCrop({.height = 2, .width = kWidth}), Mode::Training)),
            (std::set<Image>{rows}));
}

TEST(RandomCrop, RefusesWhatKerasWouldResize) {
  EXPECT_THAT([] { results(RandomCrop({.height = 5, .width = 3}), Mode::Training); },
              ThrowsMessage<InvalidArgument>(
                  HasSubstr("RandomCrop: expected images of at least 5 x 3, got 4 x 3; Keras would "
                            "resize them")));
  EXPECT_THAT([] { RandomCrop({.height = 0, .width = 3}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("must be positive, got 0 and 3")));
}

TEST(RandomTranslation, MovesByWholePixelsWithoutInterpolation) {
  std::set<Image> moved;
  for (std::int64_t down = -1; down <= 2; ++down) {
    moved.insert(image_of(kHeight, kWidth, [&](auto y, auto x) {
      const std::int64_t from = y - down;
      return from < 0 || from >= kHeight ? 7.0 : pixel(from, x);
    }));
  }

  EXPECT_EQ(distinct(results(RandomTranslation({.height_factor = {-0.25, 0.5},
                                                .fill_mode = FillMode::Constant,
                                                .interpolation = Interpolation::Nearest,
                                                .fill_value = 7}),
                             Mode::Training)),
            moved);
}

TEST(RandomTranslation, StaysBetweenNeighboursWhenItInterpolates) {
  const auto images = results(
      RandomTranslation({.width_factor = {1.0 / 3, 1.0 / 3}, .fill_mode = FillMode::Nearest}),
      Mode::Training);
  const Image right = image_of(
      kHeight, kWidth, [](auto y, auto x) { return pixel(y, std::max<std::int64_t>(x - 1, 0)); });
  for (const Image& image : images) {
    for (std::size_t i = 0; i < right.size(); ++i) EXPECT_NEAR(image[i], right[i], 1e-4);
  }
}

TEST(RandomImages, AreLeftAloneAtInference) {
  EXPECT_EQ(distinct(results(RandomFlip({}), Mode::Inference)), (std::set<Image>{kUnchanged}));
  EXPECT_EQ(distinct(results(RandomTranslation({.height_factor = 0.5, .width_factor = 0.5}),
                             Mode::Inference)),
            (std::set<Image>{kUnchanged}));
}

AnyLayer layer_from(const std::string& text) {
  return layer_from_json(Json::parse(text, "test"));
}

// As Keras 3.15 and tf-keras 2.21 write them.
TEST(RandomImages, AreReadFromConfigsOfBothKeras) {
  const AnyLayer flip = layer_from(R"({"class_name": "RandomFlip", "config": {"name": "f",
      "trainable": true, "dtype": {"module": "keras", "class_name": "DTypePolicy",
      "config": {"name": "float32"}, "registered_name": null}, "data_format": "channels_last",
      "seed": null, "mode": "horizontal"}})");
  const AnyLayer crop = layer_from(R"({"class_name": "RandomCrop", "config": {"name": "c",
      "trainable": true, "dtype": "float32", "rng_type": "stateful", "height": 32, "width": 30,
      "seed": 3}})");
  const AnyLayer move = layer_from(R"({"class_name": "RandomTranslation", "config": {"name": "t",
      "trainable": true, "dtype": "float32", "rng_type": "stateful", "height_factor": [-0.1, 0.2],
      "width_factor": 0.3, "fill_mode": "nearest", "fill_value": 0.0, "interpolation": "bilinear",
      "seed": null}})");

  EXPECT_EQ(flip->config().at("mode").as_string(), "horizontal");
  EXPECT_EQ(crop->config().at("width").as_int(), 30);
  EXPECT_EQ(crop->config().at("seed").as_int(), 3);
  EXPECT_EQ(move->config().at("height_factor").at(1).as_number(), 0.2);
  EXPECT_EQ(move->config().at("width_factor").as_number(), 0.3);
  EXPECT_EQ(move->config().at("fill_mode").as_string(), "nearest");
}

TEST(RandomImages, RefuseOptionsThatTheyDoNotHave) {
  EXPECT_THAT(
      [] { layer_from(R"({"class_name": "RandomFlip", "config": {"mode": "horizontaly"}})"); },
      ThrowsMessage<InvalidArgument>(HasSubstr("did you mean 'horizontal'")));
  EXPECT_THAT(
      [] {
        layer_from(R"({"class_name": "RandomFlip", "config": {"data_format": "channels_first"}})");
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("data_format must be channels_last")));
  EXPECT_THAT(
      [] { layer_from(R"({"class_name": "RandomCrop", "config": {"height": 3}})"); },
      ThrowsMessage<InvalidArgument>(HasSubstr("'width' must be a whole number, got none")));
  EXPECT_THAT([] { RandomTranslation({.height_factor = 1.5}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("height_factor must be in [-1, 1]")));
}

}  // namespace
}  // namespace carnyx
