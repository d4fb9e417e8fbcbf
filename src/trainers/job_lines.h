// What a job tells people before its first epoch.
#pragma once

#include "carnyx/trainers/trainer.h"
#include "carnyx/training/progress.h"

#include "trainers/job_streams.h"

namespace carnyx {

/// The first lines of the program that a trainer replaces, with --log-style keras2.
void print_opening(const JobOptions& options,
                   const TrainerOutputs& outputs,
                   ProgressOutput& output);

/// The summary, in the log style's form; with keras2 after the numbers of samples.
void print_model(const JobOptions& options,
                 const TrainerOutputs& outputs,
                 const Network& network,
                 const JobData& data,
                 ProgressOutput& output);

/// What measuring the test part came to, as Keras's evaluate says it.
void print_evaluation(const JobOptions& options,
                      const TrainerOutputs& outputs,
                      const Evaluation& evaluation,
                      ProgressOutput& output);

}  // namespace carnyx
