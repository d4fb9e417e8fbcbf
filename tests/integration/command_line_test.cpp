// The program from outside: streams, exit statuses, texts, files.
#include "tests/integration/command_line.h"

#include <csignal>
#include <cstdlib>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/files.h"
#include "carnyx/base/json.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST_F(CommandLine, PutsResultsOnStdoutAndProgressOnStderr) {
  const test::Outcome outcome = train({});

  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("Test loss: "));
  EXPECT_THAT(outcome.out, HasSubstr("\nTest accuracy: "));
  EXPECT_THAT(outcome.err, HasSubstr("Epoch 2/2"));
  for (const std::string file :
       {"job.yaml", "history.csv", "model.keras", "report.html", "events/train"}) {
    EXPECT_TRUE(exists(job_.path() + "/job/" + file)) << file;
  }
}

TEST_F(CommandLine, PrintsOneJsonObjectWhenAsked) {
  const test::Outcome outcome = train({"--json"});

  const Json result = Json::parse(outcome.out, "stdout");
  EXPECT_EQ(result.at("schema").as_int(), 1);
  EXPECT_EQ(result.at("history").size(), 2U);
}

TEST_F(CommandLine, TakesEverySpellingOfAFlagAndTheLastOneWins) {
  const test::Outcome outcome =
      train({"--batch_size=64", "-batch-size", "50", "--nofuse-updates", "--dry-run"});

  const Json plan = Json::parse(outcome.out, "stdout");
  EXPECT_EQ(plan.at("global_batch_size").as_int(), 50);
  EXPECT_EQ(plan.at("steps_per_epoch").as_int(), 10);
  EXPECT_FALSE(plan.at("options").at("fuse_updates").as_bool());
  EXPECT_FALSE(exists(job_.path() + "/job"));
}

TEST_F(CommandLine, NamesTheNearestCommandTrainerAndFlag) {
  EXPECT_THAT(run({"trian"}).err, HasSubstr("did you mean 'train'?"));
  EXPECT_THAT(run({"train", "mnist_mpl"}).err, HasSubstr("did you mean 'mnist_mlp'?"));
  const test::Outcome outcome = train({"--epoch", "3"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean '--epochs'?"));
}

TEST_F(CommandLine, SaysByItsStatusWhatKindOfFailureItWas) {
  EXPECT_EQ(run({"train", "mnist_mlp", "--data-dir", "/nowhere", "--job-dir", job_.path()}).status,
            3);
  EXPECT_EQ(run({"evaluate", "/nowhere/model.keras"}).status, 3);
  EXPECT_EQ(train({"--precision", "float16"}).status, 2);
  EXPECT_EQ(train({"--isa", "mmx"}).status, 2);
  EXPECT_EQ(train({"--batch-size", "-1"}).status, 2);
  EXPECT_EQ(run({"--help"}).status, 0);
  EXPECT_EQ(run({"train", "--help"}).status, 0);
}

TEST_F(CommandLine, GoesOnWithMoreEpochsFromAFinishedRun) {
  ASSERT_EQ(train({}).status, 0);

  const test::Outcome outcome = train({"--epochs", "3"});

  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("resumed"));
  EXPECT_THAT(outcome.err, HasSubstr("Epoch 3/3"));
  EXPECT_THAT(outcome.err, testing::Not(HasSubstr("Epoch 2/3")));
}

TEST_F(CommandLine, RefusesToMixTwoRunsInOneFolder) {
  ASSERT_EQ(train({}).status, 0);
  const std::string description = read_file(job_.path() + "/job/job.yaml", 1 << 16);

  const test::Outcome other = train({"--seed", "2"});
  EXPECT_EQ(read_file(job_.path() + "/job/job.yaml", 1 << 16), description);
  const test::Outcome replaced = train({"--seed", "2", "--overwrite"});

  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.err, HasSubstr("seed"));
  EXPECT_THAT(other.err, HasSubstr("--overwrite"));
  EXPECT_EQ(replaced.status, 0) << replaced.err;
}

