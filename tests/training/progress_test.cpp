// Lines expected of the Keras styles were printed by the progress bars of Keras 2.0.4, 2.2.4
// and 3.15 themselves, with a clock and numbers like these, and without their \b; what a narrow
// terminal, one without color and a log get from us differs on purpose.
#include "carnyx/training/progress.h"

#include <limits>
#include <string>

#include <gmock/gmock.h>

#include "carnyx/base/error.h"
#include "carnyx/base/json.h"
#include "carnyx/layers/core.h"
#include "carnyx/training/model.h"

namespace carnyx {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct WideScreen final : ProgressOutput {
  bool terminal = false;
  bool color = false;
  bool utf8 = false;
  std::int64_t width = 200;
  std::string text;

  void write(std::string_view part) override { text += part; }
  bool is_terminal() const override { return terminal; }
  bool has_color() const override { return color; }
  bool has_utf8() const override { return utf8; }
  std::int64_t columns() const override { return width; }

  /// What was written since it was taken last.
  std::string take() { return std::exchange(text, {}); }
};

/// A run of 2 epochs of 4 steps: 1000 samples in batches of 256.
class ProgressOf : public testing::Test {
 protected:
  void start(ProgressOptions options) {
    progress_ = make_progress(options, screen_, clock_);
    progress_->on_train_begin(context_);
  }
  void begin_epoch(std::int64_t epoch) { progress_->on_epoch_begin(context_, epoch); }
  void step(std::int64_t epoch,
            std::int64_t step,
            std::chrono::nanoseconds time,
            const Logs& logs) {
    clock_.advance(time);
    progress_->on_step(context_, epoch, step, logs);
  }
  void end_epoch(std::int64_t epoch, std::chrono::nanoseconds time, Logs logs) {
    clock_.advance(time);
    progress_->on_epoch_end(context_, epoch, logs);
  }
  /// Epoch 1 with steps of 1.5 s and 0.75 s of validation.
  void run_epoch() {
    begin_epoch(0);
    for (std::int64_t i = 0; i < 4; ++i) step(0, i, 1500ms, {{"loss", 0.5}, {"acc", 0.25}});
    end_epoch(0, 750ms, kEnd);
  }

