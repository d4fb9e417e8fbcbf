#include "trainers/uai_platform.h"

#include <array>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "trainers/check_options.h"

namespace carnyx {
namespace {

constexpr std::array<NamedHelp, 3> kPlatformHelp = {{
    {"work_dir", {"relative paths of the other flags are below it (default: this folder)"}},
    {"log_dir", {"folder for TensorBoard's events (default: events/ in the job's)"}},
    {"num_gpus", {"0: the CPU; -1: all GPUs that there are"}},
}};

}  // namespace

FieldHelp describe_uai_option(std::string_view name) {
  return help_of(kPlatformHelp, name);
}

std::string placed(const UaiOptions& options, const std::string& path) {
  const bool stays = path.empty() || path.starts_with('/') || options.work_dir.empty();
  return stays ? path : options.work_dir + "/" + path;
}

void require_no_gpus(std::int64_t num_gpus) {
  if (num_gpus < -1) {
    throw InvalidArgument(format("--num-gpus: expected -1 or more, got {}", num_gpus));
  }
  if (num_gpus > 0) {
    throw InvalidArgument(
        format("--num-gpus {}: no GPU can be used here; give 0 for the CPU, or -1 for all that "
               "there are",
               num_gpus));
  }
}

void complete_uai(const UaiOptions& options, std::string_view trainer, JobOptions& job) {
  require_no_gpus(options.num_gpus);
  if (options.max_step < 0) {
    throw InvalidArgument(
        format("--max-step: expected 0 (the program's own) or more, got {}", options.max_step));
  }
  require_local("--work-dir", options.work_dir);
  require_local("--output-dir", options.output_dir);
  require_local("--log-dir", options.log_dir);
  job.data_dir = placed(options, job.data_dir);
  if (job.job_dir.empty()) job.job_dir = options.output_dir;
  if (job.job_dir.empty()) job.job_dir = "runs/" + std::string(trainer);
  job.job_dir = placed(options, job.job_dir);
}

}  // namespace carnyx
