// What the program says to wrong, hostile and impossible input, and what it leaves untouched.
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <unistd.h>

#include "carnyx/base/file_lock.h"
#include "carnyx/base/files.h"
#include "carnyx/base/json.h"

#include "tests/integration/command_line.h"

namespace carnyx {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Refusals : public CommandLine {};

TEST_F(Refusals, NamesTheLastCheckpointWhenTheDiskIsFullAtTheVeryEnd) {
  ASSERT_EQ(train({}).status, 0);
  const std::string job = job_.path() + "/job";
  remove_all(job + "/model.keras");

  // Of a run with nothing left to train, job.yaml is the first file and the model the second.
  const test::Outcome full = train({}, {{"CARNYX_FAILPOINTS", "files.open=enospc@2"}});
  const test::Outcome again = train({});

  EXPECT_EQ(full.status, 1);
  EXPECT_THAT(full.err, HasSubstr(job + "/model.keras: cannot create: No space left on device"));
  EXPECT_THAT(full.err, HasSubstr("the last checkpoint is " + job + "/checkpoints/step-00000008;"));
  EXPECT_THAT(full.err, HasSubstr("the same command goes on from there"));
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_TRUE(exists(job + "/model.keras"));
}

TEST_F(Refusals, OutlivesALimitOfFileSizesAndNamesIt) {
  const std::string job = job_.path() + "/job";
  const std::string command = "ulimit -f 64; " + std::string(CARNYX_PROGRAM) +
                              " train mnist_mlp --epochs 1 --no-tensorboard --data-dir " +
                              data_->path() + " --job-dir " + job + " 2> " + job_.path() + "/err";

  const int status = std::system(command.c_str());

  EXPECT_EQ(WEXITSTATUS(status), 1);
  const std::string error = read_file(job_.path() + "/err", 1 << 16);
  EXPECT_THAT(error, HasSubstr("model.keras: cannot write: File too large; raise the file size"));
  EXPECT_THAT(error, HasSubstr("there is no checkpoint to go on from"));
}

TEST_F(Refusals, KeepsASecondJobOutOfAJobDirectory) {
  const std::string job = job_.path() + "/job";
  create_directories(job);
  auto lock = FileLock::try_lock(job + "/.lock");
  ASSERT_TRUE(lock.has_value());

  const test::Outcome second = train({"--overwrite"});
  lock.reset();
  const test::Outcome after = train({});

  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(
      second.err,
      HasSubstr("another job is running in it (pid " + std::to_string(::getpid()) + " on "));
  EXPECT_THAT(second.err, HasSubstr("choose another --job-dir"));
  EXPECT_EQ(after.status, 0) << after.err;
}

TEST_F(Refusals, ReportsOnAJobThatIsRunningAgain) {
  ASSERT_EQ(train({}).status, 0);
  const auto running = FileLock::try_lock(job_.path() + "/job/.lock");

  EXPECT_EQ(run({"report", job_.path() + "/job"}).status, 0);
}

TEST_F(Refusals, WarnsAndGoesOnWhereTheFileSystemHasNoLocks) {
  const test::Outcome outcome = train({}, {{"CARNYX_FAILPOINTS", "file_lock.lock=enolck"}});

  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("this file system has no locks"));
}

TEST_F(Refusals, RefusesValuesByTheirFlagsBeforeItReadsOrWritesAnything) {
  const std::vector<std::vector<std::string>> wrong = {{"--epochs", "-1"},
                                                       {"--batch-size", "-1"},
                                                       {"--keep-checkpoints", "0"},
                                                       {"--verbose", "7"},
                                                       {"--checkpoint-every-steps", "-5"},
                                                       {"--histogram-freq", "-1"},
                                                       {"--steps-per-epoch", "-2"},
                                                       {"--seed", "-1"},
                                                       {"--threads", "-1"},
                                                       {"--threads", "5000"},
                                                       {"--learning-rate", "nan"},
                                                       {"--learning-rate", "0"},
                                                       {"--precision", "float64"},
                                                       {"--isa", "avx3"},
                                                       {"--batch-size", "99999999999999999"}};
  for (const auto& flag : wrong) {
    for (const std::string more : {"--json", "--dry-run"}) {
      std::vector<std::string> arguments = {"--data-dir", "/nowhere", more};
      arguments.insert(arguments.end(), flag.begin(), flag.end());

      const test::Outcome outcome = train(arguments);

      EXPECT_EQ(outcome.status, 2) << flag[0] << ": " << outcome.err;
      EXPECT_THAT(outcome.err, HasSubstr("carnyx: error: " + flag[0])) << flag[1];
      EXPECT_FALSE(exists(job_.path() + "/job")) << flag[0];
    }
  }
}

