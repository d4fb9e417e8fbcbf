#pragma once

#include "carnyx/trainers/job.h"
#include "carnyx/trainers/trainer.h"

#include "trainers/run_record.h"

namespace carnyx {

/// What a report is made of.
struct FinishedRun {
  Trainer& trainer;
  const JobOptions& options;
  const RunRecord& record;
  const History& history;
  const Logs& test;
  const Training& training;
};

/// The page about a run; predicts the test set once more.
std::string report_of(const FinishedRun& run, Model& model);

}  // namespace carnyx
