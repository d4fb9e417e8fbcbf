#include "kernels/cpu_quota.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

#include <sched.h>

#include "carnyx/kernels/thread_pool.h"

namespace carnyx::kernels {
namespace {

namespace fs = std::filesystem;

/// Version 2: "200000 100000", quota and period in microseconds, or "max 100000".
std::optional<double> unified_quota(const fs::path& group) {
  std::ifstream file(group / "cpu.max");
  double quota = 0;
  double period = 0;
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

/// Version 1: two files; a quota of -1 is none.
std::optional<double> legacy_quota(const fs::path& group) {
  std::ifstream quota_file(group / "cpu.cfs_quota_us");
  std::ifstream period_file(group / "cpu.cfs_period_us");
  double quota = 0;
  double period = 0;
  if (!(quota_file >> quota && period_file >> period) || quota <= 0 || period <= 0) {
    return std::nullopt;
  }
  return quota / period;
}

void limit(std::optional<double>& cpus, std::optional<double> quota) {
  if (quota) cpus = std::min(cpus.value_or(*quota), *quota);
}

/// Whether the controllers of a version 1 line, "cpu,cpuacct", include cpu.
bool has_cpu_controller(std::string_view controllers) {
  const std::string list = "," + std::string(controllers) + ",";
  return list.find(",cpu,") != std::string::npos;
}

/// One line of /proc/self/cgroup: "0::/a/b" for version 2, "4:cpu,cpuacct:/a/b" for version 1.
void limit_by_line(std::optional<double>& cpus, const fs::path& mount, std::string_view line) {
  const std::size_t first = line.find(':');
  const std::size_t second = first == line.npos ? first : line.find(':', first + 1);
  if (second == line.npos) return;
  const std::string_view controllers = line.substr(first + 1, second - first - 1);
  const bool unified = controllers.empty();
  if (!unified && !has_cpu_controller(controllers)) return;
  const fs::path root = unified ? mount : mount / "cpu";
  // Inside a container the path may be the host's, of which only the root is there to be read.
  for (fs::path group = fs::path(line.substr(second + 1)).relative_path();;
       group = group.parent_path()) {
    limit(cpus, unified ? unified_quota(root / group) : legacy_quota(root / group));
    if (group.empty()) return;
  }
}

int cpus_in_affinity_mask() {
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0) return std::max(CPU_COUNT(&mask), 1);
  return std::max(static_cast<int>(std::thread::hardware_concurrency()), 1);
}

}  // namespace

std::optional<double> cgroup_cpus(const fs::path& mount, std::istream& memberships) {
  std::optional<double> cpus;
  for (std::string line; std::getline(memberships, line);) limit_by_line(cpus, mount, line);
  return cpus;
}

int usable_cpus() {
  const int cpus = cpus_in_affinity_mask();
  std::ifstream memberships("/proc/self/cgroup");
  const auto quota = cgroup_cpus("/sys/fs/cgroup", memberships);
  if (!quota || *quota >= cpus) return cpus;
  return std::max(static_cast<int>(std::ceil(*quota)), 1);
}

}  // namespace carnyx::kernels
