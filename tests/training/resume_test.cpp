// A run that is interrupted anywhere and goes on ends as one that never was.
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/kernels/isa.h"

#include "tests/training/recorder.h"
#include "tests/training/step_runs.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kResumedSteps = 10;  // two epochs of five, the last batch of three rows

Model model_to_resume(std::uint64_t seed = 1, AnyOptimizer optimizer = Adam({})) {
  Model model(Network({Dense({.units = 12, .activation = Activation::Relu, .input_shape = {{6}}}),
                       Dropout({.rate = 0.25}),
                       Dense({.units = 3, .activation = Activation::Softmax})}),
              {.seed = seed, .threads = 2});
  model.compile({.optimizer = std::move(optimizer), .metrics = {Accuracy({})}});
  return model;
}

FitOptions options(const CheckpointPolicy& policy, std::int64_t throw_after = -1) {
  return {.batch_size = 8,
          .epochs = 2,
          .validation_split = 0.1,
          .callbacks = {std::make_shared<Recorder>(1, throw_after)},
          .checkpoint = policy};
}

Dataset data() {
  return blobs(39, 6, 3);
}

void expect_same_states(Model& got, Model& wanted) {
  for (const auto& entry : wanted.states().entries()) {
    EXPECT_EQ(numbers_of(got.weight(entry.spec.name)), numbers_of(wanted.weight(entry.spec.name)))
        << entry.spec.name;
  }
  EXPECT_EQ(got.iterations(), wanted.iterations());
}

class ResumeAfter : public testing::TestWithParam<std::tuple<std::int64_t, std::int64_t>> {};

TEST_P(ResumeAfter, AnInterruptionAtAnyStepEndsInTheSameBits) {
  const auto [every_steps, step] = GetParam();
  Model whole = model_to_resume();
  const History wanted = whole.fit(data(), options({}));
  ASSERT_EQ(whole.iterations(), kResumedSteps);
  const TemporaryDirectory directory;
  const CheckpointPolicy policy{.directory = directory.path(), .every_steps = every_steps};
  Model interrupted = model_to_resume();
  ASSERT_THROW(interrupted.fit(data(), options(policy, step)), Interruption);

  Model resumed = model_to_resume();
  const History history = resumed.fit(data(), options(policy));

  EXPECT_EQ(history.epochs, wanted.epochs);
  expect_same_states(resumed, whole);
}
INSTANTIATE_TEST_SUITE_P(Steps,
                         ResumeAfter,
                         testing::Combine(testing::Values(0, 1, 3),
                                          testing::Range<std::int64_t>(1, kResumedSteps + 1)));

/// What is said when the run is interrupted on one instruction set, and resumed on another.
std::string said_by_resume(const std::string& isa, const std::string& resumed_isa) {
  const TemporaryDirectory directory;
  const CheckpointPolicy policy{.directory = directory.path(), .every_steps = 2};
  kernels::select_isa(isa);
  Model interrupted = model_to_resume();
  EXPECT_THROW(interrupted.fit(data(), options(policy, 5)), Interruption);
  kernels::select_isa(resumed_isa);
  Model resumed = model_to_resume();
  testing::internal::CaptureStderr();
  resumed.fit(data(), options(policy));
  std::string said = testing::internal::GetCapturedStderr();
  kernels::select_isa("auto");
  EXPECT_EQ(resumed.iterations(), kResumedSteps);
  return said;
}

TEST(Resume, OnAnotherKernelSetSaysThatBitsMayDiffer) {
  const std::string best(kernels::name_of(kernels::selected_isa()));
  EXPECT_THAT(said_by_resume(best, best), Not(HasSubstr("last bits")));
  if (best == "baseline") GTEST_SKIP() << "this machine has no other";
  EXPECT_THAT(said_by_resume("baseline", best),
              HasSubstr("resumed on another kernel set: results may differ in their last bits "
                        "checkpoint=baseline now=" +
                        best));
}

