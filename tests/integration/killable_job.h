// A training command that is killed at a failpoint and run again must end in the bits of a run that
// nobody disturbed.
#pragma once

#include <csignal>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/hash.h"
#include "carnyx/base/temporary_directory.h"

#include "tests/integration/program.h"

namespace carnyx::test {

class KillableJob {
 public:
  /// `arguments` from "train" on, without a job directory.
  KillableJob(std::vector<std::string> arguments, int last_step, int every_steps)
      : arguments_(std::move(arguments)), last_step_(last_step), every_steps_(every_steps) {
    arguments_.insert(arguments_.end(),
                      {"--checkpoint-every-steps", std::to_string(every_steps), "--verbose", "0"});
  }

  [[nodiscard]] int last_step() const { return last_step_; }

  /// Runs to the end, undisturbed: what all others must end with.
  void run_whole() {
    const TemporaryDirectory job;
    const Outcome whole = train(job.path(), "");
    ASSERT_EQ(whole.status, 0) << whole.err;
    expected_ = weights(job.path());
  }

  /// Kills a run by the failpoint and runs it again; `step`: where it died, or -1 if unknown.
  void kill_and_resume(const std::string& failpoint, int step) const {
    SCOPED_TRACE(failpoint);
    const TemporaryDirectory job;
    const Outcome killed = train(job.path(), failpoint);
    ASSERT_EQ(killed.signal, SIGKILL) << killed.err;

    const Outcome resumed = train(job.path(), "");

    ASSERT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_EQ(weights(job.path()), expected_);
    if (step >= 0) {
      EXPECT_LE(step - resumed_step(resumed.err), every_steps_);
    }
  }

 private:
  [[nodiscard]] Outcome train(const std::string& job_dir, const std::string& failpoints) const {
    std::vector<std::string> arguments = arguments_;
    arguments.insert(arguments.end(), {"--job-dir", job_dir});
    return run_program({.arguments = std::move(arguments),
                        .environment = {{"CARNYX_FAILPOINTS", failpoints}},
                        .directory = {}});
  }

  /// The digest of all weights, statistics and slots after the last step.
  [[nodiscard]] std::string weights(const std::string& job_dir) const {
    std::string step = std::to_string(last_step_);
    step.insert(0, 8 - step.size(), '0');
    return file_hash_hex(job_dir + "/checkpoints/step-" + step + "/tensors.safetensors",
                         Hash::Algorithm::Sha256);
  }

  /// The step that a run says it resumed from; 0 if it began anew.
  static int resumed_step(const std::string& err) {
    std::smatch match;
    return std::regex_search(err, match, std::regex("iterations=(\\d+)")) ? std::stoi(match[1]) : 0;
  }

  std::vector<std::string> arguments_;
  int last_step_;
  int every_steps_;
  std::string expected_;
};

}  // namespace carnyx::test
