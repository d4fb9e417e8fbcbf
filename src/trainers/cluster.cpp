#include "trainers/cluster.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"

namespace carnyx {
namespace {

constexpr auto kWhere = "TF_CONFIG";
constexpr std::array<std::string_view, 5> kRoles = {"chief", "master", "worker", "ps", "evaluator"};

[[noreturn]] void fail(const std::string& problem) {
  throw InvalidArgument(format("{}: {}", kWhere, problem));
}

/// "chief" for "master"; throws for what is no role.
std::string role_of(const std::string& name) {
  if (std::ranges::find(kRoles, name) == kRoles.end()) fail(unknown_name("role", name, kRoles));
  return name == "master" ? "chief" : name;
}

void add_role(Cluster& cluster, const std::string& name, const Json& list) {
  const std::string role = role_of(name);
  if (cluster.addresses.contains(role)) {
    fail("cluster names both a master and a chief, which are one role; keep one of them");
  }
  std::vector<std::string>& addresses = cluster.addresses[role];
  for (const Json& address : list.items()) addresses.push_back(address.as_string());
  if (role == "chief" && addresses.size() > 1) {
    fail(format("cluster has {} chiefs; expected one", addresses.size()));
  }
}

void refuse_doubles(const Cluster& cluster) {
  std::set<std::string> seen;
  for (const auto& [role, addresses] : cluster.addresses) {
    for (const std::string& address : addresses) {
      if (!seen.insert(address).second) fail(format("cluster has the address {} twice", address));
    }
  }
}

void read_task(Cluster& cluster, const Json& task) {
  const Json* type = task.find("type");
  if (type == nullptr) return;
  cluster.task_type = role_of(type->as_string());
  if (const Json* index = task.find("index")) cluster.task_index = index->as_int();
  if (cluster.task_type == "evaluator") return;  // stands in no list
  const auto found = cluster.addresses.find(cluster.task_type);
  const std::int64_t count = found == cluster.addresses.end() ? 0 : std::ssize(found->second);
  if (cluster.task_index < 0 || cluster.task_index >= count) {
    fail(format("task is {} {}, but the cluster has {} of that role",
                cluster.task_type,
                cluster.task_index,
                count));
  }
}

/// The same with every "master" called "chief".
Json renamed(const Json& config) {
  Json result = Json::object();
  for (const auto& [key, value] : config.members()) {
    Json member = value;
    if (key == "cluster") {
      member = Json::object();
      for (const auto& [role, list] : value.members()) member.set(role_of(role), list);
    } else if (key == "task" && value.contains("type")) {
      member.set("type", role_of(value.at("type").as_string()));
    }
    result.set(key, std::move(member));
  }
  return result;
}

Cluster cluster_from(const Json& config) {
  Cluster cluster;
  if (const Json* roles = config.find("cluster")) {
    for (const auto& [role, list] : roles->members()) add_role(cluster, role, list);
  }
  refuse_doubles(cluster);
  if (const Json* task = config.find("task")) read_task(cluster, *task);
  cluster.config = renamed(config);
  return cluster;
}

}  // namespace

std::int64_t Cluster::training_tasks() const {
  std::int64_t tasks = 0;
  for (const char* role : {"chief", "worker"}) {
    const auto found = addresses.find(role);
    if (found != addresses.end()) tasks += std::ssize(found->second);
  }
  return tasks;
}

std::string tf_config() {
  const char* value = std::getenv("TF_CONFIG");  // NOLINT(concurrency-mt-unsafe): we never set one
  return value == nullptr ? "" : value;
}

std::optional<Cluster> read_cluster(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == text.npos) return std::nullopt;
  try {
    const Json config = Json::parse(text, kWhere);
    Cluster cluster = cluster_from(config);
    if (cluster.addresses.empty()) return std::nullopt;
    return cluster;
  } catch (const CorruptData& error) {
    throw InvalidArgument(
        format("{}; expected {{\"cluster\": {{ROLE: [ADDRESS, ...]}}, \"task\": {{\"type\": ROLE, "
               "\"index\": N}}}}",
               error.what()));
  }
}

std::optional<Cluster> cluster_of_hosts(std::string_view hosts, std::int64_t task_index) {
  Json workers = Json::array();
  while (!hosts.empty()) {
    const std::string_view host = hosts.substr(0, hosts.find(','));
    hosts.remove_prefix(std::min(hosts.size(), host.size() + 1));
    if (!host.empty()) workers.push_back(host);
  }
  const auto count = static_cast<std::int64_t>(workers.size());
  if (count == 0) return std::nullopt;
  if (count > 1 && task_index < 0) {
    throw InvalidArgument(format(
        "--worker-hosts names {} hosts: --task-index must say which of them this is, 0 to {}",
        count,
        count - 1));
  }
  if (task_index >= count) {
    throw InvalidArgument(format(
        "--task-index {}: --worker-hosts names {} hosts, counted from 0", task_index, count));
  }
  return cluster_from(Json::object(
      {{"cluster", Json::object({{"worker", std::move(workers)}})},
       {"task",
        Json::object({{"type", "worker"}, {"index", std::max<std::int64_t>(task_index, 0)}})}}));
}

void require_one_process(const Cluster& cluster, std::string_view where) {
  if (cluster.training_tasks() > 1) {
    throw InvalidArgument(
        format("{}: {} processes are to train together, and for now one trains alone; leave the "
               "others out",
               where,
               cluster.training_tasks()));
  }
  if (cluster.task_type == "ps" || cluster.task_type == "evaluator") {
    throw InvalidArgument(format(
        "{}: this process is the {}, for which there is nothing to do: the one that trains holds "
        "the weights and measures itself; start the chief alone",
        where,
        cluster.task_type));
  }
}

}  // namespace carnyx
