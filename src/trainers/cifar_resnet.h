#pragma once

#include "carnyx/trainers/trainer.h"

#include "trainers/resnet_options.h"

namespace carnyx {

/// ResNet on CIFAR-10 as TensorFlow's official resnet_cifar_main of 2019 trained it, with its
/// flags: padded, cropped, flipped and standardised pictures, SGD with momentum, 182 epochs.
class CifarResnet final : public Trainer {
 public:
  [[nodiscard]] std::string name() const override { return "cifar_resnet"; }
  [[nodiscard]] std::string description() const override {
    return "ResNet-56 (20, 32, 110) on CIFAR-10, 860,346 parameters";
  }
  void visit_options(OptionVisitor& visit) override { visit_fields(visit, options_); }
  [[nodiscard]] FieldHelp describe_option(std::string_view name) const override;
  [[nodiscard]] FieldHelp describe_job_option(std::string_view name) const override;
  void complete(JobOptions& job) const override;
  [[nodiscard]] std::optional<FixedModel> fixed_model(const JobOptions& job) const override;
  void fetch_data(const JobOptions& job, const JobEnvironment& environment) const override;
  [[nodiscard]] Training prepare(const JobOptions& job) const override;
  [[nodiscard]] TrainerOutputs outputs(const JobOptions& job,
                                       const JobEnvironment& environment) const override;

 private:
  [[nodiscard]] std::string model_dir(const JobOptions& job) const;
  [[nodiscard]] double base_rate(const JobOptions& job) const;
  [[nodiscard]] CompileOptions compile_options(const JobOptions& job,
                                               std::int64_t steps_per_epoch) const;
  [[nodiscard]] TrainTest load_data(const JobOptions& job) const;

  ResnetOptions options_;
};

}  // namespace carnyx
