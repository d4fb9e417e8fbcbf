#pragma once

#include "carnyx/trainers/trainer.h"

namespace carnyx {

/// Whether MNIST is here: where the options say, or where it is searched for.
bool has_digits(const JobOptions& options);

/// What trainers of one network on MNIST share: where the digits come from, how a sample looks.
class DigitsTrainer : public Trainer {
 public:
  [[nodiscard]] std::optional<FixedModel> fixed_model(const JobOptions& options) const final {
    return FixedModel{network(), compile_options(options)};
  }
  void fetch_data(const JobOptions& job, const JobEnvironment& environment) const override;
  [[nodiscard]] bool can_stream(const JobOptions&) const override { return true; }
  [[nodiscard]] Training prepare(const JobOptions& options) const final;

 protected:
  [[nodiscard]] virtual Network network() const = 0;
  [[nodiscard]] virtual CompileOptions compile_options(const JobOptions& options) const = 0;
  /// Images as their files shape them.
  [[nodiscard]] virtual TrainTest load_data(const JobOptions& options) const {
    return load_digits(options);
  }
  [[nodiscard]] virtual bool validates() const { return true; }
};

}  // namespace carnyx
