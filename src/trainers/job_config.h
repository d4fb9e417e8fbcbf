// job.yaml: which trainer, and every option of the job and of the trainer, resolved.
#pragma once

#include <memory>
#include <string>

#include "carnyx/base/json.h"
#include "carnyx/trainers/trainer.h"

namespace carnyx {

/// The trainer's name, the job's options, the trainer's own: one flat object.
Json config_json(Trainer& trainer, const JobOptions& options);

/// That as YAML: every scalar of JSON is one of YAML's.
std::string config_yaml(Trainer& trainer, const JobOptions& options);

/// A trainer with its own options, and the job's.
struct JobConfig {
  std::unique_ptr<Trainer> trainer;
  JobOptions options;
};

/// Reads what config_yaml() wrote. Throws CorruptData or InvalidArgument naming file and line.
JobConfig read_config(const std::string& path);

}  // namespace carnyx