TEST_F(CommandLine, OverwritesNothingBeforeTheNewRunCanBegin) {
  ASSERT_EQ(train({}).status, 0);

  const test::Outcome failed = train({"--overwrite", "--data-dir", "/nowhere"});
  const test::Outcome again = train({});

  EXPECT_EQ(failed.status, 3) << failed.err;
  EXPECT_TRUE(exists(job_.path() + "/job/model.keras"));
  EXPECT_THAT(again.err, HasSubstr("resumed"));
  EXPECT_THAT(again.err, testing::Not(HasSubstr("Epoch 1/2")));
}

TEST_F(CommandLine, FetchesIntoTheFolderThatIsNamed) {
  const std::string place = job_.path() + "/mnist";
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--stream"}}) {
    std::vector<std::string> arguments = {"--fetch", "--data-dir", place};
    arguments.insert(arguments.end(), more.begin(), more.end());

    const test::Outcome outcome =
        train(arguments, {{"CARNYX_MIRROR", "file://" + job_.path() + "/none"}});

    EXPECT_EQ(outcome.status, 3) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("MNIST could not be fetched"));
    EXPECT_THAT(outcome.err, HasSubstr(place));
  }
}

TEST_F(CommandLine, KeepsTheOldCheckpointAndSaysSoWhenTheDiskIsFull) {
  ASSERT_EQ(train({"--epochs", "1"}).status, 0);
  const std::string checkpoint = job_.path() + "/job/checkpoints/step-00000004";
  ASSERT_TRUE(exists(checkpoint));

  const test::Outcome outcome = train({}, {{"CARNYX_FAILPOINTS", "checkpoint.tensors=enospc"}});

  EXPECT_THAT(outcome.err, HasSubstr("checkpoint not written, the one before it stays"));
  EXPECT_THAT(outcome.err, HasSubstr("No space left on device"));
  EXPECT_TRUE(exists(checkpoint));
}

TEST_F(CommandLine, TrainsOnSyntheticDigitsWhereThereIsNoMnistAndSaysSo) {
  const test::Outcome outcome = test::run_program(
      {.arguments = {"train", "mnist_mlp", "--epochs", "1", "--steps-per-epoch", "3"},
       .environment = {{"CARNYX_DATA", job_.path()}, {"XDG_CACHE_HOME", job_.path()}},
       .directory = job_.path()});

  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("synthetic digits"));
}

TEST_F(CommandLine, ConvertsEvaluatesAndPredictsWhatItTrained) {
  ASSERT_EQ(train({}).status, 0);
  const std::string model = job_.path() + "/job/model.keras";
  const std::string weights = job_.path() + "/w.weights.h5";
  const std::string again = job_.path() + "/again.keras";

  ASSERT_EQ(run({"convert", model, weights}).status, 0);
  ASSERT_EQ(run({"convert", weights, again, "--network", "mnist_mlp"}).status, 0);
  const test::Outcome first = run({"evaluate", model, "--data", data_->path()});
  const test::Outcome second = run({"evaluate", again, "--data", data_->path()});
  const test::Outcome guesses = run({"predict", again, data_->path() + "/t10k-images-idx3-ubyte"});

  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(first.out, second.out);
  EXPECT_EQ(std::count(guesses.out.begin(), guesses.out.end(), '\n'), 101);
  EXPECT_EQ(run({"convert", model, weights}).status, 2);  // it exists
}

