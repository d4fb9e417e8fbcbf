// A small model that is trained on some replicas at once, and what each has in the end.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/training/step_runs.h"
#include "tests/training/thread_replicas.h"

namespace carnyx {

inline std::vector<AnyLayer> plain_layers() {
  return {Dense({.units = 12, .activation = Activation::Relu, .input_shape = {{6}}}),
          Dropout({.rate = 0.25}),
          Dense({.units = 3, .activation = Activation::Softmax})};
}

inline Model make_model(std::vector<AnyLayer> layers = plain_layers()) {
  Model model(Network(std::move(layers)), {.threads = 1});
  model.compile(
      {.optimizer = SGD({.learning_rate = 0.1, .momentum = 0.9}), .metrics = {Accuracy({})}});
  return model;
}

/// What one replica has in the end.
struct Trained {
  Outcome states;
  History history;
};

inline Trained outcome_of(Model& model, History history) {
  Trained trained{.states = {}, .history = std::move(history)};
  for (const auto& entry : model.states().entries()) {
    trained.states[entry.spec.name] = numbers_of(model.weight(entry.spec.name));
  }
  return trained;
}

using Adapt = std::function<void(FitOptions&, int rank)>;

/// Trains on `size` replicas; an error of any of them is a failure.
inline std::vector<Trained> train_together(int size,
                                           const Dataset& data,
                                           const FitOptions& options,
                                           const std::vector<AnyLayer>& layers = plain_layers(),
                                           const Adapt& adapt = {}) {
  std::vector<Trained> results(static_cast<std::size_t>(size));
  const auto errors = run_together(size, [&](Replicas& replicas) {
    Model model = make_model(layers);
    FitOptions own = options;
    own.replicas = &replicas;
    if (adapt) adapt(own, replicas.rank());
    History history = model.fit(data, own);
    results[static_cast<std::size_t>(replicas.rank())] = outcome_of(model, std::move(history));
  });
  EXPECT_THAT(errors, testing::Each(std::string()));
  return results;
}

}  // namespace carnyx
