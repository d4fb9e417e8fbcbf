// The flags of the ResNet program: one row a flag, with its effect, or with the help that says it
// has none. Most need the plan alone; those that train share small runs.
#include <cstdint>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/failpoint.h"
#include "carnyx/base/files.h"
#include "carnyx/base/json.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/cli/cli.h"
#include "carnyx/trainers/trainer.h"

#include "tests/integration/program.h"

namespace carnyx {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

/// The command line in this process.
Outcome run(const std::vector<std::string>& arguments) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Outcome outcome{.status = run_command_line(arguments)};
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

/// Records of CIFAR-10: a label and 3072 bytes that go with it.
void write_records(const std::string& path, int count, int first_label) {
  std::ofstream file(path, std::ios::binary);
  for (int i = 0; i < count; ++i) {
    const int label = (first_label + i) % 10;
    file.put(static_cast<char>(label));
    for (int byte = 0; byte < 3072; ++byte) file.put(static_cast<char>(byte * (label + 1) % 251));
  }
}

/// 20 pictures to train on and 10 to test with.
void write_small_cifar(const std::string& folder) {
  create_directories(folder);
  for (int i = 1; i <= 5; ++i) {
    write_records(folder + "/data_batch_" + std::to_string(i) + ".bin", 4, i);
  }
  write_records(folder + "/test_batch.bin", 10, 0);
}

class ResnetFlags : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryDirectory>();
    write_small_cifar(folder_->path() + "/cifar");
  }
  static void TearDownTestSuite() { folder_.reset(); }

 public:
  /// A ResNet-8 on batches of 4, into a folder of its own.
  static std::vector<std::string> command(const std::string& job,
                                          const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"train",
                                          "cifar_resnet",
                                          "--resnet_size=8",
                                          "-batch_size",
                                          "4",
                                          "--no-report",
                                          "--no-tensorboard",
                                          "--threads=1"};
    if (!job.empty()) arguments.insert(arguments.end(), {"--job-dir", path(job)});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  static std::string path(const std::string& name) { return folder_->path() + "/" + name; }

  static inline std::unique_ptr<TemporaryDirectory> folder_;
};

// What a row expects of `carnyx train cifar_resnet ... --dry-run`, or of a run.
using Expectation = std::function<void(const Outcome&)>;

Json plan_of(const Outcome& outcome) {
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return Json::parse(outcome.status == 0 ? outcome.out : "{}", "plan");
}

/// A field of the plan, by its path: "options.epochs".
std::string planned(const Outcome& outcome, const std::string& field) {
  Json value = plan_of(outcome);
  std::string rest = field;
  while (!rest.empty()) {
    const std::string key = rest.substr(0, rest.find('.'));
    rest.erase(0, std::min(rest.size(), key.size() + 1));
    const Json* member = value.find(key);
    if (member == nullptr) return "no " + key;
    value = Json(*member);
  }
  return value.is_string() ? value.as_string() : value.dump();
}

Expectation plans(const std::string& field, const std::string& value) {
  return [=](const Outcome& outcome) { EXPECT_EQ(planned(outcome, field), value) << outcome.err; };
}
Expectation refused(const std::string& text) {
  return [=](const Outcome& outcome) {
    EXPECT_EQ(outcome.status, 2) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(text));
  };
}

struct FlagRow {
  std::string option;
  std::vector<std::string> arguments;
  Expectation expect;
};