TEST(Resume, GoesOnWithScheduleAveragesAndGatheredGradients) {
  const auto make = [] {
    const CosineDecay rate({.initial_learning_rate = 0.05, .decay_steps = 12});
    return model_to_resume(1,
                           Adam({.learning_rate = rate},
                                {.clipnorm = 0.5,
                                 .use_ema = true,
                                 .ema_momentum = 0.75,
                                 .gradient_accumulation_steps = 3}));
  };
  Model whole = make();
  const History wanted = whole.fit(data(), options({}));
  for (const std::int64_t step : {2, 4, 7, 8}) {
    const TemporaryDirectory directory;
    const CheckpointPolicy policy{.directory = directory.path(), .every_steps = 1};
    Model interrupted = make();
    ASSERT_THROW(interrupted.fit(data(), options(policy, step)), Interruption);

    Model resumed = make();
    const History history = resumed.fit(data(), options(policy));

    EXPECT_EQ(history.epochs, wanted.epochs);
    expect_same_states(resumed, whole);
    EXPECT_EQ(resumed.learning_rate(), whole.learning_rate());
  }
}

TEST(Resume, OfAFinishedRunTrainsNoFurther) {
  const TemporaryDirectory directory;
  Model model = model_to_resume();
  const History first = model.fit(data(), options({.directory = directory.path()}));
  Model again = model_to_resume();

  const History second = again.fit(data(), options({.directory = directory.path()}));

  EXPECT_EQ(second.epochs, first.epochs);
  expect_same_states(again, model);
}

TEST(Resume, GoesOnForMoreEpochs) {
  const TemporaryDirectory directory;
  FitOptions longer = options({.directory = directory.path()});
  longer.epochs = 3;
  Model whole = model_to_resume();
  FitOptions uninterrupted = options({});
  uninterrupted.epochs = 3;
  const History wanted = whole.fit(data(), uninterrupted);
  Model model = model_to_resume();
  model.fit(data(), options({.directory = directory.path()}));

  Model resumed = model_to_resume();
  const History history = resumed.fit(data(), longer);

  EXPECT_EQ(history.epochs, wanted.epochs);
  expect_same_states(resumed, whole);
}

TEST(Resume, BeginsAnewWhenToldTo) {
  const TemporaryDirectory directory;
  Model model = model_to_resume();
  model.fit(data(), options({.directory = directory.path()}));
  Model again = model_to_resume();
  const auto recorder = std::make_shared<Recorder>(1);
  FitOptions anew = options({.directory = directory.path(), .resume = false});
  anew.callbacks = {recorder};

  again.fit(data(), anew);

  EXPECT_EQ(recorder->losses.size(), kResumedSteps);
  expect_same_states(again, model);
}

/// What is said when a run goes on that `model` did not begin.
void expect_refused(Model other, const Dataset& rows, const std::string& message) {
  const TemporaryDirectory directory;
  Model model = model_to_resume();
  model.fit(data(), options({.directory = directory.path()}));
  EXPECT_THAT([&] { other.fit(rows, options({.directory = directory.path()})); },
              testing::ThrowsMessage<InvalidArgument>(HasSubstr(message)));
}

TEST(Resume, RefusesTheCheckpointOfAnotherRun) {
  Dataset others = blobs(39, 6, 3);
  others.x.data<float>()[0] += 1;
  others.name = "others";
  Model judged_otherwise = model_to_resume();
  judged_otherwise.compile({.optimizer = Adam({}),
                            .loss = CategoricalCrossentropy({.from_logits = true}),
                            .metrics = {Accuracy({})}});

  expect_refused(model_to_resume(2), data(), "seed 1, this one has 2");
  expect_refused(model_to_resume(), others, "on other data, this one is on others");
  expect_refused(model_to_resume(1, Adam({.learning_rate = 0.5})),
                 data(),
                 "optimizer.config.learning_rate 0.001, this one has 0.5");
  expect_refused(model_to_resume(1, SGD({})), data(), "optimizer.class_name \"Adam\"");
  expect_refused(std::move(judged_otherwise), data(), "loss.config.from_logits");
}

}  // namespace
}  // namespace carnyx