TEST_F(Refusals, LeaveNoTraceOfAJobThatFailedBeforeItBegan) {
  const std::string above = job_.path() + "/new";

  const test::Outcome outcome =
      run({"train", "mnist_mlp", "--data-dir", "/nowhere", "--job-dir", above + "/job"});

  EXPECT_EQ(outcome.status, 3) << outcome.err;
  EXPECT_FALSE(exists(above));
}

TEST_F(Refusals, LeaveAFolderThatWasThereAsItWas) {
  create_directories(job_.path() + "/job");

  const test::Outcome outcome = train({"--data-dir", "/nowhere"});

  EXPECT_EQ(outcome.status, 3) << outcome.err;
  EXPECT_TRUE(exists(job_.path() + "/job"));
  EXPECT_FALSE(exists(job_.path() + "/job/.lock"));
}

TEST_F(Refusals, OfAFileAsTheJobDirectoryHaveTheStatusOfUsage) {
  const std::string file = job_.path() + "/file";
  write_file_atomically(file, "precious");
  for (const std::string& path : {file, file + "/below/it"}) {
    for (const std::string more : {"--overwrite", "--dry-run"}) {
      const test::Outcome outcome =
          run({"train", "mnist_mlp", "--data-dir", data_->path(), "--job-dir", path, more});

      EXPECT_EQ(outcome.status, 2) << path;
      EXPECT_THAT(outcome.err,
                  AllOf(HasSubstr(path + ": expected a folder"), HasSubstr("--job-dir")));
    }
  }
  EXPECT_EQ(read_file(file, 100), "precious");
}

TEST_F(Refusals, OfAddressesNameTheFlagAndMakeNoFolder) {
  for (const std::string trainer : {"mnist_mlp", "uai_mnist"}) {
    for (const std::string flag : {"--job-dir", "--data-dir"}) {
      for (const std::string address : {"gs://bucket/job", "hdfs://node:8020/job"}) {
        const test::Outcome outcome =
            test::run_program({.arguments = {"train", trainer, flag, address},
                               .environment = {},
                               .directory = job_.path()});

        EXPECT_EQ(outcome.status, 2) << flag;
        EXPECT_THAT(outcome.err,
                    AllOf(HasSubstr(flag + ": expected a path of this machine"),
                          HasSubstr(address),
                          HasSubstr("mount them")));
        EXPECT_FALSE(exists(job_.path() + "/" + address.substr(0, 3)));
        EXPECT_FALSE(exists(job_.path() + "/runs"));
      }
    }
  }
}

TEST_F(Refusals, OfAddressesComeFromTheTrainersOwnFlagsToo) {
  for (const std::string flag : {"--train-file", "--model", "--logdir", "--export-dir"}) {
    const test::Outcome outcome = train({flag, "hdfs://node/place"});

    EXPECT_EQ(outcome.status, 2) << flag;
    EXPECT_THAT(outcome.err, HasSubstr("carnyx: error: " + flag + ": expected a path"));
  }
}

TEST_F(Refusals, SaysThatTheDataHasFewerStepsThanAskedFor) {
  const test::Outcome outcome = train({"--steps-per-epoch", "1000000", "--epochs", "1"});
  const test::Outcome plan = train({"--steps-per-epoch", "1000000", "--dry-run"});

  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("the data has fewer steps than asked for"));
  EXPECT_EQ(Json::parse(plan.out, "stdout").at("steps_per_epoch").as_int(), 4);
  EXPECT_THAT(plan.err, HasSubstr("the data has fewer steps"));
}

TEST_F(Refusals, OfFilesThatAreNoModelHaveTheStatusOfBadInput) {
  const std::string images = data_->path() + "/t10k-images-idx3-ubyte";
  for (const std::string& model : {data_->path(), std::string("/dev/null"), images}) {
    for (const std::string command : {"summary", "evaluate", "predict"}) {
      std::vector<std::string> arguments = {command, model};
      if (command == "predict") arguments.push_back(images);

      const test::Outcome outcome = run(arguments);

      EXPECT_EQ(outcome.status, 3) << command << " " << model << ": " << outcome.err;
      EXPECT_THAT(outcome.err,
                  AllOf(HasSubstr(model + ": expected a "), Not(HasSubstr("trainer"))));
    }
  }
}

TEST_F(Refusals, OfSamplesHaveTheStatusOfBadInput) {
  ASSERT_EQ(train({"--epochs", "1", "--steps-per-epoch", "1"}).status, 0);
  const std::string model = job_.path() + "/job/model.keras";

  const test::Outcome labels = run({"predict", model, data_->path() + "/t10k-labels-idx1-ubyte"});
  const test::Outcome folder = run({"predict", model, job_.path()});

  EXPECT_EQ(labels.status, 3);
  EXPECT_THAT(labels.err, HasSubstr("expected an IDX file of images"));
  EXPECT_EQ(folder.status, 3);
  EXPECT_THAT(folder.err, HasSubstr(job_.path() + ": no data set; expected MNIST's four"));
}

