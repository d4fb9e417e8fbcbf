// Colour images from the command line: recipes of convolutional networks, and what they guess.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/json.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/data/synthetic_pictures.h"
#include "carnyx/data/write_data.h"

#include "tests/integration/program.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kConvolutional =
    "  - Conv2D: {filters: 2, kernel_size: 3, strides: 2, activation: relu}\n"
    "  - GlobalAveragePooling2D\n"
    "  - Dense: {units: 10, activation: softmax}\n";

class Pictures : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    data_ = std::make_unique<TemporaryDirectory>();
    const TrainTest pictures = datasets::synthetic_pictures({.train = 40, .test = 20});
    write_data(data_->path() + "/cifar", pictures, {.format = DataFormat::Cifar});
    write_data(data_->path() + "/images", pictures, {.format = DataFormat::Images});
  }
  static void TearDownTestSuite() { data_.reset(); }

  test::Outcome run(std::vector<std::string> arguments) {
    return test::run_program({.arguments = std::move(arguments), .directory = folder_.path()});
  }
  test::Outcome train(const std::string& model, const std::string& data = "/cifar") {
    write_file_atomically(folder_.path() + "/r.yaml", "model:\n" + model);
    return run({"train",
                "r.yaml",
                "--data",
                data_->path() + data,
                "--epochs",
                "1",
                "--job-dir",
                "J",
                "--no-report",
                "--no-tensorboard"});
  }
  std::string lines_of_prediction(std::vector<std::string> more) {
    std::vector<std::string> arguments = {"predict", "J/model.keras"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const test::Outcome outcome = run(std::move(arguments));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }

  static inline std::unique_ptr<TemporaryDirectory> data_;
  TemporaryDirectory folder_;
};

TEST_F(Pictures, TrainARecipeWhoseFirstLayerTakesTheirShape) {
  const test::Outcome outcome = train(std::string(kConvolutional));

  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Test accuracy"));
}

TEST_F(Pictures, ArePredictedFromASetAFolderAndAFile) {
  ASSERT_EQ(train(std::string(kConvolutional)).status, 0);
  // The only sample has index 0.
  const Dataset first = datasets::synthetic_pictures({.train = 1, .test = 0}).train;
  write_data(folder_.path() + "/one", {.train = first, .test = {}}, {.format = DataFormat::Images});
  const std::string file = format("one/train/{}/0.png", first.y.at(0));

  const std::string cifar = lines_of_prediction({data_->path() + "/cifar", "--limit", "3"});
  const std::string batch =
      lines_of_prediction({data_->path() + "/cifar/test_batch.bin", "--limit", "3"});
  const std::string images = lines_of_prediction({data_->path() + "/images"});
  const std::string image = lines_of_prediction({file});
  const std::string folder = lines_of_prediction({"one/train"});

  EXPECT_THAT(cifar, StartsWith("file,index,class,probability\n"));
  EXPECT_EQ(std::count(cifar.begin(), cifar.end(), '\n'), 4);
  const auto without_files = [](std::string text, const std::string& name) {
    for (auto at = text.find(name); at != text.npos; at = text.find(name))
      text.erase(at, name.size());
    return text;
  };
  EXPECT_EQ(without_files(batch, data_->path() + "/cifar/test_batch.bin"),
            without_files(cifar, data_->path() + "/cifar"));
  EXPECT_EQ(std::count(images.begin(), images.end(), '\n'), 21);
  EXPECT_EQ(without_files(image, file), without_files(folder, "one/train"));
}

TEST_F(Pictures, AreRefusedAsChannelsFirst) {
  const test::Outcome outcome = train(
      "  - Conv2D: {filters: 2, kernel_size: 3, data_format: channels_first, input_shape: [3, 32, "
      "32]}\n"
      "  - Flatten\n"
      "  - Dense: {units: 10, activation: softmax}\n");

  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("would mix its axes"));
  EXPECT_THAT(outcome.err, HasSubstr("Permute({3, 1, 2})"));
}

TEST_F(Pictures, OfOneSigmoidAreOneOfTwoClasses) {
  write_file_atomically(folder_.path() + "/r.yaml",
                        "model:\n"
                        "  - Flatten: {input_shape: [32, 32, 3]}\n"
                        "  - Dense: {units: 1, activation: sigmoid}\n");
  const TrainTest pictures = datasets::synthetic_pictures({.train = 20, .test = 0});
  Dataset two = pictures.train;
  for (std::uint8_t& label : two.y.data<std::uint8_t>()) label %= 2;
  two.classes = 2;
  write_data(folder_.path() + "/two", {.train = two, .test = {}}, {.format = DataFormat::Images});
  ASSERT_EQ(run({"train",
                 "r.yaml",
                 "--data",
                 "two/train",
                 "--epochs",
                 "3",
                 "--job-dir",
                 "J",
                 "--no-report",
                 "--no-tensorboard"})
                .status,
            0);

  const std::string lines = lines_of_prediction({"two/train", "--json"});

  std::size_t first = 0;
  for (std::size_t end = lines.find('\n'); end != lines.npos; end = lines.find('\n', first)) {
    const Json line = Json::parse(lines.substr(first, end - first), "line");
    const double output = line.at("outputs").at(std::size_t{0}).as_number();
    EXPECT_EQ(line.at("class").as_int(), output >= 0.5 ? 1 : 0);
    EXPECT_NEAR(line.at("probability").as_number(), std::max(output, 1 - output), 1e-6);
    first = end + 1;
  }
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 20);
}

TEST_F(Pictures, HaveASummaryInEveryStyleWhoeverSaysTheirShape) {
  write_file_atomically(folder_.path() + "/r.yaml",
                        "model:\n  - Input: {shape: [32, 32, 3]}\n" + std::string(kConvolutional));

  for (const std::string style : {"keras2", "tf-keras", "keras3"}) {
    const test::Outcome outcome = run({"summary", "r.yaml", "--style", style});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("(None, 15, 15, 2)")) << style;
  }
}

}  // namespace
}  // namespace carnyx