  inline static const Logs kEnd = {
      {"loss", 0.5}, {"acc", 0.25}, {"val_loss", 0.0004}, {"val_acc", 0.75}};
  WideScreen screen_;
  FakeClock clock_;
  RunInfo run_{.epochs = 2,
               .steps_per_epoch = 4,
               .samples = 1000,
               .validation_samples = 100,
               .batch_size = 256};
  Model model_{Network({Dense({.units = 1, .input_shape = {{1}}})}), {.threads = 1}};
  CallbackContext context_{.model = model_, .run = run_};
  CallbackPtr progress_;
};

class Keras2Progress : public ProgressOf {};
class Keras3Progress : public ProgressOf {};
class PlainProgress : public ProgressOf {};
class JsonProgress : public ProgressOf {};
class AnyProgress : public ProgressOf {};

TEST_F(Keras2Progress, WritesALineAnUpdateWithoutATerminal) {
  start({.style = LogStyle::Keras2});
  run_epoch();

  EXPECT_EQ(
      screen_.text,
      "Train on 1000 samples, validate on 100 samples\n"
      "Epoch 1/2\n"
      "\n 256/1000 [======>.......................] - ETA: 4s - loss: 0.5000 - acc: 0.2500"
      "\n 512/1000 [==============>...............] - ETA: 2s - loss: 0.5000 - acc: 0.2500"
      "\n 768/1000 [======================>.......] - ETA: 1s - loss: 0.5000 - acc: 0.2500"
      "\n1000/1000 [==============================] - 7s 7ms/step - loss: 0.5000 - acc: 0.2500"
      " - val_loss: 4.0000e-04 - val_acc: 0.7500\n");
}

TEST_F(Keras2Progress, WritesOverItsLineInATerminal) {
  screen_.terminal = true;
  start({.style = LogStyle::Keras2});
  run_epoch();

  EXPECT_THAT(
      screen_.text,
      AllOf(HasSubstr("Epoch 1/2\n\r 256/1000 [======>.......................] - ETA: 4s"),
            HasSubstr("- acc: 0.2500\r 512/1000 ["),
            EndsWith("\r1000/1000 [==============================] - 7s 7ms/step - loss: 0.5000 - "
                     "acc: 0.2500 - val_loss: 4.0000e-04 - val_acc: 0.7500\n")));
}

TEST_F(Keras2Progress, KnowsTheTimesOfKeras204) {
  start({.style = LogStyle::Keras2, .keras2_form = Keras2Form::OldTimes});
  begin_epoch(0);
  step(0, 0, 100s, {{"loss", 0.5}});
  end_epoch(0, 200900ms, {{"loss", 0.5}});

  EXPECT_THAT(
      screen_.text,
      AllOf(HasSubstr(" - ETA: 290s - loss: 0.5000"), EndsWith("] - 300s - loss: 0.5000     \n")));
}

TEST_F(Keras2Progress, WritesLongEtasInMinutesAndHours) {
  start({.style = LogStyle::Keras2});
  begin_epoch(0);

  step(0, 0, 314s, {});
  EXPECT_THAT(screen_.take(), EndsWith(" - ETA: 15:12"));

  step(0, 1, 10000s, {});
  EXPECT_THAT(screen_.take(), HasSubstr(" - ETA: 2:43:50"));
}

TEST_F(Keras2Progress, BlanksWhatALongerLineLeftBehind) {
  screen_.terminal = true;
  start({.style = LogStyle::Keras2});
  begin_epoch(0);
  step(0, 0, 1s, {{"loss", 100.5}});
  screen_.take();

  step(0, 1, 1s, {{"loss", 0.5}});

  EXPECT_THAT(screen_.text, EndsWith(" - loss: 0.5000  "));
}

TEST_F(Keras2Progress, SaysNothingOfSamplesWithoutValidation) {
  run_.validation_samples = 0;
  start({.style = LogStyle::Keras2});

  EXPECT_EQ(screen_.text, "");
}

TEST_F(Keras2Progress, WritesALineAnEpochWithVerbose2) {
  start({.style = LogStyle::Keras2, .verbose = 2});
  begin_epoch(0);
  end_epoch(0, 6400ms, {{"loss", -0.25}, {"acc", 0.5}});

  EXPECT_EQ(screen_.text,
            "Train on 1000 samples, validate on 100 samples\n"
            "Epoch 1/2\n - 6s - loss: -2.5000e-01 - acc: 0.5000\n");
}

TEST_F(Keras2Progress, BeginsTheEpochLineOfKeras204WithTheTime) {
  start({.style = LogStyle::Keras2, .verbose = 2, .keras2_form = Keras2Form::OldTimes});
  begin_epoch(0);
  end_epoch(0, 6900ms, {{"loss", 0.25}});

  EXPECT_THAT(screen_.text, EndsWith("Epoch 1/2\n6s - loss: 0.2500\n"));
}

TEST_F(Keras2Progress, CountsTheStepsOfADatasetAsTensorFlowDid) {
  start({.style = LogStyle::Keras2, .verbose = 2, .keras2_form = Keras2Form::Steps});
  begin_epoch(0);
  end_epoch(0, 43400ms, {{"loss", 2.7444}, {"categorical_accuracy", 0.2385}});

  EXPECT_EQ(screen_.text, "Epoch 1/2\n4/4 - 43s - loss: 2.7444 - categorical_accuracy: 0.2385\n");
}

TEST_F(Keras2Progress, NamesNoEpochOfOneAndNoMetricAnewWhereItCountsSteps) {
  run_.epochs = 1;
  start({.style = LogStyle::Keras2, .keras2_form = Keras2Form::Steps});
  begin_epoch(0);
  step(0, 0, 2s, {{"accuracy", 0.25}});
  end_epoch(0, 6s, {{"accuracy", 0.25}});

  EXPECT_EQ(screen_.text,
            "\n1/4 [======>.......................] - ETA: 6s - accuracy: 0.2500"
            "\n4/4 [==============================] - 8s 2s/step - accuracy: 0.2500\n");
}

TEST_F(Keras3Progress, DrawsAColoredBarInATerminal) {
  screen_.terminal = screen_.color = screen_.utf8 = true;
  start({});
  begin_epoch(0);
  step(0, 0, 2s, {{"loss", 0.5}, {"accuracy", 0.25}});
  step(0, 1, 400ms, {{"loss", 0.5}, {"accuracy", 0.25}});

  EXPECT_EQ(
      screen_.text,
      "Epoch 1/2\n"
      "\r\x1b[1m1/4\x1b[0m \x1b[32m━━━━━\x1b[0m\x1b[37m━━━━━━━━━━━━━━━\x1b[0m \x1b[1m6s\x1b[0m "
      "2s/step - accuracy: 0.2500 - loss: 0.5000"
      "\r\x1b[1m2/4\x1b[0m \x1b[32m━━━━━━━━━━\x1b[0m\x1b[37m━━━━━━━━━━\x1b[0m \x1b[1m0s\x1b[0m "
      "400ms/step - accuracy: 0.2500 - loss: 0.5000");
}

TEST_F(Keras3Progress, EndsTheBarWithTheWholeTimeAndTheMeanStepWithoutTheFirst) {
  screen_.terminal = screen_.color = screen_.utf8 = true;
  start({});
  run_epoch();

  EXPECT_THAT(screen_.text,
              EndsWith("\r\x1b[1m4/4\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m "
                       "\x1b[1m7s\x1b[0m 2s/step - acc: 0.2500 - loss: 0.5000 - val_acc: 0.7500 - "
                       "val_loss: 4.0000e-04\n"));
}

TEST_F(Keras3Progress, ShowsTheDoneShareWithoutColorToo) {
  screen_.terminal = screen_.utf8 = true;
  start({});
  begin_epoch(0);
  step(0, 0, 1s, {});

  EXPECT_THAT(screen_.text, HasSubstr("\r1/4 ━━━━━─────────────── 3s 1s/step"));
}

TEST_F(Keras3Progress, DrawsInAsciiWithoutUtf8) {
  screen_.terminal = true;
  start({});
  begin_epoch(0);
  step(0, 0, 1s, {});

  EXPECT_THAT(screen_.text, HasSubstr("\r1/4 =====--------------- 3s 1s/step"));
}

TEST_F(Keras3Progress, CountsNoEpochsIfThereIsOne) {
  run_.epochs = 1;
  start({.verbose = 2});
  begin_epoch(0);
  end_epoch(0, 2s, {{"loss", 0.5}});

  EXPECT_EQ(screen_.text, "4/4 - 2s - 500ms/step - loss: 0.5000\n");
}

TEST_F(Keras3Progress, WritesALineAnEpochWithoutATerminal) {
  start({});
  run_epoch();

  EXPECT_EQ(screen_.text,
            "Epoch 1/2\n"
            "4/4 - 7s - 2s/step - acc: 0.2500 - loss: 0.5000 - val_acc: 0.7500 - val_loss: "
            "4.0000e-04\n");
}

TEST_F(Keras3Progress, GivesASignOfLifeEveryTenSecondsWithoutATerminal) {
  start({});
  begin_epoch(0);
  step(0, 0, 9s, {{"loss", 0.5}});
  EXPECT_EQ(screen_.take(), "Epoch 1/2\n");

  step(0, 1, 1s, {{"loss", 0.25}});
  EXPECT_EQ(screen_.take(), "2/4 - 10s - 1s/step - loss: 0.2500\n");

  step(0, 2, 9s, {{"loss", 0.25}});
  EXPECT_EQ(screen_.take(), "");

  step(0, 3, 9s, {{"loss", 0.25}});  // the epoch's own line comes at once
  EXPECT_EQ(screen_.take(), "");
}

TEST_F(Keras3Progress, HasNoSignOfLifeWithVerbose2) {
  start({.verbose = 2});

  EXPECT_EQ(progress_->every_steps(), 0);
}

TEST_F(Keras3Progress, FitsANarrowTerminal) {
  screen_.terminal = true;
  screen_.width = 50;
  start({});
  begin_epoch(0);
  const Logs logs{{"loss", 0.5}, {"accuracy", 0.25}};

  step(0, 0, 1s, logs);
  EXPECT_EQ(screen_.take(), "Epoch 1/2\n\r1/4 ===------------ 3s 1s/step - accuracy: 0.2500");

  screen_.width = 30;
  step(0, 1, 1s, logs);
  EXPECT_THAT(screen_.take(), StartsWith("\r2/4 =======------- 2s 1s/step"));

  end_epoch(0, 1s, logs);
  EXPECT_THAT(screen_.take(),
              EndsWith("\r4/4 =========== 3s 667ms/step\n"
                       "    - accuracy: 0.2500\n"
                       "    - loss: 0.5000\n"));
}

TEST_F(PlainProgress, WritesWhatAPersonReadsInALog) {
  start({.style = LogStyle::Plain});
  run_epoch();
  begin_epoch(1);
  step(1, 0, 30500ms, {{"loss", 0.25}});
  end_epoch(1, 1s, {{"loss", 0.25}});
  progress_->on_train_end(context_, {});

  EXPECT_EQ(screen_.text,
            "training on 1000 samples, validating on 100: 2 epochs of 4 steps, batch size 256\n"
            "epoch 1/2: 6.8 s, loss 0.5000, acc 0.2500, val_loss 4.0000e-04, val_acc 0.7500\n"
            "epoch 2/2: step 1/4, 30.5 s, 1:31 left, loss 0.2500\n"
            "epoch 2/2: 31.5 s, loss 0.2500\n"
            "training took 38.2 s\n");
}

TEST_F(JsonProgress, WritesOneObjectAnEvent) {
  start({.style = LogStyle::Json});
  run_epoch();
  begin_epoch(1);
  step(1, 0, 12s, {{"loss", 0.25}});
  progress_->on_train_end(context_, {{"loss", 0.25}});

  EXPECT_EQ(
      screen_.text,
      "{\"event\": \"train_begin\", \"time\": \"2024-01-01T00:00:00.000Z\", \"epochs\": 2, "
      "\"first_epoch\": 1, \"steps_per_epoch\": 4, \"samples\": 1000, \"validation_samples\": 100, "
      "\"batch_size\": 256}\n"
      "{\"event\": \"epoch\", \"time\": \"2024-01-01T00:00:06.750Z\", \"epoch\": 1, \"seconds\": "
      "6.75, "
      "\"loss\": 0.5, \"acc\": 0.25, \"val_loss\": 0.0004, \"val_acc\": 0.75}\n"
      "{\"event\": \"step\", \"time\": \"2024-01-01T00:00:18.750Z\", \"epoch\": 2, \"step\": 1, "
      "\"steps_per_epoch\": 4, \"seconds\": 12.0, \"loss\": 0.25}\n"
      "{\"event\": \"train_end\", \"time\": \"2024-01-01T00:00:18.750Z\", \"seconds\": 18.75, "
      "\"loss\": 0.25}\n");
}

TEST_F(JsonProgress, WritesNullForWhatJsonCannotSay) {
  start({.style = LogStyle::Json});
  begin_epoch(0);
  end_epoch(0, 1s, {{"loss", std::numeric_limits<double>::quiet_NaN()}});

  EXPECT_THAT(screen_.text, EndsWith("\"loss\": null}\n"));
}

TEST_F(AnyProgress, RefreshesAtMostEvery50Milliseconds) {
  screen_.terminal = true;
  start({});
  begin_epoch(0);
  step(0, 0, 1ms, {});
  screen_.take();

  step(0, 1, 49ms, {});
  EXPECT_EQ(screen_.take(), "");

  step(0, 2, 1ms, {});
  EXPECT_THAT(screen_.take(), StartsWith("\r3/4 "));
}

TEST_F(AnyProgress, AsksForFewStepsWhenTheyAreQuickAndForEachWhenTheyAreSlow) {
  screen_.terminal = true;
  run_.steps_per_epoch = 1'000'000;
  start({});
  begin_epoch(0);
  EXPECT_EQ(progress_->every_steps(), 1);

  std::int64_t done = 0;
  for (int call = 0; call < 10; ++call) {  // a tenth of 50 ms has room for 12 steps of 0.4 ms
    const std::int64_t steps = progress_->every_steps();
    done += steps;
    step(0, done - 1, steps * 400us, {});
  }
  EXPECT_EQ(progress_->every_steps(), 12);

  step(0, done + 11, 12s, {});
  EXPECT_EQ(progress_->every_steps(), 1);
}

TEST_F(AnyProgress, EndsItsLineWhenTrainingIsCutOff) {
  screen_.terminal = true;
  start({});
  begin_epoch(0);
  step(0, 0, 1s, {});
  screen_.take();

  progress_.reset();

  EXPECT_EQ(screen_.text, "\n");
}

TEST_F(AnyProgress, CountsTheStepsThatWereDoneWhenAnEpochIsCutShort) {
  start({.style = LogStyle::Keras2});
  begin_epoch(0);
  step(0, 0, 1s, {});
  step(0, 1, 1s, {});
  context_.stop_training = true;
  end_epoch(0, 0s, {});

  EXPECT_THAT(screen_.text,
              EndsWith("\n 512/1000 [==============>...............] - 2s 4ms/step\n"));
}

TEST_F(AnyProgress, CountsTheStepsThatItDidNotAskForWhenAnEpochIsCutShort) {
  start({.style = LogStyle::Keras2});
  begin_epoch(0);
  step(0, 0, 1s, {});
  context_.stop_training = true;
  model_.set_iterations(2);
  end_epoch(0, 0s, {});

  EXPECT_THAT(screen_.text, HasSubstr("\n 768/1000 [======"));
}

TEST_F(AnyProgress, GoesOnAmidAnEpochWithoutCountingTheStepsBefore) {
  run_.first_epoch = 1;
  start({.style = LogStyle::Keras2});
  step(1, 2, 256ms, {});

  EXPECT_THAT(screen_.text,
              EndsWith("Epoch 2/2\n\n 768/1000 [======================>.......] - ETA: 0s"));

  end_epoch(1, 232ms, {});
  EXPECT_THAT(screen_.text, EndsWith(" - 0s 1ms/step\n"));
}

TEST_F(AnyProgress, WritesNanWhateverItsSign) {
  start({.verbose = 2});
  begin_epoch(0);
  end_epoch(0, 1s, {{"loss", -std::numeric_limits<double>::quiet_NaN()}});

  EXPECT_THAT(screen_.text, EndsWith(" - loss: nan\n"));
}

TEST_F(AnyProgress, IsSilentWithVerbose0) {
  for (const LogStyle style :
       {LogStyle::Keras2, LogStyle::Keras3, LogStyle::Plain, LogStyle::Json}) {
    start({.style = style, .verbose = 0});
    run_epoch();
    progress_->on_train_end(context_, {});

    EXPECT_EQ(progress_->every_steps(), 0);
  }
  EXPECT_EQ(screen_.text, "");
}

TEST_F(AnyProgress, RejectsAnUnknownVerbosity) {
  EXPECT_THROW(make_progress({.verbose = 3}, screen_, clock_), InvalidArgument);
}

TEST(LogStyleNames, ComeBack) {
  for (const LogStyle style :
       {LogStyle::Keras2, LogStyle::Keras3, LogStyle::Plain, LogStyle::Json}) {
    LogStyle back{};
    from_name(name_of(style), back);
    EXPECT_EQ(back, style);
  }
}

TEST(LogStyleNames, RejectAnUnknownOneWithTheNearest) {
  LogStyle style{};
  try {
    from_name("keras4", style);
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), HasSubstr("keras"));
  }
}

TEST(StderrOutput, WritesWholeTextsToStderr) {
  testing::internal::CaptureStderr();
  const auto output = stderr_output();
  output->write("12/469 ");
  output->write("[=>]\n");

  EXPECT_EQ(testing::internal::GetCapturedStderr(), "12/469 [=>]\n");
  EXPECT_FALSE(output->is_terminal());
}

}  // namespace
}  // namespace carnyx
