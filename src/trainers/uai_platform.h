// What the programs of UAI Train share: the flags that the platform gives each of them, besides the
// job's data_dir.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "carnyx/trainers/job_options.h"
#include "carnyx/trainers/option_visitor.h"

namespace carnyx {

struct UaiOptions {
  std::string work_dir;
  std::string output_dir;
  std::string log_dir;
  std::int64_t num_gpus = 0;
  std::int64_t max_step = 0;
};

template <class V>
void visit_fields(V& visit, UaiOptions& o) {
  visit("work_dir", o.work_dir);
  visit("output_dir", o.output_dir);
  visit("log_dir", o.log_dir);
  visit("num_gpus", o.num_gpus);
  visit("max_step", o.max_step);
}

/// Of all fields but output_dir and max_step, which differ between the programs.
FieldHelp describe_uai_option(std::string_view name);

/// A relative path is below --work-dir.
std::string placed(const UaiOptions& options, const std::string& path);

/// Checks the options, and places the job's folders: --job-dir, --output-dir or runs/TRAINER.
/// Throws InvalidArgument for what can't be.
void complete_uai(const UaiOptions& options, std::string_view trainer, JobOptions& job);

/// Throws InvalidArgument for GPUs, of which there are none here: 0 or -1, all that there are.
void require_no_gpus(std::int64_t num_gpus);

}  // namespace carnyx
