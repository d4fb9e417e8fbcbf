#pragma once

#include "trainers/digits_trainer.h"

namespace carnyx {

/// Keras's mnist_cnn, as it ran on Keras-MXNet in Kubernetes: two convolutions, pooling, two dense
/// layers; it downloads MNIST itself.
class MnistCnn final : public DigitsTrainer {
 public:
  [[nodiscard]] std::string name() const override { return "mnist_cnn"; }
  [[nodiscard]] std::string description() const override {
    return "two convolutions on MNIST, 1,199,882 parameters; downloads MNIST itself";
  }
  void complete(JobOptions& job) const override;
  void fetch_data(const JobOptions& job, const JobEnvironment& environment) const override;
  [[nodiscard]] TrainerOutputs outputs(const JobOptions& job,
                                       const JobEnvironment& environment) const override;

 protected:
  [[nodiscard]] Network network() const override;
  [[nodiscard]] CompileOptions compile_options(const JobOptions& job) const override;
};

}  // namespace carnyx
