#pragma once

#include "trainers/digits_trainer.h"

namespace carnyx {

/// The flags that the UAI Train platform gives each program, besides the job's data_dir.
struct UaiMnistOptions {
  std::string work_dir;
  std::string output_dir;
  std::string log_dir;
  std::int64_t num_gpus = 0;
  std::int64_t max_step = 0;
};

template <class V>
void visit_fields(V& visit, UaiMnistOptions& o) {
  visit("work_dir", o.work_dir);
  visit("output_dir", o.output_dir);
  visit("log_dir", o.log_dir);
  visit("num_gpus", o.num_gpus);
  visit("max_step", o.max_step);
}

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
  [[nodiscard]] TrainerOutputs outputs(const JobOptions& job, const Clock& clock) const override;

 protected:
  [[nodiscard]] Network network() const override;
  [[nodiscard]] CompileOptions compile_options(const JobOptions& job) const override;
  [[nodiscard]] bool validates() const override { return false; }

 private:
  /// A relative path is below --work-dir.
  [[nodiscard]] std::string placed(const std::string& path) const;

  UaiMnistOptions options_;
};

}  // namespace carnyx
