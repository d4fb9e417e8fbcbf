// TF_CONFIG: which processes train together, and which of them this one is.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/base/json.h"

namespace carnyx {

struct Cluster {
  /// Addresses by role: chief, worker, ps, evaluator.
  std::map<std::string, std::vector<std::string>> addresses;
  std::string task_type;  ///< empty: not said
  std::int64_t task_index = 0;
  Json config;  ///< as it was read, but a master is called chief

  /// Processes that train: the chief and the workers.
  [[nodiscard]] std::int64_t training_tasks() const;
};

/// What $TF_CONFIG holds; empty if it is not set.
std::string tf_config();

/// The cluster that a TF_CONFIG describes; none for an empty text or an empty cluster, which is how
/// a job of one process looks. A master is a chief, as everywhere since TensorFlow 2.
/// Throws InvalidArgument: no JSON, an unknown role, master and chief, an address twice, a task
/// that is not in the cluster.
std::optional<Cluster> read_cluster(std::string_view text);

/// The cluster of --worker-hosts, a list of addresses with commas between, and --task-index; none
/// for an empty list. Throws InvalidArgument as read_cluster, and for several hosts without an
/// index.
std::optional<Cluster> cluster_of_hosts(std::string_view hosts, std::int64_t task_index);

/// Throws InvalidArgument, naming what to do, unless this process trains and is the only one.
void require_one_process(const Cluster& cluster, std::string_view where);

}  // namespace carnyx