/// With one picture for data, three steps; the last flag given wins.
std::vector<FlagRow> planned_rows() {
  const std::string model_dir = ResnetFlags::path("m");
  return {
      {"resnet_size", {"--resnet_size", "21"}, refused("--resnet-size: expected 20, 32, 56, 110")},
      {"resnet_size", {"--resnet_size", "14"}, plans("options.resnet_size", "14")},
      {"model_dir", {"-md", model_dir}, plans("options.job_dir", model_dir)},
      {"train_epochs", {"-te", "3", "--train_steps=0"}, plans("options.epochs", "3")},
      {"train_epochs", {"--train_steps=0"}, plans("options.epochs", "182")},
      {"train_epochs", {"--train_epochs", "-3"}, refused("--train-epochs: expected 0 or more")},
      {"epochs_between_evals", {"-ebe", "0"}, refused("--epochs-between-evals: expected 1")},
      {"num_gpus", {"-ng", "-1"}, plans("options.num_gpus", "-1")},
      {"num_gpus", {"--num_gpus", "1"}, refused("no GPU can be used here")},
      {"num_gpus", {"--num_gpus", "3", "-bs", "128"}, refused("use 126")},
      {"distribution_strategy", {"-ds", "multi_worker_mirrored"}, plans("replicas", "1")},
      {"distribution_strategy", {"--ds=mirror"}, refused("Unrecognized Distribution Strategy")},
      {"distribution_strategy", {"--ds=off", "--num_gpus=2"}, refused("it has one device")},
      {"use_synthetic_data", {"-synth"}, plans("data", "one picture of noise")},
      {"use_synthetic_data",
       {"--nouse_synthetic_data", "--data_dir", ResnetFlags::path("cifar")},
       plans("train_samples", "20")},
      {"dtype", {"-dt", "bf16"}, plans("options.precision", "mixed_bfloat16")},
      {"dtype", {"--dtype=fp16"}, refused("--dtype fp16: not supported")},
      {"dtype", {"--dtype=fp8"}, refused("unknown dtype")},
      {"loss_scale", {"-ls", "-1"}, refused("a positive number or 'dynamic'")},
      {"all_reduce_alg", {"-ara", "ring"}, refused("reduction of mirrored")},
      {"data_format", {"-df", "nhwc"}, refused("unknown data format")},
      {"enable_tensorboard",
       {"--enable_tensorboard", "--model_dir", model_dir},
       plans("files.events", model_dir)},
      {"export_dir",
       {"-ed", ResnetFlags::path("out")},
       plans("files.models", "[\"" + ResnetFlags::path("out") + "/model.keras\"]")},
      {"train_steps", {"--train_steps", "2"}, plans("steps_per_epoch", "2")},
      {"train_steps", {"--train_steps", "2", "-te", "9"}, plans("options.epochs", "1")},
      {"skip_eval", {"--skip_eval"}, plans("test_samples", "0")},
      {"skip_eval",
       {"--noskip_eval", "--nouse_synthetic_data", "-dd", ResnetFlags::path("cifar")},
       plans("test_samples", "8")},  // whole batches
      {"skip_eval",
       {"--skip_eval=False", "--nouse_synthetic_data", "-dd", ResnetFlags::path("cifar")},
       plans("test_samples", "8")},
      {"decay_epochs",
       {"--decay-epochs", "23,15"},
       refused("each above the one before, got 23,15")},
      {"profile_steps", {"--profile_steps", "4,2"}, refused("expected FIRST,LAST")},
      {"log_steps", {"--log_steps", "0"}, refused("--log-steps: expected 1 or more")},
      {"worker_hosts", {"--worker_hosts", "a:1"}, plans("replicas", "1")},
      {"worker_hosts", {"--worker_hosts", "a:1,b:1"}, refused("--task-index must say which")},
      {"task_index",
       {"--worker_hosts=a:1,b:1", "--task_index", "1"},
       refused("2 processes are to train together")},
      {"cluster_size", {"--cluster_size", "3"}, refused("--cluster-size 3: for now one process")},
      {"num_ps", {"--num_ps", "1"}, refused("leave the flag out or give 0")},
      {"benchmark_logger_type",
       {"--benchmark_logger_type=BenchmarkFileLogger"},
       refused("add --benchmark-log-dir")},
      {"benchmark_logger_type",
       {"--benchmark_logger_type=BenchmarkBigQueryLogger"},
       refused("BigQuery is not here")},
      // of every job
      {"batch_size", {"-bs", "2"}, plans("global_batch_size", "2")},
      {"data_dir",
       {"--nouse_synthetic_data", "-dd=" + ResnetFlags::path("cifar")},
       plans("train_samples", "20")},
      {"unknown", {"--train_epoch", "1"}, refused("did you mean '--train-epochs'?")},
  };
}

TEST_F(ResnetFlags, HaveTheirEffectOnThePlan) {
  for (const FlagRow& row : planned_rows()) {
    SCOPED_TRACE(row.option + testing::PrintToString(row.arguments));
    std::vector<std::string> more = {"--use_synthetic_data", "--skip_eval", "--train_steps=3"};
    more.insert(more.end(), row.arguments.begin(), row.arguments.end());
    more.emplace_back("--dry-run");

    row.expect(run(command("", more)));
  }
}

