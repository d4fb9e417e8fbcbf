// One call of fit(): epochs of native steps, and after each the one point where replicas agree on
// what comes next. Callbacks, stop flags and checkpoints may differ between them; the collective
// calls may not, so none depends on what only one replica knows.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "carnyx/saving/checkpoint.h"
#include "carnyx/training/model.h"

#include "training/epoch_sums.h"
#include "training/model_state.h"
#include "training/training_rows.h"

namespace carnyx {

/// The step that comes next, and what the epoch has summed up so far.
struct TrainingPosition {
  std::int64_t epoch = 0;
  std::int64_t step = 0;  ///< of the epoch
  EpochSums sums;         ///< of this replica's rows
};

class Fitting {
 public:
  Fitting(Model& model, Model::State& state, TrainingRows rows, FitOptions options);
  History run();

 private:
  /// Sums gradients over the replicas, for the graph.
  class GradientReducer final : public Reducer {
   public:
    explicit GradientReducer(Replicas& replicas) : replicas_(replicas) {}
    void reduce(std::span<float> gradient) override { replicas_.reduce(gradient); }

   private:
    Replicas& replicas_;
  };

  void begin();
  void run_epoch();
  void run_step();
  void end_epoch();
  void announce_next();
  void prime_at(std::int64_t epoch, std::int64_t step);
  [[nodiscard]] Logs local_means() const;
  [[nodiscard]] std::int64_t validation_samples() const;
  [[nodiscard]] Logs validate() const;
  void call_step_callbacks();
  [[nodiscard]] std::string what_goes_on() const;
  [[noreturn]] void leave() const;

  // Collective: what all replicas call at the same points.
  void begin_together(const Json& resumed);
  [[nodiscard]] Json broadcast(const Json& json);
  void broadcast_callback_tensors();
  [[nodiscard]] bool agree_to_leave();
  [[nodiscard]] bool agree_that_it_ended() const;
  [[nodiscard]] Logs running_means() const;
  [[nodiscard]] Json gather_shares() const;
  void save_checkpoint();

  [[nodiscard]] Json resume();
  [[nodiscard]] bool checkpoint_due() const;
  [[nodiscard]] Json state_to_json(const Json& shares) const;
  void restore(const Json& state);
  void restore_shares(const Json& shares);
  void restore_callback_tensors();
  void require_same_run(const Json& saved) const;
  [[nodiscard]] Json run_identity() const;

  Model::State& state_;
  TrainingRows rows_;
  FitOptions options_;
  OneProcess alone_;
  Replicas& replicas_;
  GradientReducer reducer_;
  std::int64_t local_batch_;  // rows of this replica
  std::int64_t steps_per_epoch_;
  std::unique_ptr<Program> program_;
  std::unique_ptr<CheckpointDirectory> checkpoints_;  // of rank 0
  bool saves_checkpoints_ = false;                    // whether rank 0 does; the same on all
  bool is_kept_ = false;                              // whether the last one was written
  RunInfo info_;
  CallbackContext context_;
  TrainingPosition position_;
  kernels::BatchRows next_;         // this replica's rows of the step after this one
  std::int64_t gathered_rows_ = 0;  // rows that prime() or the last run() gathered
  double gathered_total_ = 0;       // the same over all replicas
  bool was_ended_ = false;  // by a callback, before the checkpoint that the run goes on from
  std::vector<NamedTensor> callback_tensors_;  // of that checkpoint, until the callbacks have them
  History history_;
};

}  // namespace carnyx
