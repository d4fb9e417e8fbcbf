#pragma once

#include "trainers/digits_trainer.h"

namespace carnyx {

/// The flags of mnist_mlp.py as it ran on Cloud ML Engine (train_file, dropout_*; the job's
/// job_dir) and on TensorFlowOnSpark (the others; the job's epochs, batch_size and
/// steps_per_epoch).
struct MnistMlpOptions {
  std::string train_file;
  double dropout_one = 0.2;
  double dropout_two = 0.2;
  std::string images;
  std::string labels;
  std::string model;
  std::string logdir;
  std::string mode;
  std::string export_dir;
  std::int64_t cluster_size = 1;
  std::int64_t num_ps = 0;
};

template <class V>
void visit_fields(V& visit, MnistMlpOptions& o) {
  visit("train_file", o.train_file);
  visit("dropout_one", o.dropout_one);
  visit("dropout_two", o.dropout_two);
  visit("images", o.images);
  visit("labels", o.labels);
  visit("model", o.model);
  visit("logdir", o.logdir);
  visit("mode", o.mode);
  visit("export_dir", o.export_dir);
  visit("cluster_size", o.cluster_size);
  visit("num_ps", o.num_ps);
}

/// Keras's mnist_mlp: 784-512-512-10 with dropout, as on Cloud ML Engine and TensorFlowOnSpark.
class MnistMlp final : public DigitsTrainer {
 public:
  [[nodiscard]] std::string name() const override { return "mnist_mlp"; }
  [[nodiscard]] std::string description() const override {
    return "dense network 784-512-512-10 on MNIST, 669,706 parameters";
  }
  void visit_options(OptionVisitor& visit) override { visit_fields(visit, options_); }
  [[nodiscard]] FieldHelp describe_option(std::string_view name) const override;
  void complete(JobOptions& job) const override;
  [[nodiscard]] bool can_stream(const JobOptions&) const override {
    return options_.images.empty();
  }
  [[nodiscard]] TrainerOutputs outputs(const JobOptions& job,
                                       const JobEnvironment& environment) const override;

 protected:
  [[nodiscard]] Network network() const override;
  [[nodiscard]] CompileOptions compile_options(const JobOptions& job) const override;
  [[nodiscard]] TrainTest load_data(const JobOptions& job) const override;

 private:
  /// Whether a flag of one of the two programs was used; its files and lines then come too.
  [[nodiscard]] bool is_cloud_form() const { return !options_.train_file.empty(); }
  [[nodiscard]] bool is_spark_form() const;
  void check_cluster() const;
  void check_mode() const;
  void check_places() const;
  [[nodiscard]] std::string namespace_line(const JobOptions& job) const;

  MnistMlpOptions options_;
};

}  // namespace carnyx
