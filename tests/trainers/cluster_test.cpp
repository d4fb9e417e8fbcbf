#include "trainers/cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"

namespace carnyx {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const std::string kUai =
    R"({"cluster": {"master": ["m:2222"], "worker": ["w:2222"], "ps": ["m:2223", "w:2223"]}, )"
    R"("task": {"type": "master", "index": 0}, "environment": "cloud"})";

TEST(Cluster, CallsAMasterChief) {
  const auto cluster = read_cluster(kUai);

  ASSERT_TRUE(cluster);
  EXPECT_EQ(cluster->task_type, "chief");
  EXPECT_EQ(cluster->training_tasks(), 2);
  EXPECT_THAT(cluster->addresses.at("chief"), ElementsAre("m:2222"));
  EXPECT_EQ(
      cluster->config.dump(),
      R"({"cluster": {"chief": ["m:2222"], "worker": ["w:2222"], "ps": ["m:2223", "w:2223"]}, )"
      R"("task": {"type": "chief", "index": 0}, "environment": "cloud"})");
}

TEST(Cluster, IsNoneForAJobOfOneProcess) {
  EXPECT_FALSE(read_cluster(""));
  EXPECT_FALSE(read_cluster(" \n"));
  EXPECT_FALSE(read_cluster(R"({"environment": "cloud", "cluster": {}, "task": {}})"));
  EXPECT_FALSE(read_cluster("{}"));
  EXPECT_FALSE(cluster_of_hosts("", 3));
}

TEST(Cluster, MayBeOneChiefWithParameterServers) {
  const auto chief = read_cluster(
      R"({"cluster": {"master": ["m:1"], "ps": ["m:2"]}, "task": {"type": "master", "index": 0}})");
  const auto server = read_cluster(
      R"({"cluster": {"master": ["m:1"], "ps": ["m:2"]}, "task": {"type": "ps", "index": 0}})");

  EXPECT_NO_THROW(require_one_process(*chief, "TF_CONFIG"));
  EXPECT_THAT([&] { require_one_process(*server, "TF_CONFIG"); },
              ThrowsMessage<InvalidArgument>(HasSubstr("there is nothing to do")));
}

TEST(Cluster, RefusesWhatIsNoCluster) {
  struct Case {
    std::string text;
    std::string problem;
  };
  for (const Case& each : {
           Case{"{", "expected {\"cluster\""},
           Case{"[1]", "TF_CONFIG"},
           Case{R"({"cluster": {"worker": "a:1"}})", "TF_CONFIG"},
           Case{R"({"cluster": {"worker": [1]}})", "TF_CONFIG"},
           Case{R"({"cluster": {"workers": ["a:1"]}})", "did you mean 'worker'?"},
           Case{R"({"cluster": {"master": ["a:1"], "chief": ["b:1"]}})",
                "both a master and a chief"},
           Case{R"({"cluster": {"chief": ["a:1", "b:1"]}})", "2 chiefs"},
           Case{R"({"cluster": {"worker": ["a:1"], "ps": ["a:1"]}})", "the address a:1 twice"},
           Case{R"({"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}})",
                "task is worker 1, but the cluster has 1"},
           Case{R"({"cluster": {"worker": ["a:1"]}, "task": {"type": "chief", "index": 0}})",
                "task is chief 0, but the cluster has 0"},
       }) {
    EXPECT_THAT([&] { read_cluster(each.text); },
                ThrowsMessage<InvalidArgument>(HasSubstr(each.problem)))
        << each.text;
  }
}

TEST(Cluster, RejectsEveryCutOfAnExampleOrReadsIt) {
  for (std::size_t size = 1; size < kUai.size(); ++size) {
    EXPECT_THROW(read_cluster(std::string_view(kUai).substr(0, size)), InvalidArgument) << size;
  }
}

TEST(Cluster, OfHostsIsTheirList) {
  const auto cluster = cluster_of_hosts("a:1,b:1,", 1);

  EXPECT_EQ(cluster->task_index, 1);
  EXPECT_THAT(cluster->addresses.at("worker"), ElementsAre("a:1", "b:1"));
  EXPECT_THROW(cluster_of_hosts("a:1,b:1", 2), InvalidArgument);
  EXPECT_THROW(cluster_of_hosts("a:1,b:1", -1), InvalidArgument);
}

}  // namespace
}  // namespace carnyx
