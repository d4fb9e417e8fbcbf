#pragma once

#include "trainers/digits_trainer.h"
#include "trainers/uai_platform.h"

namespace carnyx {

/// UAI Train's distributed MNIST: three convolutions, two dense layers, 1000 steps, checkpoints in
/// the output folder.
class UaiMnistDist final : public DigitsTrainer {
 public:
  [[nodiscard]] std::string name() const override { return "uai_mnist_dist"; }
  [[nodiscard]] std::string description() const override {
    return "three convolutions on MNIST, 93,322 parameters, 1000 steps, with UAI Train's flags";
  }
  void visit_options(OptionVisitor& visit) override { visit_fields(visit, options_); }
  [[nodiscard]] FieldHelp describe_option(std::string_view name) const override;
  [[nodiscard]] JobOptions default_options() const override;
  void complete(JobOptions& job) const override;
  [[nodiscard]] TrainerOutputs outputs(const JobOptions& job,
                                       const JobEnvironment& environment) const override;

 protected:
  [[nodiscard]] Network network() const override;
  [[nodiscard]] CompileOptions compile_options(const JobOptions& job) const override;
  [[nodiscard]] bool validates() const override { return false; }

 private:
  UaiOptions options_;
};

}  // namespace carnyx
