// Callbacks decide as Keras 3's do: tests/golden/callbacks.json, made by tests/oracle/callbacks.py.
#include <filesystem>
#include <limits>
#include <memory>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/training/callbacks/backup_and_restore.h"
#include "carnyx/training/callbacks/csv_logger.h"
#include "carnyx/training/callbacks/early_stopping.h"
#include "carnyx/training/callbacks/lambda_callback.h"
#include "carnyx/training/callbacks/learning_rate_scheduler.h"
#include "carnyx/training/callbacks/model_checkpoint.h"
#include "carnyx/training/callbacks/reduce_lr_on_plateau.h"
#include "carnyx/training/callbacks/terminate_on_nan.h"

#include "tests/training/callback_runs.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// The options of a case, each with its default.
class Options {
 public:
  explicit Options(const Json& json) : json_(json) {}
  [[nodiscard]] double number(const char* key, double otherwise) const {
    const Json* found = json_.find(key);
    return found == nullptr ? otherwise : found->as_number();
  }
  [[nodiscard]] std::int64_t integer(const char* key, std::int64_t otherwise) const {
    const Json* found = json_.find(key);
    return found == nullptr ? otherwise : found->as_int();
  }
  [[nodiscard]] bool flag(const char* key) const {
    const Json* found = json_.find(key);
    return found != nullptr && found->as_bool();
  }
  [[nodiscard]] std::string text(const char* key, const char* otherwise) const {
    const Json* found = json_.find(key);
    return found == nullptr ? otherwise : found->as_string();
  }
  [[nodiscard]] std::optional<double> maybe(const char* key) const {
    const Json* found = json_.find(key);
    return found == nullptr ? std::nullopt : std::optional(found->as_number());
  }
  [[nodiscard]] MonitorMode mode() const {
    MonitorMode mode = MonitorMode::Auto;
    from_name(text("mode", "auto"), mode);
    return mode;
  }

 private:
  const Json& json_;
};

std::vector<double> numbers(const Json& array) {
  std::vector<double> values;
  for (const Json& item : array.items()) {
    values.push_back(item.is_string() ? std::numeric_limits<double>::quiet_NaN()
                                      : item.as_number());
  }
  return values;
}

std::vector<Json> golden(std::string_view callback) {
  const std::string path = CARNYX_SOURCE_DIR "/tests/golden/callbacks.json";
  std::vector<Json> cases;
  const Json all = Json::parse(read_file(path, 1 << 20), path);
  for (const Json& item : all.at("cases").items()) {
    if (item.at("callback").as_string() == callback) cases.push_back(item);
  }
  EXPECT_FALSE(cases.empty());
  return cases;
}

CallbackRun run_of(const Json& c) {
  return {.sequence = numbers(c.at("sequence")),
          .monitor = Options(c.at("options")).text("monitor", "val_loss")};
}

EarlyStopping early_stopping(const Json& c) {
  const Options o(c.at("options"));
  return EarlyStopping({.monitor = o.text("monitor", "val_loss"),
                        .min_delta = o.number("min_delta", 0),
                        .patience = o.integer("patience", 0),
                        .mode = o.mode(),
                        .baseline = o.maybe("baseline"),
                        .restore_best_weights = o.flag("restore_best_weights"),
                        .start_from_epoch = o.integer("start_from_epoch", 0)});
}

ReduceLROnPlateau reduce_lr(const Json& c) {
  const Options o(c.at("options"));
  return ReduceLROnPlateau({.monitor = o.text("monitor", "val_loss"),
                            .factor = o.number("factor", 0.1),
                            .patience = o.integer("patience", 10),
                            .mode = o.mode(),
                            .min_delta = o.number("min_delta", 1e-4),
                            .cooldown = o.integer("cooldown", 0),
                            .min_lr = o.number("min_lr", 0)});
}

ModelCheckpoint model_checkpoint(const Json& c, const std::string& folder) {
  const Options o(c.at("options"));
  return ModelCheckpoint({.filepath = folder + "/" + o.text("filepath", ""),
                          .monitor = o.text("monitor", "val_loss"),
                          .save_best_only = o.flag("save_best_only"),
                          .save_weights_only = o.flag("save_weights_only"),
                          .mode = o.mode(),
                          .save_freq = o.integer("save_freq", 0),
                          .initial_value_threshold = o.maybe("initial_value_threshold")});
}

std::set<std::string> files_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