TEST_F(Refusals, OfDataSayWhetherItIsMissingOrEmpty) {
  const std::string empty = job_.path() + "/empty";
  write_file_atomically(empty, "");

  const test::Outcome missing = run({"data", "inspect", "/nowhere/data"});
  const test::Outcome nothing = run({"data", "inspect", empty});

  EXPECT_EQ(missing.status, 3);
  EXPECT_THAT(missing.err, HasSubstr("/nowhere/data: no such file or folder"));
  EXPECT_EQ(nothing.status, 3);
  EXPECT_THAT(nothing.err, HasSubstr(empty + ": an empty file"));
}

TEST_F(Refusals, OfAHugeFileWithoutLinesComeAtOnce) {
  const std::string path = job_.path() + "/huge.json";
  write_file_atomically(path, "{");
  ASSERT_EQ(::truncate(path.c_str(), off_t{64} << 30), 0);  // minutes, if it were read

  const test::Outcome outcome = run({"data", "inspect", path});

  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr(path + ": no data set"));
}

TEST_F(Refusals, OfATableWithAnEndlessRowComeAtOnce) {
  for (const std::string head : {"1,2,3\n4,5,6", "a,b,kind\n1,2,3\n4"}) {
    const std::string path = job_.path() + "/huge.csv";
    write_file_atomically(path, head);
    ASSERT_EQ(::truncate(path.c_str(), off_t{64} << 30), 0);  // minutes, if it were read

    const test::Outcome outcome =
        run({"train", "classify", "--data", path, "--job-dir", job_.path() + "/job"});

    EXPECT_EQ(outcome.status, 3);
    EXPECT_THAT(outcome.err, HasSubstr(path + ": line "));
    EXPECT_THAT(outcome.err, HasSubstr("expected a row of at most 67108864 bytes"));
  }
}

TEST_F(Refusals, ListUnknownArgumentsAsTheyWereTyped) {
  const test::Outcome outcome = run({"doctor", "one", "two", "--three"});

  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("unknown arguments: one two --three"));
}

TEST_F(Refusals, NameNoFlagThatTheCommandLacks) {
  ASSERT_EQ(train({"--epochs", "1", "--steps-per-epoch", "1"}).status, 0);

  const test::Outcome outcome =
      test::run_program({.arguments = {"convert", job_.path() + "/job/model.keras", "out.keras"},
                         .environment = {{"CARNYX_FAILPOINTS", "files.write=enospc"}},
                         .directory = job_.path()});

  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("free space"), Not(HasSubstr("--job-dir"))));
}

TEST_F(Refusals, OfNumbersNameTheFlagInEveryCommand) {
  for (const std::string command : {"evaluate", "predict"}) {
    for (const std::string flag : {"--batch-size", "--threads"}) {
      std::vector<std::string> arguments = {command, "m.keras", flag, "-1"};
      if (command == "predict") arguments.push_back("x");

      const test::Outcome outcome = run(arguments);

      EXPECT_EQ(outcome.status, 2) << command;
      EXPECT_THAT(outcome.err, HasSubstr(flag + ": Value -1 not in range")) << command;
    }
  }
}

TEST_F(Refusals, OfEveryMirrorAreOneLine) {
  const std::vector<std::string> arguments = {"data",
                                              "fetch",
                                              "mnist",
                                              "--output",
                                              job_.path(),
                                              "--mirror",
                                              "file:///nowhere/a",
                                              "--mirror",
                                              "file:///nowhere/b"};

  const test::Outcome outcome = run(arguments);

  EXPECT_EQ(outcome.status, 75) << outcome.err;
  const std::string error = outcome.err.substr(outcome.err.find("carnyx: error: "));
  EXPECT_EQ(error.find('\n'), error.size() - 1) << error;
  EXPECT_THAT(error, AllOf(HasSubstr("/nowhere/a/"), HasSubstr("; file:///nowhere/b/")));
}

TEST_F(Refusals, OfAHugeRecordNameItsLimitAndItsSize) {
  ASSERT_EQ(train({}).status, 0);
  const std::string history = job_.path() + "/job/history.csv";
  ASSERT_EQ(::truncate(history.c_str(), off_t{10} << 30), 0);

  const test::Outcome outcome = run({"report", job_.path() + "/job"});

  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr(history + ": expected at most "), HasSubstr("found 10737418240")));
}

}  // namespace
}  // namespace carnyx
