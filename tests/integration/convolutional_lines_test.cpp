// What the documents' convolutional programs say, in their order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/temporary_directory.h"

#include "tests/integration/program.h"

namespace carnyx {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ConvolutionalLines : public testing::Test {
 protected:
  /// The program in a folder of its own, with 128 digits to train on and 32 to test with.
  test::Outcome run(std::vector<std::string> arguments, const std::string& tf_config = "") {
    test::write_small_mnist(folder_.path(), 128, 32);
    return test::run_program(
        {.arguments = std::move(arguments),
         .environment = {{"CARNYX_DATA", folder_.path()}, {"TF_CONFIG", tf_config}},
         .directory = folder_.path()});
  }

  TemporaryDirectory folder_;
};

TEST_F(ConvolutionalLines, OfMnistCnnAreTheDocuments) {
  const test::Outcome outcome =
      run({"train", "mnist_cnn", "--epochs", "1", "--log-style", "keras2"});

  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err,
              HasSubstr("x_train shape: (128, 28, 28, 1)\n128 train samples\n32 test samples\n"
                        "Train on 128 samples, validate on 32 samples\nEpoch 1/1\n"));
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("128/128 [=============================="),
                    HasSubstr(" - val_acc: "),
                    Not(HasSubstr("Layer (type)"))));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("Test loss: "), HasSubstr("\nTest accuracy: ")));
}

TEST_F(ConvolutionalLines, OfUaiMnistDistAreAnEstimators) {
  const test::Outcome outcome = run(
      {"train", "uai_mnist_dist", "--max_step=2", "--log-style", "keras2"},
      R"({"cluster": {"master": ["m:1"], "ps": ["m:2"]}, "task": {"type": "master", "index": 0}})");

  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr(R"({"cluster": {"chief": ["m:1"], "ps": ["m:2"]}, )"
                              R"("task": {"type": "chief", "index": 0}})"),
                    HasSubstr("\nINFO:tensorflow:loss = "),
                    HasSubstr(", step = 0\n"),
                    HasSubstr("\nINFO:tensorflow:Loss for final step: "),
                    HasSubstr("\nINFO:tensorflow:Saving dict for global step 2: accuracy = "),
                    Not(HasSubstr("Epoch 1/5"))));
}

TEST_F(ConvolutionalLines, OfAParameterServerSayThatThereIsNothingToDo) {
  const test::Outcome outcome =
      run({"train", "uai_mnist_dist"},
          R"({"cluster": {"master": ["m:1"], "ps": ["m:2"]}, "task": {"type": "ps", "index": 0}})");

  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("there is nothing to do"));
}

TEST_F(ConvolutionalLines, OfUaiMnistDistGoOnToAHigherLimit) {
  const auto train = [&](const std::string& steps) {
    return run({"train",
                "uai_mnist_dist",
                "--max_step=" + steps,
                "--batch-size=32",
                "--job-dir=J",
                "--log-style=keras2"});
  };
  ASSERT_EQ(train("2").status, 0);

  const test::Outcome same = train("2");
  const test::Outcome more = train("6");

  EXPECT_THAT(same.err, HasSubstr("nothing is left to train"));
  EXPECT_EQ(more.status, 0) << more.err;
  EXPECT_THAT(more.err, Not(HasSubstr("nothing is left to train")));
  EXPECT_THAT(more.err, HasSubstr("global step 6: accuracy"));
}

TEST_F(ConvolutionalLines, OfMnistCnnSayThatADownloadFailed) {
  const test::Outcome outcome =
      test::run_program({.arguments = {"train", "mnist_cnn", "--stream"},  // streams need files
                         .environment = {{"CARNYX_DATA", ""},
                                         {"CARNYX_MIRROR", "file://" + folder_.path() + "/none"},
                                         {"XDG_CACHE_HOME", folder_.path() + "/cache"}},
                         .directory = folder_.path()});

  EXPECT_EQ(outcome.status, 3) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("MNIST could not be fetched"));
}

}  // namespace
}  // namespace carnyx
