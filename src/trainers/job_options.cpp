#include "carnyx/trainers/job_options.h"

#include <array>

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"
#include "carnyx/base/nearest.h"

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 2> kPolicies = {"auto", "never"};
constexpr std::array<std::string_view, 2> kBackends = {"cpu", "reference"};

constexpr std::array<NamedHelp, 27> kDescriptions = {{
    {"job_dir", {"folder for everything the job makes (default runs/TRAINER)"}},
    {"data_dir",
     {"the data: a folder or a file (default: $CARNYX_DATA, ./data, the cache)", "--data"}},
    {"synthetic", {"train on the built-in synthetic digits"}},
    {"fetch", {"download the data set first if it is not here"}},
    {"stream",
     {"leave the data on disk and read it through a shuffle buffer; by itself where it would take "
      "over half of the memory"}},
    {"shuffle_buffer", {"samples that streamed data is shuffled in; 0: what --memory-limit holds"}},
    {"memory_limit", {"MB that streamed data may take; 0: 256"}},
    {"epochs", {"passes over the data (default: the trainer's)"}},
    {"batch_size", {"samples a step (default: the trainer's)"}},
    {"learning_rate", {"overrides the trainer's"}},
    {"steps_per_epoch", {"end an epoch after so many steps; 0: all samples"}},
    {"seed", {"decides initial weights, order and dropout"}},
    {"precision", {"float32, mixed_bfloat16, or float64 with --backend reference"}},
    {"float32_matmul_precision", {"highest, or high: three bfloat16 products where tiles exist"}},
    {"backend", {"cpu, or reference: every op by its specification, slow"}},
    {"isa", {"auto, baseline, avx2, avx512, avx512_bf16 or amx"}},
    {"threads", {"0: the CPUs this process may use"}},
    {"fuse_updates", {"run the optimizer inside the weight gradients' epilogues"}},
    {"checkpoint_every_steps", {"0: at the end of each epoch"}},
    {"keep_checkpoints", {"how many to keep"}},
    {"resume", {"auto: go on from the job directory's newest checkpoint; never"}},
    {"overwrite", {"remove what an earlier run left in the job directory"}},
    {"tensorboard", {"write TensorBoard events to events/ in the job directory"}},
    {"histogram_freq", {"epochs between the events' histograms of all weights; 0: none"}},
    {"report", {"write report.html at the end"}},
    {"log_style", {"keras2, keras3, plain or json"}},
    {"verbose", {"0 silent, 1 progress bar, 2 a line an epoch (default: the trainer's)"}},
}};

}  // namespace

std::string_view name_of(ResumePolicy policy) {
  return kPolicies[static_cast<std::size_t>(policy)];
}

void from_name(std::string_view name, ResumePolicy& policy) {
  if (name != kPolicies[0] && name != kPolicies[1]) {
    throw InvalidArgument(unknown_name("resume policy", name, kPolicies));
  }
  policy = name == kPolicies[0] ? ResumePolicy::Auto : ResumePolicy::Never;
}

FieldHelp help_of(std::span<const NamedHelp> table, std::string_view name) {
  for (const NamedHelp& entry : table) {
    if (entry.name == name) return entry.help;
  }
  ensure_failed("a described field", __FILE__, __LINE__);
}

FieldHelp describe_field(std::string_view name) {
  return help_of(kDescriptions, name);
}

ModelOptions model_options(const JobOptions& options) {
  if (options.backend != kBackends[0] && options.backend != kBackends[1]) {
    throw InvalidArgument(unknown_name("backend", options.backend, kBackends));
  }
  return {.seed = static_cast<std::uint64_t>(options.seed),
          .precision = options.precision,
          .float32_matmul_precision = options.float32_matmul_precision,
          .backend = options.backend == kBackends[0] ? Backend::Cpu : Backend::Reference,
          .threads = options.threads,
          .fuse_updates = options.fuse_updates};
}

}  // namespace carnyx
