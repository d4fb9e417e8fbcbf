#pragma once

#include "trainers/digits_trainer.h"
#include "trainers/uai_platform.h"

namespace carnyx {

/// TensorFlow 2's first tutorial as UAI Train ran it: flatten, dense 512, dropout, dense 10.
class UaiMnist final : public DigitsTrainer {
 public:
  [[nodiscard]] std::string name() const override { return "uai_mnist"; }
  [[nodiscard]] std::string description() const override {
    return "dense network 784-512-10 on MNIST, 407,050 parameters, with UAI Train's flags";
  }
  void visit_options(OptionVisitor& visit) override { visit_fields(visit, options_); }
  [[nodiscard]] FieldHelp describe_option(std::string_view name) const override;
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