TEST_F(CommandLine, ConvertsToAWholeModelInHdf5AndBack) {
  ASSERT_EQ(train({"--epochs", "1", "--steps-per-epoch", "2"}).status, 0);
  const std::string model = job_.path() + "/job/model.keras";
  const std::string h5 = job_.path() + "/m.h5";
  const std::string old = job_.path() + "/old.h5";
  const std::string again = job_.path() + "/again.keras";

  ASSERT_EQ(run({"convert", model, h5}).status, 0);
  ASSERT_EQ(run({"convert", h5, again}).status, 0);
  ASSERT_EQ(run({"convert", h5, old, "--keras-compat", "2.0"}).status, 0);
  const test::Outcome first = run({"evaluate", model, "--data", data_->path()});

  for (const std::string& file : {h5, old, again}) {
    const test::Outcome outcome = run({"evaluate", file, "--data", data_->path()});
    EXPECT_EQ(outcome.out, first.out) << file << outcome.err;
  }
  EXPECT_EQ(run({"summary", h5}).out, run({"summary", model}).out);
  EXPECT_EQ(run({"predict", h5, data_->path() + "/t10k-images-idx3-ubyte"}).status, 0);
  EXPECT_EQ(run({"convert", h5, again + "2.keras", "--keras-compat", "2.0"}).status, 2);
  EXPECT_THAT(run({"convert", h5, old + "2.h5", "--keras-compat", "1"}).err,
              HasSubstr("known: current, 2.0"));
}

TEST_F(CommandLine, PredictsNothingFromNothing) {
  ASSERT_EQ(train({"--epochs", "1", "--steps-per-epoch", "1"}).status, 0);
  const std::string model = job_.path() + "/job/model.keras";
  const std::string empty = job_.path() + "/empty";
  using namespace std::string_literals;
  write_file_atomically(empty, "\0\0\x08\x03\0\0\0\0\0\0\0\x1c\0\0\0\x1c"s);

  const test::Outcome outcome = run({"predict", model, empty});

  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("a file of none"));
  const std::string images = data_->path() + "/t10k-images-idx3-ubyte";
  EXPECT_EQ(run({"predict", model, images, "--divisor", "0"}).status, 2);
  EXPECT_EQ(run({"predict", model, images, "--divisor", "nan"}).status, 2);
  EXPECT_EQ(run({"predict", model, images, "--limit", "-5"}).status, 2);
}

TEST_F(CommandLine, SaysSoWhenItsResultsCannotBeWritten) {
  const std::string command =
      std::string(CARNYX_PROGRAM) + " summary mnist_mlp > /dev/full 2> " + job_.path() + "/err";

  const int status = std::system(command.c_str());

  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_THAT(read_file(job_.path() + "/err", 1 << 16), HasSubstr("could not be written"));
}

TEST_F(CommandLine, EndsQuietlyWhenTheReaderOfItsResultsHasLeft) {
  const test::Outcome outcome =
      test::run_program({.arguments = {"summary", "mnist_mlp"}, .reader_left = true});

  EXPECT_EQ(outcome.status, 128 + SIGPIPE);
  EXPECT_EQ(outcome.err, "");
}

TEST_F(CommandLine, EvaluatesOnNoOtherDataThanAskedFor) {
  ASSERT_EQ(train({"--epochs", "1", "--steps-per-epoch", "1"}).status, 0);
  const std::string model = job_.path() + "/job/model.keras";

  const test::Outcome outcome = test::run_program(
      {.arguments = {"evaluate", model},
       .environment = {{"HOME", job_.path()}, {"XDG_CACHE_HOME", job_.path()}, {"CARNYX_DATA", ""}},
       .directory = job_.path()});

  EXPECT_EQ(outcome.status, 3) << outcome.out;
  EXPECT_EQ(run({"evaluate", model, "--synthetic"}).status, 0);
}

TEST_F(CommandLine, ConvertsADataSetWithTheSetUpToolsFlagsAndTrainsOnIt) {
  const std::string csv = job_.path() + "/csv";
  const test::Outcome converted = run({"data",
                                       "convert",
                                       data_->path(),
                                       "--output",
                                       csv,
                                       "--format",
                                       "csv",
                                       "--num-partitions",
                                       "3",
                                       "--verify"});
  const test::Outcome again = run({"data", "convert", data_->path(), "-o", csv, "-f", "tfr"});
  const test::Outcome trained = train({"--data_dir", csv, "--epochs", "1"});

  EXPECT_EQ(converted.status, 0) << converted.err;
  EXPECT_EQ(converted.out,
            csv + ": 500 samples and 100 test samples as csv, read back and compared\n");
  EXPECT_TRUE(exists(csv + "/train/images/part-00002"));
  EXPECT_EQ(again.status, 2);
  EXPECT_THAT(again.err, HasSubstr("it exists already"));
  EXPECT_EQ(trained.status, 0) << trained.err;
}

