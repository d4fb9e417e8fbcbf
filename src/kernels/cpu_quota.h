#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>

namespace carnyx::kernels {

/// CPUs that control groups allow, the least over the process's groups and all their parents; none
/// if nothing limits it. `memberships` is the text of /proc/self/cgroup, `mount` is where the
/// groups are mounted, usually /sys/fs/cgroup. Groups that cannot be read limit nothing.
std::optional<double> cgroup_cpus(const std::filesystem::path& mount, std::istream& memberships);

}  // namespace carnyx::kernels