std::set<std::string> wanted_files(const Json& c) {
  std::set<std::string> names;
  for (const Json& name : c.at("files").items()) names.insert(name.as_string());
  return names;
}

double the_weight(const Model& model) {
  return model.weight("dense/kernel").at(0);
}

/// Keeps a learning rate in float32; ours is a double.
void expect_rates(const std::vector<double>& got, const std::vector<double>& wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_NEAR(got[i], wanted[i], 1e-6 * wanted[i]) << "epoch " << i;
  }
}

/// A run that ends after `at` epochs as if killed, and another that goes on from what a checkpoint
/// keeps, in new objects.
template <class Made>
std::int64_t drive_interrupted(const std::function<Made()>& make,
                               Model& model,
                               CallbackRun run,
                               std::int64_t at) {
  Made first = make();
  run.last_epoch = at;
  drive(first, model, run);
  const Json kept = Json::parse(first.state().dump(), "a checkpoint");
  Made second = make();
  second.restore(kept);
  second.restore_tensors(first.tensors());
  run.first_epoch = at;
  run.last_epoch = 1000;
  return drive(second, model, run);
}

TEST(EarlyStopping, EndsWhereKerasDoesWithTheWeightsThatKerasHas) {
  for (const Json& c : golden("EarlyStopping")) {
    Model model = one_weight_model();
    EarlyStopping callback = early_stopping(c);

    const std::int64_t epochs = drive(callback, model, run_of(c));

    EXPECT_EQ(epochs, c.at("epochs").as_int()) << c.dump();
    EXPECT_EQ(the_weight(model), c.at("weights_of_epoch").as_number()) << c.dump();
  }
}

TEST(EarlyStopping, DecidesTheSameInARunThatWasInterruptedAnywhere) {
  for (const Json& c : golden("EarlyStopping")) {
    for (std::int64_t at = 1; at < c.at("epochs").as_int(); ++at) {
      Model model = one_weight_model();

      const std::int64_t epochs =
          drive_interrupted<EarlyStopping>([&] { return early_stopping(c); }, model, run_of(c), at);

      EXPECT_EQ(epochs, c.at("epochs").as_int()) << at << c.dump();
      EXPECT_EQ(the_weight(model), c.at("weights_of_epoch").as_number()) << at << c.dump();
    }
  }
}

TEST(EarlyStopping, BeginsAnewInAnotherFit) {
  Model model = one_weight_model();
  EarlyStopping callback({.patience = 1});

  EXPECT_EQ(drive(callback, model, {.sequence = {1, 2, 3}}), 2);
  EXPECT_EQ(callback.stopped_epoch(), 1);
  EXPECT_EQ(drive(callback, model, {.sequence = {9, 8, 7}}), 3);
  EXPECT_EQ(callback.stopped_epoch(), std::nullopt);
  EXPECT_EQ(callback.best(), 7);
}

TEST(EarlyStopping, AsksForAModeWhereNoneIsKnown) {
  Model model = one_weight_model();
  EarlyStopping callback({.monitor = "val_happiness"});

  EXPECT_THAT([&] { drive(callback, model, {.sequence = {1}}); },
              ThrowsMessage<InvalidArgument>(
                  testing::AllOf(HasSubstr("EarlyStopping"), HasSubstr("'val_happiness'"))));
}

TEST(ReduceLROnPlateau, SetsTheRatesThatKerasSets) {
  for (const Json& c : golden("ReduceLROnPlateau")) {
    SCOPED_TRACE(c.dump());
    Model model = one_weight_model();
    ReduceLROnPlateau callback = reduce_lr(c);
    std::vector<double> logged;
    std::vector<double> after;
    CallbackRun run = run_of(c);
    run.watch = [&](Model& watched, const Logs& logs) {
      logged.push_back(logs.at("learning_rate"));
      after.push_back(watched.learning_rate());
    };

    drive(callback, model, run);

    expect_rates(logged, numbers(c.at("logged")));
    expect_rates(after, numbers(c.at("after")));
  }
}

TEST(ReduceLROnPlateau, DecidesTheSameInARunThatWasInterruptedAnywhere) {
  for (const Json& c : golden("ReduceLROnPlateau")) {
    for (std::int64_t at = 1; at < 10; ++at) {
      SCOPED_TRACE(c.dump());
      Model model = one_weight_model();
      std::vector<double> after;
      CallbackRun run = run_of(c);
      run.watch = [&](Model& watched, const Logs&) { after.push_back(watched.learning_rate()); };

      drive_interrupted<ReduceLROnPlateau>([&] { return reduce_lr(c); }, model, run, at);

      expect_rates(after, numbers(c.at("after")));
    }
  }
}

