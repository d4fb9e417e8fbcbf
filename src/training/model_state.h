// What a Model holds. Programs are compiled on first use and kept while they fit.
#pragma once

#include <memory>
#include <optional>

#include "carnyx/graph/program.h"
#include "carnyx/training/model.h"

#include "training/epoch_sums.h"
#include "training/step_graphs.h"

namespace carnyx {

struct Model::State {
  State(Network model_network, ModelOptions model_options);

  Network network;
  ModelOptions options;
  kernels::ThreadPool pool;
  std::optional<CompileOptions> compiled;
  std::unique_ptr<StateStore> states;  // programs point into it
  std::int64_t iterations = 0;
  double learning_rate = 0;  ///< unless there is a schedule
  std::uint64_t fit_calls = 0;

  [[nodiscard]] ProgramOptions program_options() const;
  [[nodiscard]] const CompileOptions& compiled_or_throw(const char* wanted) const;
  /// The optimizer's, if it has one instead of a number.
  [[nodiscard]] const LearningRateSchedule* schedule() const;
  /// What decides the order and the augmentation of the next call of fit(): the seed, and for later
  /// calls others, so that a loop around fit() sees other orders.
  [[nodiscard]] std::uint64_t next_fit_seed();
  /// The learning rate of the next step.
  [[nodiscard]] double step_learning_rate() const;
  /// Fixes the input's shape and makes the weights, if that has not happened.
  void ensure_built(const Shape& sample_shape);
  /// The same; throws InvalidArgument unless each input of the network has samples of its shape.
  void ensure_built(const Dataset& data);
  /// Throws InvalidArgument while the weights can't exist, for want of an input shape.
  void require_built() const;
  /// The state store for the network as it is compiled now; weights that exist keep their values.
  void rebuild_states();
  /// "loss" and the metrics over samples [first, first + count).
  Logs evaluate(const Dataset& data,
                std::int64_t first,
                std::int64_t count,
                std::int64_t batch_size);
  Logs evaluate(const SampleStream& stream, std::int64_t batch_size);

 private:
  struct Evaluation {
    std::int64_t batch_size;
    InputTypes types;
    EpochSums sums;
    Program program;

    void add(std::span<const std::int64_t> rows, std::uint64_t seed);  ///< one batch
  };
  Evaluation& evaluation_program(const InputTypes& types, std::int64_t batch_size);
  std::optional<Evaluation> evaluation_;
};

/// Binds what the program reads of inputs, targets and "sample_weight" to the data set's arrays.
/// What is random in an augmentation is for training.
void bind_dataset(Program& program, const Dataset& data, Mode mode = Mode::Inference);

}  // namespace carnyx