TEST_F(CommandLine, TrainsTheSameBitsFromAnyFormat) {
  ASSERT_EQ(train({"--epochs", "1"}).status, 0);
  const std::string expected = read_file(job_.path() + "/job/history.csv", 1 << 20);
  for (const std::string format : {"csv2", "pickle", "tf", "npz"}) {
    const std::string folder = job_.path() + "/" + format;
    ASSERT_EQ(run({"data", "convert", data_->path(), "-o", folder, "-f", format}).status, 0);

    ASSERT_EQ(train({"--data-dir", folder, "--epochs", "1", "--overwrite"}).status, 0) << format;

    EXPECT_EQ(read_file(job_.path() + "/job/history.csv", 1 << 20), expected) << format;
  }
}

TEST_F(CommandLine, ShowsWhatADataSetHolds) {
  const test::Outcome text =
      run({"data", "inspect", data_->path(), "--samples", "1"}, {{"LC_ALL", "C"}});
  const test::Outcome drawn =
      run({"data", "inspect", data_->path(), "--samples", "1"}, {{"LC_ALL", "C.UTF-8"}});
  const Json json = Json::parse(run({"data", "inspect", data_->path(), "--json"}).out, "stdout");

  EXPECT_THAT(text.out, HasSubstr("train  500 samples of uint8 (28, 28), values 0 to 255"));
  EXPECT_THAT(text.out, HasSubstr("#"));
  EXPECT_THAT(drawn.out, HasSubstr("\u2588"));
  EXPECT_EQ(json.at("format").as_string(), "idx");
  EXPECT_EQ(json.at("parts").at("test").at("samples").as_int(), 100);
  EXPECT_EQ(json.at("parts").at("train").at("class_counts").size(), 10U);
}

TEST_F(CommandLine, DrawsPixelsInTheColoursThatTheTerminalHas) {
  const std::string dark_above_dark = ";2;0;0;0;48;2;0;0;0m\u2580";
  std::map<std::string, std::string> terminal = {
      {"LC_ALL", "C.UTF-8"}, {"CLICOLOR_FORCE", "1"}, {"COLORTERM", "truecolor"}};
  const std::vector<std::string> inspect = {"data", "inspect", data_->path(), "--samples", "1"};
  const test::Outcome rgb = run(inspect, terminal);
  terminal["COLORTERM"] = "";
  const test::Outcome palette = run(inspect, terminal);
  terminal["NO_COLOR"] = "1";
  const test::Outcome shades = run(inspect, terminal);

  EXPECT_THAT(rgb.out, HasSubstr("\033[38" + dark_above_dark));
  EXPECT_THAT(rgb.out, HasSubstr("\033[0m\n"));
  EXPECT_THAT(palette.out, HasSubstr("\033[38;5;16;48;5;16m\u2580"));
  EXPECT_THAT(shades.out, testing::Not(HasSubstr("\033")));
}

TEST_F(CommandLine, ShowsTheColumnsOfATable) {
  const std::string path = job_.path() + "/people.csv";
  write_file_atomically(path, "age,colour,kind\n1,red,a\n3,,b\n");

  const test::Outcome outcome = run({"data", "inspect", path});

  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("number, mean 2, deviation 1\n"));
  EXPECT_THAT(outcome.out, HasSubstr("1 categories: red, 1 missing"));
}

TEST_F(CommandLine, RefusesAPickleThatWouldRunCode) {
  const test::Outcome outcome =
      run({"data", "inspect", CARNYX_SOURCE_DIR "/tests/golden/data/asks_for_system.pkl"});

  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("posix.system"));
}