/// Flags without effect, with values that are not the defaults.
const std::vector<std::pair<std::string, std::string>> kDead = {
    {"run_eagerly", "--run_eagerly"},
    {"clean", "--clean"},
    {"stop_threshold", "-st=0.5"},
    {"hooks", "--hooks=ProfilerHook,LoggingMetricHook"},
    {"loss_scale", "--loss_scale=dynamic"},
    {"all_reduce_alg", "--all_reduce_alg=nccl"},
    {"num_packs", "--num_packs=2"},
    {"tf_gpu_thread_mode", "-gt_mode=gpu_private"},
    {"per_gpu_thread_count", "-pgtc=2"},
    {"datasets_num_private_threads", "--datasets_num_private_threads=4"},
    {"tf_data_experimental_slack", "--tf_data_experimental_slack"},
    {"enable_xla", "--enable_xla"},
    {"force_v2_in_keras_compile", "--force_v2_in_keras_compile"},
    {"data_format", "--data_format=channels_first"},
    {"enable_eager", "--enable_eager=true"},
    {"set_learning_phase_to_train", "--noset_learning_phase_to_train"},
    {"explicit_gpu_placement", "--explicit_gpu_placement"},
    {"use_trivial_model", "--use_trivial_model"},
    {"data_delay_prefetch", "--data_delay_prefetch"},
    {"batchnorm_spatial_persistent", "--batchnorm_spatial_persistent=false"},
    {"enable_get_next_as_optional", "--enable_get_next_as_optional"},
    {"gcp_project", "--gcp_project=p"},
    {"bigquery_data_set", "--bigquery_data_set=d"},
    {"bigquery_run_table", "--bigquery_run_table=t"},
    {"bigquery_run_status_table", "--bigquery_run_status_table=s"},
    {"bigquery_metric_table", "--bigquery_metric_table=m"},
};

std::string file(const std::string& path) {
  return exists(path) ? read_file(path, 1 << 20) : "no " + path;
}

TEST_F(ResnetFlags, WithoutEffectSayItInTheirHelpAndChangeNothing) {
  const std::vector<std::string> base = {"-use_synthetic_data", "-train_steps", "1", "-skip_eval"};
  std::vector<std::string> all = base;
  const auto trainer = make_trainer("cifar_resnet");
  for (const auto& [option, argument] : kDead) {
    EXPECT_THAT(std::string(trainer->describe_option(option).text), HasSubstr("no effect"));
    all.push_back(argument);
  }

  const Outcome plain = run(command("plain", base));
  const Outcome dead = run(command("dead", all));

  EXPECT_EQ(plain.status, 0) << plain.err;
  EXPECT_EQ(dead.status, 0) << dead.err;
  EXPECT_EQ(file(path("dead/history.csv")), file(path("plain/history.csv")));
  EXPECT_THAT(file(path("plain/history.csv")), HasSubstr("categorical_accuracy"));
  EXPECT_THAT(plain.out, Not(HasSubstr("Test loss")));
}

/// One run with all that shows in what it says and leaves.
TEST_F(ResnetFlags, HaveTheirEffectOnARunAsTheDocumentsSparkLineHasThem) {
  const std::string logs = path("logs");
  const Outcome outcome = run(command("run",
                                      {"--cluster_size=1",
                                       "--epochs",
                                       "1",
                                       "--data_dir",
                                       path("cifar"),
                                       "--num_gpus=0",
                                       "--ds=multi_worker_mirrored",
                                       "--train_epochs",
                                       "2",
                                       "-ebe",
                                       "2",
                                       "--log_steps=3",
                                       "--noreport_accuracy_metrics",
                                       "--use_tensor_lr",
                                       "--profile_steps=1,2",
                                       "--benchmark_logger_type=BenchmarkFileLogger",
                                       "-bld",
                                       logs,
                                       "-bti",
                                       "mine",
                                       "--export_dir",
                                       path("export"),
                                       "--log-style=keras2"}));

  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("--epochs is ignored: --train-epochs counts"));
  EXPECT_THAT(outcome.err, HasSubstr("Epoch 2/2\n"));
  EXPECT_THAT(outcome.err, HasSubstr("BenchmarkMetric: {'global step':6, 'time_taken': "));
  EXPECT_THAT(outcome.err, HasSubstr("BenchmarkMetric: {'epoch':1, 'time_taken': "));
  EXPECT_THAT(outcome.err, HasSubstr("\n5/5 - "));
  EXPECT_THAT(outcome.err, HasSubstr("\n2/2 - "));
  EXPECT_THAT(outcome.err, Not(HasSubstr("categorical_accuracy")));
  EXPECT_THAT(outcome.out, HasSubstr("Run stats: {\"eval_loss\": "));
  EXPECT_THAT(outcome.out, HasSubstr("\"avg_exp_per_second\": "));
  const std::string history = file(path("run/history.csv"));
  EXPECT_THAT(history, testing::StartsWith("epoch,loss,val_loss\n0,"));
  EXPECT_THAT(history, HasSubstr(",\n1,"));  // epoch 0 had no validation
  EXPECT_THAT(file(logs + "/benchmark_run.log"), HasSubstr("\"test_id\": \"mine\""));
  EXPECT_THAT(file(logs + "/metric.log"), HasSubstr("\"current_examples_per_sec\""));
  EXPECT_THAT(file(path("run/plan_times.txt")), HasSubstr("softmax_cross_entropy"));
  EXPECT_TRUE(exists(path("export/model.keras")));
}

