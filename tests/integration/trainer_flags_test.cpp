// The documents' command lines: one row a flag, with what it does to be seen from outside.
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/files.h"
#include "carnyx/base/json.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/trainers/trainer.h"

#include "tests/integration/program.h"

namespace carnyx {
namespace {

using testing::HasSubstr;

/// A run in a folder of its own, whose data/ holds small MNISTs as mnist.npz, mnist.pkl and CSV.
struct Trial {
  test::Outcome outcome;
  std::string folder;

  [[nodiscard]] bool has(const std::string& path) const { return exists(folder + "/" + path); }
  [[nodiscard]] std::string text(const std::string& path) const {
    return has(path) ? read_file(folder + "/" + path, 1 << 20) : "no " + path;
  }
  [[nodiscard]] Json record(const std::string& job) const {
    const std::string path = job + "/logs/run.json";
    return Json::parse(text(path), path);
  }
};

struct TrainerRow {
  std::string trainer;
  std::string option;  ///< the field that the row is about
  std::vector<std::string> arguments;
  std::function<void(const Trial&)> expect;
};

class TrainerFlags : public testing::TestWithParam<TrainerRow> {
 protected:
  static void SetUpTestSuite() {
    data_ = std::make_unique<TemporaryDirectory>();
    create_directories(data_->path() + "/idx");
    test::write_small_mnist(data_->path() + "/idx", 300, 100);
    for (const std::string format : {"npz", "pickle", "csv"}) {
      convert(format, data_->path() + "/" + format);
    }
    base_history_ = run({"train", "mnist_mlp"}, data_->path()).text("runs/mnist_mlp/history.csv");
  }
  static void TearDownTestSuite() { data_.reset(); }

  static void convert(const std::string& format, const std::string& to) {
    const test::Outcome outcome = test::run_program(
        {.arguments = {"data", "convert", data_->path() + "/idx", "-o", to, "-f", format},
         .environment = {},
         .directory = {}});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }

  static Trial run(std::vector<std::string> arguments, const std::string& folder) {
    return {test::run_program({.arguments = std::move(arguments),
                               .environment = {{"CARNYX_DATA", data_->path() + "/idx"}},
                               .directory = folder}),
            folder};
  }
  /// The row's command in a folder with links to the data.
  Trial run_row(const TrainerRow& row) {
    EXPECT_EQ(std::system(("ln -s " + data_->path() + " " + folder_.path() + "/data").c_str()), 0);
    std::vector<std::string> arguments = {"train", row.trainer};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    return run(std::move(arguments), folder_.path());
  }

 public:
  static std::string base_history_;  ///< of `train mnist_mlp` without any flag

