// Real runs with callbacks, interrupted and resumed: histories and decisions are those of a run
// that never was.
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/training/callbacks/backup_and_restore.h"
#include "carnyx/training/callbacks/csv_logger.h"
#include "carnyx/training/callbacks/early_stopping.h"
#include "carnyx/training/callbacks/learning_rate_scheduler.h"
#include "carnyx/training/callbacks/model_checkpoint.h"
#include "carnyx/training/callbacks/reduce_lr_on_plateau.h"
#include "carnyx/training/callbacks/terminate_on_nan.h"

#include "tests/training/recorder.h"
#include "tests/training/step_runs.h"

namespace carnyx {
namespace {

constexpr std::int64_t kEpochs = 10;
constexpr std::int64_t kStepsPerEpoch = 3;

Model model_with_callbacks() {
  Model model(Network({Dense({.units = 8, .activation = Activation::Relu, .input_shape = {{6}}}),
                       Dropout({.rate = 0.25}),
                       Dense({.units = 3, .activation = Activation::Softmax})}),
              {.threads = 1});
  model.compile({.optimizer = Adam({.learning_rate = 0.1}), .metrics = {Accuracy({})}});
  return model;
}

/// A run in `folder`, which a Recorder interrupts after so many steps.
FitOptions callback_options(const std::string& folder, std::int64_t throw_after = -1) {
  const auto at = [&](const char* name) { return folder + "/" + name; };
  FitOptions fit{.batch_size = 16, .epochs = kEpochs, .validation_split = 0.2};
  fit.callbacks = {
      std::make_shared<LearningRateScheduler>(
          [](std::int64_t, double rate) { return rate * 0.95; }),
      std::make_shared<ReduceLROnPlateau>(ReduceLROnPlateauOptions{.factor = 0.5, .patience = 1}),
      std::make_shared<EarlyStopping>(
          EarlyStoppingOptions{.patience = 2, .restore_best_weights = true}),
      std::make_shared<EarlyStopping>(
          EarlyStoppingOptions{.monitor = "val_accuracy", .patience = 5}),
      std::make_shared<ModelCheckpoint>(
          ModelCheckpointOptions{.filepath = at("best-{epoch:02d}.keras"), .save_best_only = true}),
      std::make_shared<CSVLogger>(CSVLoggerOptions{.filename = at("log.csv")}),
      std::make_shared<TerminateOnNaN>(),
      std::make_shared<BackupAndRestore>(
          BackupAndRestoreOptions{.backup_dir = at("backup"), .save_freq = 2}),
      std::make_shared<Recorder>(1, throw_after)};
  return fit;
}

Dataset callback_data() {
  return blobs(60, 6, 3);
}

std::vector<double> weights_of(const Model& model) {
  std::vector<double> all;
  for (const std::string& name : model.weight_names()) {
    for (const double value : numbers_of(model.weight(name))) all.push_back(value);
  }
  return all;
}

TEST(CallbackResume, AnInterruptionInAnyPlaceOfAnEpochChangesNoDecision) {
  const TemporaryDirectory whole_folder;
  Model whole = model_with_callbacks();
  const History wanted = whole.fit(callback_data(), callback_options(whole_folder.path()));
  const auto last = static_cast<std::int64_t>(wanted.epochs.size()) * kStepsPerEpoch;
  ASSERT_LT(wanted.epochs.size(), static_cast<std::size_t>(kEpochs));  // EarlyStopping has acted
  for (std::int64_t step = 1; step <= last; step += 4) {  // 1st, 2nd and 3rd of an epoch
    const TemporaryDirectory folder;
    Model interrupted = model_with_callbacks();
    ASSERT_THROW(interrupted.fit(callback_data(), callback_options(folder.path(), step)),
                 Interruption);

    Model resumed = model_with_callbacks();
    const History history = resumed.fit(callback_data(), callback_options(folder.path()));

    EXPECT_EQ(history.epochs, wanted.epochs) << "after step " << step;
    EXPECT_EQ(weights_of(resumed), weights_of(whole)) << "after step " << step;
    EXPECT_EQ(read_file(folder.path() + "/log.csv", 10000),
              read_file(whole_folder.path() + "/log.csv", 10000));
  }
}

TEST(CallbackResume, OfARunThatACallbackEndedTrainsNoFurther) {
  const TemporaryDirectory folder;
  const auto fit = [&](Model& model) {
    return model.fit(callback_data(),
                     {.batch_size = 16,
                      .epochs = kEpochs,
                      .validation_split = 0.2,
                      .callbacks = {std::make_shared<EarlyStopping>(EarlyStoppingOptions{
                          .monitor = "val_loss", .min_delta = 100, .restore_best_weights = true})},
                      .checkpoint = {.directory = folder.path()}});
  };
  Model model = model_with_callbacks();
  const History first = fit(model);
  ASSERT_EQ(first.epochs.size(), 2U);

  Model again = model_with_callbacks();
  const History second = fit(again);

  EXPECT_EQ(second.epochs, first.epochs);
  EXPECT_EQ(weights_of(again), weights_of(model));
}

TEST(CallbackResume, OfARunThatACallbackEndedGoesOnWithMorePatience) {
  const TemporaryDirectory folder;
  const auto fit = [](Model& model, std::int64_t patience, const std::string& place) {
    return model.fit(callback_data(),
                     {.batch_size = 16,
                      .epochs = kEpochs,
                      .validation_split = 0.2,
                      .callbacks = {std::make_shared<EarlyStopping>(EarlyStoppingOptions{
                          .monitor = "val_loss", .min_delta = 100, .patience = patience})},
                      .checkpoint = {.directory = place}});
  };
  Model patient = model_with_callbacks();
  const History wanted = fit(patient, 2, "");
  Model model = model_with_callbacks();
  ASSERT_EQ(fit(model, 1, folder.path()).epochs.size(), 2U);

  Model resumed = model_with_callbacks();
  const History history = fit(resumed, 2, folder.path());

  EXPECT_EQ(history.epochs.size(), 3U);
  EXPECT_EQ(history.epochs, wanted.epochs);
  EXPECT_EQ(weights_of(resumed), weights_of(patient));
}

TEST(BackupAndRestore, RemovesItsFolderWhenTheRunHasEnded) {
  const TemporaryDirectory folder;
  for (const bool remove : {true, false}) {
    const std::string backup = folder.path() + (remove ? "/removed" : "/kept");
    Model model = model_with_callbacks();

    model.fit(callback_data(),
              {.batch_size = 16,
               .callbacks = {std::make_shared<BackupAndRestore>(
                   BackupAndRestoreOptions{.backup_dir = backup, .delete_checkpoint = remove})}});

    EXPECT_EQ(exists(backup), !remove);
  }
}

TEST(BackupAndRestore, RefusesTwoPlacesForOneRunsCheckpoints) {
  Model model = model_with_callbacks();
  EXPECT_THAT(
      [&] {
        model.fit(callback_data(),
                  {.callbacks = {std::make_shared<BackupAndRestore>(
                       BackupAndRestoreOptions{.backup_dir = "a"})},
                   .checkpoint = {.directory = "b"}});
      },
      testing::ThrowsMessage<InvalidArgument>(
          testing::HasSubstr("checkpoints in a, but they go to b")));
}

}  // namespace
}  // namespace carnyx