TEST_F(ResnetFlags, WithTheTensorScheduleAreInTheModelsFile) {
  const auto file_of = [](const std::string& job) {
    const Outcome outcome = run({"train",
                                 "cifar_resnet",
                                 "--resnet_size=8",
                                 "--batch_size=2",
                                 "--use_synthetic_data",
                                 "--train_steps=1",
                                 "--skip_eval",
                                 "--no-report",
                                 "--no-tensorboard",
                                 "--threads=1",
                                 "--decay-epochs=3,5",
                                 "--job-dir",
                                 path(job),
                                 job == "tensor_lr" ? "--use_tensor_lr" : "--nouse_tensor_lr"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return file(path(job + "/model.keras"));
  };

  EXPECT_THAT(file_of("tensor_lr"),
              AllOf(HasSubstr("PiecewiseConstantDecay"), HasSubstr("\"boundaries\": [3, 5]")));
  EXPECT_THAT(file_of("callback_lr"), Not(HasSubstr("PiecewiseConstantDecay")));
}

TEST_F(ResnetFlags, WithoutDataSayWhatToRun) {
  const Outcome outcome = run(command("none", {"--data_dir", path("nowhere"), "--dry-run"}));

  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("carnyx data fetch cifar10"));
  EXPECT_THAT(outcome.err, HasSubstr("--use-synthetic-data"));
}

TEST_F(ResnetFlags, AreRefusedWhereTfConfigNamesSeveralProcesses) {
  const test::Outcome outcome =
      test::run_program({.arguments = command("tf_config", {"--use_synthetic_data", "--dry-run"}),
                         .environment = {{"TF_CONFIG",
                                          R"({"cluster": {"worker": ["a:1", "b:1"]}, )"
                                          R"("task": {"type": "worker", "index": 0}})"}},
                         .directory = {}});

  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("TF_CONFIG: 2 processes are to train together"));
}

/// Lines of the results that measure the test set.
std::string test_lines(const Outcome& outcome) {
  return outcome.out.substr(0, outcome.out.find("Run stats"));
}

TEST_F(ResnetFlags, LetARunGoOnBitForBitWithItsAugmentation) {
  const auto train = [](const std::string& job) {
    return run(command(job,
                       {"--data_dir",
                        path("cifar"),
                        "--train_epochs=2",
                        "--epochs_between_evals=1",
                        "--checkpoint-every-steps=3"}));
  };
  const Outcome straight = train("straight");
  Outcome cut;
  {
    const ScopedFailpoints faults("fit.step=eio@8");  // the third step of the second epoch
    cut = train("cut");
  }
  const Outcome resumed = train("cut");

  EXPECT_EQ(cut.status, 1);
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("resumed"));
  EXPECT_EQ(file(path("cut/history.csv")), file(path("straight/history.csv")));
  EXPECT_EQ(test_lines(resumed), test_lines(straight));
  EXPECT_THAT(test_lines(straight), HasSubstr("Test categorical_accuracy: "));
}

struct Names {
  std::set<std::string> names;
  template <class T>
  void operator()(std::string_view name, T&) {
    names.emplace(name);
  }
};

TEST_F(ResnetFlags, AllHaveARow) {
  Names own;
  ForEachOption each(own);
  make_trainer("cifar_resnet")->visit_options(each);
  for (const FlagRow& row : planned_rows()) own.names.erase(row.option);
  for (const auto& [option, argument] : kDead) own.names.erase(option);
  for (const char* seen : {"report_accuracy_metrics",  // on a run, above
                           "use_tensor_lr",
                           "benchmark_log_dir",
                           "benchmark_test_id"}) {
    own.names.erase(seen);
  }

  EXPECT_THAT(own.names, testing::IsEmpty());
}

}  // namespace
}  // namespace carnyx