 protected:
  static std::unique_ptr<TemporaryDirectory> data_;
  TemporaryDirectory folder_;
};

std::string TrainerFlags::base_history_;
std::unique_ptr<TemporaryDirectory> TrainerFlags::data_;

void succeeds(const Trial& run) {
  ASSERT_EQ(run.outcome.status, 0) << run.outcome.err;
}

/// Refused before any data is read, with the remedy.
std::function<void(const Trial&)> refused_saying(const std::string& remedy) {
  return [remedy](const Trial& run) {
    EXPECT_EQ(run.outcome.status, 2);
    EXPECT_THAT(run.outcome.err, HasSubstr(remedy));
    EXPECT_FALSE(run.has("runs"));
  };
}

std::function<void(const Trial&)> makes(const std::string& path) {
  return [path](const Trial& run) {
    succeeds(run);
    EXPECT_TRUE(run.has(path)) << path << "\n" << run.outcome.err;
  };
}

/// The curve of a run that is the default one but for this flag.
void changes_the_curve(const Trial& run) {
  succeeds(run);
  EXPECT_NE(run.text("runs/mnist_mlp/history.csv"), TrainerFlags::base_history_);
}

std::function<void(const Trial&)> trains_samples(const std::string& job, std::int64_t samples) {
  return [job, samples](const Trial& run) {
    succeeds(run);
    EXPECT_EQ(run.record(job).at("trained_samples").as_int(), samples);
  };
}

std::function<void(const Trial&)> says(const std::string& text) {
  return [text](const Trial& run) {
    succeeds(run);
    EXPECT_THAT(run.outcome.err, HasSubstr(text));
  };
}

const std::string kImages = "data/csv/train/images";
const std::string kLabels = "data/csv/train/labels";

std::vector<TrainerRow> rows() {
  const std::string mlp = "mnist_mlp";
  const std::string uai = "uai_mnist";
  const std::string dist = "uai_mnist_dist";
  return {
      {mlp, "train_file", {"--train-file", "data/pickle/mnist.pkl"}, makes("model.h5")},
      {mlp, "train_file", {"--train-file=data/npz/mnist.npz"}, says("data/npz/mnist.npz")},
      {mlp,
       "train_file",
       {"--train-file", "data/npz/mnist.npz", "--data-dir", "data/idx"},
       refused_saying("name two data sets: give one")},
      {mlp, "job_dir", {"--job-dir", "./tmp/mnist_mlp"}, makes("tmp/mnist_mlp/model.keras")},
      {mlp, "dropout_one", {"--dropout-one", "0.5"}, changes_the_curve},
      {mlp, "dropout_one", {"--dropout-one", "1.5"}, refused_saying("rate must be in [0, 1)")},
      {mlp, "dropout_two", {"--dropout-two", "0.5"}, changes_the_curve},
      {mlp, "images", {"--images", kImages, "--labels", kLabels}, says("data/csv/train/images")},
      {mlp,
       "images",
       {"--images", kImages},
       refused_saying("--images and --labels belong together")},
      {mlp,
       "labels",
       {"--labels", kLabels},
       refused_saying("--images and --labels belong together")},
      {mlp,
       "model",
       {"--model", "mnist_model", "--epochs", "2"},
       makes("mnist_model/ckpt.02.keras")},
      {mlp, "model", {"--model_dir", "m", "--epochs", "1"}, makes("m/ckpt.01.keras")},
      {mlp, "logdir", {"--logdir", "logs"}, makes("logs/train")},
      {mlp,
       "mode",
       {"--mode", "tf", "--log-style", "keras2"},
       says("args: Namespace(batch_size=100")},
      {mlp, "mode", {"--mode", "spark"}, refused_saying("add --images and --labels")},
      {mlp,
       "mode",
       {"--input_mode", "spark", "--images", kImages, "--labels", kLabels},
       says("no Spark is needed")},
      {mlp, "mode", {"--mode", "sparc"}, refused_saying("did you mean 'spark'?")},
      {mlp, "export_dir", {"--export_dir", "out"}, makes("out/model.keras")},
      {mlp, "cluster_size", {"--cluster_size", "3"}, refused_saying("one process trains here")},
      {mlp, "cluster_size", {"--cluster_size", "1"}, makes("runs/mnist_mlp/model.keras")},
      {mlp, "num_ps", {"--num_ps", "1"}, refused_saying("leave the flag out or give 0")},
      {mlp, "num_ps", {"--num_ps", "0"}, makes("runs/mnist_mlp/model.keras")},
      {mlp, "epochs", {"--epochs", "3"}, trains_samples("runs/mnist_mlp", 900)},
      {mlp,
       "steps_per_epoch",
       {"--steps_per_epoch", "2", "--epochs", "1"},
       trains_samples("runs/mnist_mlp", 256)},
      {mlp,
       "batch_size",
       {"--batch_size", "10", "--steps_per_epoch", "2", "--epochs", "1"},
       trains_samples("runs/mnist_mlp", 20)},
      {mlp, "tensorboard", {"--tensorboard"}, makes("runs/mnist_mlp/events/train")},
      {uai, "data_dir", {"--data_dir", "data/npz"}, says("data/npz/mnist.npz")},
      {uai, "data_dir", {"--data_dir=data/npz/mnist.npz"}, says("data/npz/mnist.npz")},
      {uai, "work_dir", {"--work_dir=w", "--output_dir=o"}, makes("w/o/mnist.h5")},
      {uai,
       "work_dir",
       {"--work_dir=w", "--data_dir=missing"},
       [](const Trial& run) { EXPECT_THAT(run.outcome.err, HasSubstr("w/missing")); }},
      {uai, "output_dir", {"--output_dir=./output"}, makes("output/mnist.h5")},
      {uai, "output_dir", {"--output_dir=./output"}, makes("output/job.yaml")},
      {uai, "output_dir", {"--output_dir=o", "--job-dir=j"}, makes("j/job.yaml")},
      {uai, "log_dir", {"--log_dir=./logs"}, makes("logs/train")},
      {uai, "num_gpus", {"--num_gpus=0"}, makes("runs/uai_mnist/model.keras")},
      {uai, "num_gpus", {"--num_gpus=-1"}, makes("runs/uai_mnist/model.keras")},
      {uai, "num_gpus", {"--num_gpus=1"}, refused_saying("no GPU can be used here")},
      {uai, "max_step", {"--max_step=13"}, trains_samples("runs/uai_mnist", 13 * 30)},
      {dist, "data_dir", {"--data_dir", "data/npz", "--max_step=1"}, says("data/npz/mnist.npz")},
      {dist,
       "work_dir",
       {"--work_dir=w", "--output_dir=o", "--max_step=1"},
       makes("w/o/checkpoints")},
      {dist, "output_dir", {"--output_dir=./output", "--max_step=1"}, makes("output/checkpoints")},
      {dist, "log_dir", {"--log_dir=./logs", "--max_step=1"}, makes("logs/train")},
      {dist, "num_gpus", {"--num_gpus=1"}, refused_saying("no GPU can be used here")},
      {dist, "max_step", {"--max_step=2"}, trains_samples("runs/uai_mnist_dist", 2 * 60)},
  };
}

TEST_P(TrainerFlags, HaveTheirEffect) {
  const Trial run = run_row(GetParam());

  GetParam().expect(run);
}

INSTANTIATE_TEST_SUITE_P(Documents,
                         TrainerFlags,
                         testing::ValuesIn(rows()),
                         [](const testing::TestParamInfo<TrainerRow>& tested) {
                           return tested.param.trainer + "_" + tested.param.option + "_" +
                                  std::to_string(tested.index);
                         });

struct TrainerNames {
  std::set<std::string> names;
  template <class T>
  void operator()(std::string_view name, T&) {
    names.emplace(name);
  }
};

TEST(TrainerFlagsTable, HasARowForEveryOwnFlag) {
  for (const std::string trainer : {"mnist_mlp", "uai_mnist", "uai_mnist_dist"}) {
    TrainerNames own;
    ForEachOption each(own);
    make_trainer(trainer)->visit_options(each);
    for (const TrainerRow& row : rows()) {
      if (row.trainer == trainer) own.names.erase(row.option);
    }
    EXPECT_THAT(own.names, testing::IsEmpty()) << trainer;
  }
}

}  // namespace
}  // namespace carnyx
