#include "kernels/cpu_quota.h"

#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "carnyx/kernels/thread_pool.h"

namespace carnyx::kernels {
namespace {

namespace fs = std::filesystem;

/// A folder that looks like /sys/fs/cgroup.
class CpuQuota : public ::testing::Test {
 protected:
  CpuQuota() {
    std::string pattern = (fs::temp_directory_path() / "cpu_quota_XXXXXX").string();
    mount_ = mkdtemp(pattern.data());
  }
  ~CpuQuota() override { fs::remove_all(mount_); }

  void write(const fs::path& file, const std::string& text) const {
    fs::create_directories((mount_ / file).parent_path());
    std::ofstream(mount_ / file) << text;
  }
  [[nodiscard]] std::optional<double> cpus(const std::string& memberships) const {
    std::istringstream text(memberships);
    return cgroup_cpus(mount_, text);
  }

 private:
  fs::path mount_;
};

TEST_F(CpuQuota, IsNoneWithoutGroups) {
  EXPECT_EQ(cpus(""), std::nullopt);
  EXPECT_EQ(cpus("0::/nowhere\nnot a line\n"), std::nullopt);
}

TEST_F(CpuQuota, ReadsVersionTwo) {
  write("pod/cpu.max", "150000 100000\n");

  EXPECT_EQ(cpus("0::/pod\n"), 1.5);
}

TEST_F(CpuQuota, MaxIsNoLimit) {
  write("pod/cpu.max", "max 100000\n");

  EXPECT_EQ(cpus("0::/pod\n"), std::nullopt);
}

TEST_F(CpuQuota, AParentLimitsItsChildren) {
  write("pod/cpu.max", "200000 100000\n");
  write("pod/a/b/cpu.max", "800000 100000\n");

  EXPECT_EQ(cpus("0::/pod/a/b\n"), 2.0);
}

TEST_F(CpuQuota, ReadsVersionOne) {
  write("cpu/pod/cpu.cfs_quota_us", "50000\n");
  write("cpu/pod/cpu.cfs_period_us", "100000\n");

  EXPECT_EQ(cpus("9:memory:/pod\n4:cpu,cpuacct:/pod\n"), 0.5);
  EXPECT_EQ(cpus("4:cpuset:/pod\n"), std::nullopt);
}

TEST_F(CpuQuota, MinusOneIsNoLimitInVersionOne) {
  write("cpu/cpu.cfs_quota_us", "-1\n");
  write("cpu/cpu.cfs_period_us", "100000\n");

  EXPECT_EQ(cpus("1:cpu:/\n"), std::nullopt);
}

TEST_F(CpuQuota, FallsBackToTheRootWhereTheHostsPathIsHidden) {
  write("cpu/cpu.cfs_quota_us", "300000\n");
  write("cpu/cpu.cfs_period_us", "100000\n");

  EXPECT_EQ(cpus("1:cpu:/docker/0123abcd\n"), 3.0);
}

TEST(UsableCpus, IsAtLeastOne) {
  EXPECT_GE(usable_cpus(), 1);
}

}  // namespace
}  // namespace carnyx::kernels