TEST_F(CommandLine, WritesTheSameReportAnewFromWhatTheJobLeft) {
  ASSERT_EQ(train({}).status, 0);
  const std::string job = job_.path() + "/job";
  const std::string report = read_file(job + "/report.html", 10 << 20);
  remove_all(job + "/report.html");

  const test::Outcome again = run({"report", job});
  const test::Outcome without_a_job = run({"report", job_.path()});

  EXPECT_EQ(again.out, "Report: " + job + "/report.html\n") << again.err;
  EXPECT_EQ(read_file(job + "/report.html", 10 << 20), report);
  EXPECT_EQ(without_a_job.status, 3);
  EXPECT_THAT(without_a_job.err, HasSubstr("a report needs a job that has ended"));
}

TEST_F(CommandLine, WritesNoReportAboutOtherData) {
  const std::map<std::string, std::string> nowhere = {{"CARNYX_DATA", job_.path()},
                                                      {"XDG_CACHE_HOME", job_.path()}};
  const auto run_there = [&](std::vector<std::string> arguments,
                             std::map<std::string, std::string> environment) {
    return test::run_program({.arguments = std::move(arguments),
                              .environment = std::move(environment),
                              .directory = job_.path()});
  };
  ASSERT_EQ(run_there({"train", "mnist_mlp", "--epochs", "1", "--job-dir", "job"},
                      {{"CARNYX_DATA", data_->path()}})
                .status,
            0);

  const test::Outcome lost = run_there({"report", "job"}, nowhere);
  const test::Outcome found = run_there({"report", "job", "--data-dir", data_->path()}, nowhere);

  EXPECT_EQ(lost.status, 3);
  EXPECT_THAT(lost.err, HasSubstr("here is synthetic digits"));
  EXPECT_EQ(found.status, 0) << found.err;
}

TEST_F(CommandLine, HasEveryNumberOfTheHistoryInItsReport) {
  ASSERT_EQ(train({}).status, 0);
  const std::string report = read_file(job_.path() + "/job/report.html", 10 << 20);
  const std::string history = read_file(job_.path() + "/job/history.csv", 10000);

  std::istringstream lines(history.substr(history.find('\n') + 1));
  int numbers = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line.substr(line.find(',') + 1));
    for (std::string cell; std::getline(cells, cell, ','); ++numbers) {
      EXPECT_THAT(report, HasSubstr("<td>" + cell + "</td>"));
    }
  }
  EXPECT_EQ(numbers, 8);  // two epochs of loss, accuracy and their validation
}

TEST_F(CommandLine, KeepsWhatItMeasuredWhenThereIsNothingLeftToTrain) {
  ASSERT_EQ(train({}).status, 0);
  const std::string path = job_.path() + "/job/logs/run.json";
  const std::string record = read_file(path, 10000);
  const std::string report = read_file(job_.path() + "/job/report.html", 10 << 20);

  ASSERT_EQ(train({}).status, 0);

  EXPECT_EQ(Json::parse(record, path).at("trained_samples").as_int(), 1000);  // two epochs of 500
  EXPECT_EQ(read_file(path, 10000), record);
  EXPECT_EQ(read_file(job_.path() + "/job/report.html", 10 << 20), report);
}

TEST_F(CommandLine, LeavesOutEventsAndReportWhenToldTo) {
  const test::Outcome outcome = train({"--no-tensorboard", "--no-report", "--json"});

  EXPECT_TRUE(Json::parse(outcome.out, "stdout").at("report").is_null());
  EXPECT_FALSE(exists(job_.path() + "/job/report.html"));
  EXPECT_FALSE(exists(job_.path() + "/job/events"));
}

TEST_F(CommandLine, IsHealthyHere) {
  const test::Outcome outcome = run({"doctor", "--json"});

  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_TRUE(Json::parse(outcome.out, "stdout").at("model files").at("ok").as_bool());
}

}  // namespace
}  // namespace carnyx
