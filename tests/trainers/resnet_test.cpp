// The parts of the ResNet program: network, schedule, what its flags may be.
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/fields.h"

#include "trainers/resnet_network.h"
#include "trainers/resnet_options.h"
#include "trainers/resnet_schedule.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

struct Counts {
  std::int64_t trainable = 0;
  std::int64_t all = 0;
};

Counts counts_of(std::int64_t size) {
  Counts counts;
  const Network network = resnet_cifar(size);
  for (const LayerSummary& layer : network.summarize()) {
    counts.trainable += layer.trainable_parameters;
    counts.all += layer.trainable_parameters + layer.other_parameters;
  }
  return counts;
}

TEST(ResnetCifar, HasTheParametersOfTensorFlowsModels) {
  EXPECT_EQ(counts_of(20).trainable, 272'762);
  EXPECT_EQ(counts_of(20).all, 274'362);
  EXPECT_EQ(counts_of(32).trainable, 467'194);
  EXPECT_EQ(counts_of(32).all, 469'690);
  EXPECT_EQ(counts_of(56).trainable, 856'058);
  EXPECT_EQ(counts_of(56).all, 860'346);
}

TEST(ResnetCifar, NamesItsLayersAsTensorFlowsModels) {
  std::set<std::string> names;
  const Network network = resnet_cifar(20);
  for (const auto& layer : network.layers()) names.insert(layer.name);

  for (const char* name : {"conv1_pad",
                           "conv1",
                           "bn_conv1",
                           "res2block_0_branch1",
                           "bn2block_0_branch1",
                           "res2block_0_branch2a",
                           "bn2block_0_branch2b",
                           "res3block_1_branch2a",
                           "res4block_2_branch2b",
                           "bn4block_2_branch2b",
                           "reduce_mean",
                           "fc10"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
  EXPECT_FALSE(names.contains("res2block_1_branch1"));
  EXPECT_FALSE(names.contains("res2block_3_branch2a"));
  EXPECT_EQ(network.name(), "resnet20");
}

TEST(ResnetCifar, RefusesASizeThatNoBlocksMake) {
  for (const std::int64_t size : {-4, 0, 2, 7, 21}) {
    EXPECT_THAT([&] { resnet_cifar(size); },
                ThrowsMessage<InvalidArgument>(HasSubstr("--resnet-size: expected 20, 32, 56")))
        << size;
  }
}

TEST(ResnetSchedule, DropsByTensAtItsThreeEpochs) {
  EXPECT_DOUBLE_EQ(resnet_base_rate(128), 0.1);
  EXPECT_DOUBLE_EQ(resnet_base_rate(32), 0.025);
  const std::vector<std::int64_t> decays = ResnetOptions{}.decay_epochs;
  EXPECT_EQ(resnet_rate_share(0, decays), 1);
  EXPECT_EQ(resnet_rate_share(90, decays), 1);
  EXPECT_EQ(resnet_rate_share(91, decays), 0.1);
  EXPECT_EQ(resnet_rate_share(135, decays), 0.1);
  EXPECT_EQ(resnet_rate_share(136, decays), 0.01);
  EXPECT_EQ(resnet_rate_share(181, decays), 0.01);
  EXPECT_EQ(resnet_rate_share(182, decays), 0.001);
  EXPECT_EQ(resnet_rate_share(182, {}), 1);
}

TEST(ResnetSchedule, IsTheSameByStepsButForTheStepAtTheBoundary) {
  const PiecewiseConstantDecay schedule =
      resnet_tensor_schedule(0.1, 390, ResnetOptions{}.decay_epochs);

  EXPECT_DOUBLE_EQ(schedule.at(0), 0.1);
  EXPECT_DOUBLE_EQ(schedule.at(91 * 390), 0.1);
  EXPECT_DOUBLE_EQ(schedule.at(91 * 390 + 1), 0.01);
  EXPECT_DOUBLE_EQ(schedule.at(136 * 390 + 1), 0.001);
  EXPECT_DOUBLE_EQ(schedule.at(182 * 390 + 1), 0.0001);
}

/// Refused with these options, saying so.
void expect_refusal(const ResnetOptions& options,
                    const std::string& text,
                    const std::string& tf_config = "") {
  EXPECT_THAT([&] { check_resnet_options(options, 128, tf_config); },
              ThrowsMessage<InvalidArgument>(HasSubstr(text)));
}

TEST(ResnetOptions, DefaultsCanBe) {
  EXPECT_NO_THROW(check_resnet_options({}, 128, ""));
}

TEST(ResnetOptions, NumbersHaveTheirRanges) {
  expect_refusal({.decay_epochs = {15, 15}}, "--decay-epochs: expected positive whole numbers");
  expect_refusal({.decay_epochs = {0, 15}}, "--decay-epochs");
  EXPECT_NO_THROW(check_resnet_options({.decay_epochs = {}}, 128, ""));
  expect_refusal({.train_epochs = -1}, "--train-epochs: expected 0 or more, got -1");
  expect_refusal({.epochs_between_evals = 0}, "--epochs-between-evals: expected 1 or more");
  expect_refusal({.train_steps = -1}, "--train-steps");
  expect_refusal({.log_steps = 0}, "--log-steps");
  expect_refusal({.task_index = -2}, "--task-index");
  expect_refusal({.profile_steps = {5}}, "--profile-steps: expected FIRST,LAST");
  expect_refusal({.profile_steps = {5, 4}}, "--profile-steps");
  expect_refusal({.profile_steps = {0, 4}}, "--profile-steps");
  EXPECT_NO_THROW(check_resnet_options({.profile_steps = {5, 5}}, 128, ""));
}

TEST(ResnetOptions, LossScaleIsAPositiveNumberOrDynamic) {
  for (const char* good : {"dynamic", "128", "0.5", "1e3"}) {
    EXPECT_NO_THROW(check_resnet_options({.loss_scale = good}, 128, "")) << good;
  }
  for (const char* bad : {"0", "-1", "nan", "inf", "12x", "static"}) {
    expect_refusal({.loss_scale = bad}, "--loss-scale: expected a positive number or 'dynamic'");
  }
}

TEST(ResnetOptions, StrategiesKnowTheirDevicesAndReductions) {
  for (const char* known :
       {"off", "default", "one_device", "mirrored", "parameter_server", "multi_worker_mirrored"}) {
    EXPECT_NO_THROW(check_resnet_options({.distribution_strategy = known}, 128, "")) << known;
  }
  expect_refusal({.distribution_strategy = "mirored"}, "Unrecognized Distribution Strategy");
  expect_refusal({.num_gpus = 2, .distribution_strategy = "off"}, "it has one device");
  expect_refusal({.num_gpus = 2, .distribution_strategy = "one_device"}, "it has one device");
  expect_refusal({.num_gpus = 3, .distribution_strategy = "mirrored"}, "use 126");
  expect_refusal({.num_gpus = 2, .distribution_strategy = "mirrored"}, "no GPU can be used here");
  expect_refusal({.num_gpus = -2}, "expected -1 or more");
  EXPECT_NO_THROW(check_resnet_options({.all_reduce_alg = "nccl"}, 128, ""));
  expect_refusal({.all_reduce_alg = "ring"}, "reduction of mirrored 'ring'");
  expect_refusal(
      {.distribution_strategy = "multi_worker_mirrored", .all_reduce_alg = "hierarchical_copy"},
      "reduction of multi_worker_mirrored");
}

TEST(ResnetOptions, SeveralProcessesAreRefusedAndTfConfigWins) {
  const std::string alone =
      R"({"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 0}})";
  const std::string pair =
      R"({"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 1}})";
  expect_refusal({.worker_hosts = "a:1,b:1"}, "--task-index must say which of them this is");
  expect_refusal({.worker_hosts = "a:1,b:1", .task_index = 2}, "counted from 0");
  expect_refusal({.worker_hosts = "a:1,b:1", .task_index = 1}, "2 processes are to train together");
  expect_refusal({}, "TF_CONFIG: 2 processes are to train together", pair);
  EXPECT_NO_THROW(check_resnet_options({.worker_hosts = "a:1"}, 128, ""));
  EXPECT_NO_THROW(check_resnet_options({.worker_hosts = "a:1,b:1", .task_index = 1}, 128, alone));
  expect_refusal({.cluster_size = 2}, "--cluster-size 2");
  expect_refusal({.num_ps = 1}, "--num-ps 1");
}

struct Names {
  std::vector<std::string> names;
  template <class T>
  void operator()(std::string_view name, T&) {
    names.emplace_back(name);
  }
};

TEST(ResnetOptions, AllHaveHelp) {
  ResnetOptions options;
  Names all;
  visit_fields(all, options);

  for (const std::string& name : all.names) {
    EXPECT_FALSE(describe_resnet_option(name).text.empty()) << name;
  }
}

}  // namespace
}  // namespace carnyx
