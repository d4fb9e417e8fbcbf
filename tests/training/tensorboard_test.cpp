// TensorBoard's events: the bytes that its own messages and writer give
// (tests/golden/tensorboard.tfevents), under the tags that real Keras uses
// (tests/golden/tensorboard_tags.json).
#include "carnyx/training/callbacks/tensorboard.h"

#include <cmath>
#include <map>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/temporary_directory.h"

#include "tests/training/event_reader.h"
#include "tests/training/recorder.h"
#include "tests/training/step_runs.h"
#include "training/tensorboard/event_file.h"
#include "training/tensorboard/summaries.h"

namespace carnyx {
namespace {

using tensorboard::Bucket;
using tensorboard::EventFile;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Tensor floats(const std::vector<float>& values) {
  return Tensor::from<float>({static_cast<std::int64_t>(values.size())}, values);
}

TEST(EventFile, WritesTheBytesThatTensorBoardWrites) {
  const TemporaryDirectory folder;
  const FakeClock clock;  // its wall clock begins where the golden file's does
  EventFile file(folder.path(), clock);
  const Json hparams =
      Json::object({{"optimizer", "RMSprop"}, {"learning_rate", 0.001}, {"synthetic", true}});
  const std::vector<tensorboard::MetricPlace> metrics = {{"validation", "epoch_loss"}};
  const auto weights = [](const std::vector<float>& values) {
    return tensorboard::histogram_value(
        "dense/kernel/histogram", tensorboard::histogram_of(floats(values)), true);
  };

  file.write(0, tensorboard::scalar_value("epoch_loss", 0.5, true));
  file.write(1, tensorboard::scalar_value("epoch_loss", 0.25, false));
  file.write(300, tensorboard::scalar_value("evaluation_loss_vs_iterations", std::nan(""), true));
  file.write(0, weights({-1, -0.5, 0, 0.1F, 0.2F, 0.3F, 2.5}));
  file.write(1, weights({0.75, 0.75, 0.75, 0.75, 0.75}));
  file.write(0, tensorboard::keras_model_value(R"({"class_name": "Sequential"})"));
  file.write(0, tensorboard::experiment_value(hparams, metrics));
  file.write(0, tensorboard::session_start_value(hparams, file.now()));
  file.write(0, tensorboard::session_end_value(tensorboard::SessionStatus::Success, file.now()));

  EXPECT_EQ(read_file(file.path(), 10000),
            read_file(CARNYX_SOURCE_DIR "/tests/golden/tensorboard.tfevents", 10000));
}

TEST(EventFile, HasANameOfItsOwnThatTensorBoardFinds) {
  const TemporaryDirectory folder;
  const FakeClock clock;

  const EventFile first(folder.path(), clock);
  const EventFile second(folder.path(), clock);

  EXPECT_NE(first.path(), second.path());
  EXPECT_THAT(first.path(), HasSubstr("/events.out.tfevents.1704067200."));
}

TEST(Histogram, LeavesOutWhatIsNotFinite) {
  const auto buckets = tensorboard::histogram_of(floats({0, INFINITY, 3, NAN, -INFINITY, 1.5}));
  const auto nothing = tensorboard::histogram_of(floats({NAN}));

  ASSERT_EQ(buckets.size(), 30U);
  EXPECT_EQ(buckets.front(), (Bucket{0, 0.1, 1}));
  EXPECT_EQ(buckets.back().right, 3);
  EXPECT_EQ(buckets.back().count, 1);
  EXPECT_EQ(buckets[15].count, 1);
  EXPECT_EQ(nothing, std::vector<Bucket>(30, Bucket{}));
}

// The network and the data that tests/oracle/tensorboard_tags.py trains.
Model model_on_board() {
  Model model(
      Network({Dense({.units = 2, .activation = Activation::Softmax, .input_shape = {{3}}})}),
      {.threads = 1});
  model.compile({.optimizer = SGD({}), .metrics = {Accuracy({})}});
  return model;
}

FitOptions board_options(const TensorBoardOptions& board) {
  return {.batch_size = 4,
          .epochs = 3,
          .validation_data = blobs(20, 3, 2),
          .callbacks = {std::make_shared<TensorBoard>(board)}};
}

using Tags = std::map<std::tuple<std::string, std::string, std::string>, std::vector<std::int64_t>>;

Tags tags_in(const std::string& folder) {
  Tags tags;
  for (const std::string run : {"train", "validation"}) {
    for (const std::string& path : test::event_files(folder + "/" + run)) {
      for (const test::Event& event : test::events_of(path)) {
        tags[{run, event.tag, event.plugin}].push_back(event.step);
      }
    }
  }
  return tags;
}

Tags golden_tags(std::size_t index) {
  const std::string path = CARNYX_SOURCE_DIR "/tests/golden/tensorboard_tags.json";
  const Json golden = Json::parse(read_file(path, 1 << 20), path);
  Tags tags;
  for (const Json& tag : golden.at("cases").at(index).at("tags").items()) {
    auto& steps =
        tags[{tag.at("run").as_string(), tag.at("tag").as_string(), tag.at("plugin").as_string()}];
    for (const Json& step : tag.at("steps").items()) steps.push_back(step.as_int());
  }
  return tags;
}

TEST(TensorBoard, WritesTheTagsAndStepsThatKerasWrites) {
  const TemporaryDirectory folder;
  Model model = model_on_board();

  model.fit(blobs(20, 3, 2), board_options({.log_dir = folder.path(), .histogram_freq = 2}));

  EXPECT_EQ(tags_in(folder.path()), golden_tags(0));
}

TEST(TensorBoard, WritesBatchesAtTheStepsThatKerasDoes) {
  const TemporaryDirectory folder;
  Model model = model_on_board();

  model.fit(blobs(20, 3, 2), board_options({.log_dir = folder.path(), .update_freq = 3}));

  Tags batches = tags_in(folder.path());
  std::erase_if(batches,
                [](const auto& item) { return !std::get<1>(item.first).starts_with("batch_"); });
  EXPECT_EQ(batches, golden_tags(1));
}

TEST(TensorBoard, WritesTheNumbersOfTheHistory) {
  const TemporaryDirectory folder;
  Model model = model_on_board();

  const History history = model.fit(blobs(20, 3, 2), board_options({.log_dir = folder.path()}));

  std::vector<double> losses;
  for (const test::Event& event :
       test::events_of(test::event_files(folder.path() + "/validation").at(0))) {
    if (event.tag == "epoch_loss") losses.push_back(event.scalar);
  }
  const std::vector<double> wanted = history.series("val_loss");
  ASSERT_EQ(losses.size(), wanted.size());
  for (std::size_t i = 0; i < losses.size(); ++i)
    EXPECT_NEAR(losses[i], wanted[i], 1e-6 * wanted[i]);
}

TEST(TensorBoard, NamesScalarsAsKeras2DidWhenAsked) {
  const TemporaryDirectory folder;
  Model model = model_on_board();

  model.fit(blobs(20, 3, 2),
            board_options({.log_dir = folder.path(), .tags = TensorBoardTags::Keras2}));

  std::vector<std::string> tags;
  for (const test::Event& event : test::events_of(test::event_files(folder.path()).at(0))) {
    if (event.step == 1) tags.push_back(event.tag);
  }
  EXPECT_THAT(tags, ElementsAre("loss", "accuracy", "val_loss", "val_accuracy", "lr"));
}

TEST(TensorBoard, WritesASessionWithItsHyperparameters) {
  const TemporaryDirectory folder;
  Model model = model_on_board();
  const Json hparams = Json::object({{"batch_size", 4}, {"learning_rate", Json()}});

  model.fit(blobs(20, 3, 2), board_options({.log_dir = folder.path(), .hparams = hparams}));

  const auto events = test::events_of(test::event_files(folder.path()).at(0));
  std::vector<std::string> tags;
  for (const test::Event& event : events) tags.push_back(event.tag);
  EXPECT_THAT(
      tags,
      ElementsAre(
          "_hparams_/experiment", "_hparams_/session_start_info", "_hparams_/session_end_info"));
  EXPECT_THAT(events.at(1).bytes, HasSubstr("batch_size"));
  EXPECT_THAT(events.at(1).bytes, testing::Not(HasSubstr("learning_rate")));
}

TEST(TensorBoard, KeepsWhatAKilledRunWroteAndGoesOnInANewFile) {
  const TemporaryDirectory folder;
  const auto fit = [&](std::int64_t throw_after) {
    Model model = model_on_board();
    FitOptions fit_options = board_options({.log_dir = folder.path() + "/events"});
    fit_options.callbacks.push_back(std::make_shared<Recorder>(1, throw_after));
    fit_options.checkpoint = {.directory = folder.path() + "/checkpoints"};
    return model.fit(blobs(20, 3, 2), fit_options);
  };
  ASSERT_THROW(fit(7), Interruption);  // in the second epoch
  const auto before = test::event_files(folder.path() + "/events/train");
  ASSERT_EQ(before.size(), 1U);
  const std::string kept = read_file(before.at(0), 10000);

  fit(-1);

  const auto after = test::event_files(folder.path() + "/events/train");
  ASSERT_EQ(after.size(), 2U);
  EXPECT_EQ(read_file(before.at(0), 10000), kept);
  std::vector<std::int64_t> steps;
  for (const std::string& path : after) {
    for (const test::Event& event : test::events_of(path)) {
      if (event.tag == "epoch_loss") steps.push_back(event.step);
    }
  }
  EXPECT_THAT(steps, testing::UnorderedElementsAre(0, 1, 2));
}

TEST(TensorBoard, LetsTheTrainingGoOnWhereItCannotWrite) {
  const TemporaryDirectory folder;
  AppendFile(folder.path() + "/file").append("no folder");
  Model model = model_on_board();

  const History history =
      model.fit(blobs(20, 3, 2), board_options({.log_dir = folder.path() + "/file/events"}));

  EXPECT_EQ(history.epochs.size(), 3U);
}

TEST(TensorBoard, RefusesFrequenciesBelowZero) {
  EXPECT_THAT([] { TensorBoard board({.histogram_freq = -1}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("got -1 and 0")));
}

}  // namespace
}  // namespace carnyx