TEST(ReduceLROnPlateau, RefusesAFactorThatDoesNotReduce) {
  EXPECT_THAT([] { ReduceLROnPlateau({.factor = 1}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("factor must be in [0, 1), got 1")));
}

TEST(LearningRateScheduler, SetsTheRatesThatKerasSets) {
  const Json c = golden("LearningRateScheduler").at(0);
  Model model = one_weight_model();
  LearningRateScheduler callback(
      [](std::int64_t epoch, double rate) { return epoch < 3 ? rate : rate * 0.5; });
  std::vector<double> logged;
  CallbackRun run = run_of(c);
  run.watch = [&](Model&, const Logs& logs) { logged.push_back(logs.at("learning_rate")); };

  drive(callback, model, run);

  expect_rates(logged, numbers(c.at("logged")));
}

TEST(LearningRateScheduler, RefusesARateThatIsNoNumber) {
  Model model = one_weight_model();
  LearningRateScheduler callback([](std::int64_t, double) { return std::nan(""); });

  EXPECT_THAT([&] { drive(callback, model, {.sequence = {1}}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("finite learning rate, got nan")));
}

TEST(ModelCheckpoint, LeavesTheFilesThatKerasLeaves) {
  for (const Json& c : golden("ModelCheckpoint")) {
    const TemporaryDirectory folder;
    Model model = one_weight_model();
    ModelCheckpoint callback = model_checkpoint(c, folder.path());

    drive(callback, model, run_of(c));

    EXPECT_EQ(files_in(folder.path()), wanted_files(c)) << c.dump();
  }
}

TEST(ModelCheckpoint, LeavesTheSameFilesInARunThatWasInterrupted) {
  for (const Json& c : golden("ModelCheckpoint")) {
    for (const std::int64_t at : {1, 6}) {
      const TemporaryDirectory folder;
      Model model = one_weight_model();

      drive_interrupted<ModelCheckpoint>(
          [&] { return model_checkpoint(c, folder.path()); }, model, run_of(c), at);

      EXPECT_EQ(files_in(folder.path()), wanted_files(c)) << at << c.dump();
    }
  }
}

TEST(ModelCheckpoint, SavesTheWeightsOfItsEpoch) {
  const TemporaryDirectory folder;
  Model model = one_weight_model();
  ModelCheckpoint callback({.filepath = folder.path() + "/new/best.keras", .save_best_only = true});

  drive(callback, model, {.sequence = {3, 1, 2}});

  EXPECT_EQ(the_weight(load_model(folder.path() + "/new/best.keras")), 1);
  EXPECT_EQ(callback.best(), 1);
}

TEST(ModelCheckpoint, SavesAWholeModelAsHdf5Too) {
  const TemporaryDirectory folder;
  Model model = one_weight_model();
  ModelCheckpoint callback({.filepath = folder.path() + "/best.h5", .save_best_only = true});

  drive(callback, model, {.sequence = {3, 1, 2}});

  EXPECT_EQ(the_weight(load_model(folder.path() + "/best.h5")), 1);
}

TEST(ModelCheckpoint, RefusesNamesItCannotWrite) {
  const auto refused = [](ModelCheckpointOptions options) {
    return [options] { ModelCheckpoint callback(options); };
  };
  EXPECT_THAT(refused({.filepath = "best.txt"}),
              ThrowsMessage<InvalidArgument>(
                  HasSubstr("must end in .keras or .h5, not .weights.h5, got 'best.txt'")));
  EXPECT_THAT(refused({.filepath = "best.weights.h5"}),
              ThrowsMessage<InvalidArgument>(HasSubstr("must end in .keras or .h5")));
  EXPECT_THAT(refused({.filepath = "best.keras", .save_weights_only = true}),
              ThrowsMessage<InvalidArgument>(HasSubstr("must end in .weights.h5")));
  EXPECT_THAT(refused({.filepath = "{epoch.keras"}),
              ThrowsMessage<InvalidArgument>(HasSubstr("offset 0")));
  EXPECT_THAT(refused({.filepath = "a{}.keras"}),
              ThrowsMessage<InvalidArgument>(HasSubstr("offset 1")));
}

TEST(ModelCheckpoint, NamesTheFieldThatTheLogsDoNotHave) {
  const TemporaryDirectory folder;
  Model model = one_weight_model();
  const auto saving = [&](const std::string& name) {
    return [&, name] {
      ModelCheckpoint callback({.filepath = folder.path() + name});
      drive(callback, model, {.sequence = {1}});
    };
  };

  EXPECT_THAT(saving("/{val_acc:.2f}.keras"),
              ThrowsMessage<InvalidArgument>(HasSubstr("names val_acc; there is epoch, loss")));
  EXPECT_THAT(saving("/{loss:02d}.keras"),
              ThrowsMessage<InvalidArgument>(HasSubstr("can't write loss as '02d'")));
}

TEST(CSVLogger, WritesTheBytesThatKerasWrites) {
  for (const Json& c : golden("CSVLogger")) {
    const TemporaryDirectory folder;
    const std::string path = folder.path() + "/log.csv";
    const Options o(c.at("options"));
    Model model = one_weight_model();
    CallbackRun run = run_of(c);
    run.monitor = c.at("monitor").as_string();
    CSVLogger callback(
        {.filename = path, .separator = o.text("separator", ","), .append = o.flag("append")});

    drive(callback, model, run);
    drive(callback, model, run);

    EXPECT_EQ(read_file(path, 10000), c.at("text").as_string()) << c.dump();
  }
}

TEST(CSVLogger, HasEachRowOnceInARunThatWasInterrupted) {
  const TemporaryDirectory folder;
  const CSVLoggerOptions options{.filename = folder.path() + "/log.csv"};
  const CallbackRun whole{.sequence = {3, 2, 1}};
  Model model = one_weight_model();
  CSVLogger killed(options);
  CallbackRun run = whole;
  run.last_epoch = 1;
  drive(killed, model, run);
  const Json kept = killed.state();
  run.first_epoch = 1;  // after the checkpoint it wrote another row, and part of a third
  run.last_epoch = 2;
  CSVLogger resumed(options);
  resumed.restore(kept);
  drive(resumed, model, run);
  AppendFile(options.filename).append("2,0.66");

  CSVLogger again(options);
  again.restore(kept);
  run.last_epoch = 1000;
  drive(again, model, run);

  EXPECT_EQ(read_file(options.filename, 1000),
            "epoch,loss,val_loss\r\n0,2.0,3.0\r\n1,1.0,2.0\r\n2,0.6666666666666666,1.0\r\n");
}

TEST(TerminateOnNaN, EndsTheRunAtTheStepThatHasNoFiniteLoss) {
  Model model = one_weight_model();
  const RunInfo run;
  CallbackContext context{.model = model, .run = run};
  TerminateOnNaN callback;

  callback.on_step(context, 0, 0, {{"loss", 1.0}});
  EXPECT_FALSE(context.stop_training);
  callback.on_step(context, 0, 1, {{"loss", std::numeric_limits<double>::infinity()}});

  EXPECT_TRUE(context.stop_training);
}

TEST(TerminateOnNaN, ThrowsWhenAskedTo) {
  Model model = one_weight_model();
  const RunInfo run;
  CallbackContext context{.model = model, .run = run};
  TerminateOnNaN callback({.raise_error = true});

  EXPECT_THAT(
      [&] {
        callback.on_step(context, 2, 4, {{"loss", std::nan("")}});
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("nan at step 5 of epoch 3")));
}

TEST(LambdaCallback, CallsWhatItWasGiven) {
  Model model = one_weight_model();
  std::string called;
  LambdaCallback callback(
      {.on_train_begin = [&](CallbackContext&) { called += "begin "; },
       .on_epoch_begin = [&](CallbackContext&,
                             std::int64_t epoch) { called += format("{}( ", epoch); },
       .on_step =
           [&](CallbackContext&, std::int64_t, std::int64_t step, const Logs&) {
             called += format("{} ", step);
           },
       .every_steps = 2,
       .on_epoch_end = [&](CallbackContext&, std::int64_t, Logs&) { called += ") "; },
       .on_train_end = [&](CallbackContext&, const Logs&) { called += "end"; }});
  LambdaCallback nothing({});

  drive(callback, model, {.sequence = {1, 2}, .steps_per_epoch = 4});
  drive(nothing, model, {.sequence = {1, 2}});

  EXPECT_EQ(called, "begin 0( 1 3 ) 1( 1 3 ) end");
}

}  // namespace
}  // namespace carnyx
