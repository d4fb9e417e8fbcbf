#pragma once

#include "carnyx/trainers/trainer.h"

namespace carnyx {

/// Keras's mnist_mlp: 784-512-512-10 with dropout, as on Cloud ML Engine and TensorFlowOnSpark.
class MnistMlp final : public Trainer {
 public:
  [[nodiscard]] std::string_view name() const override { return "mnist_mlp"; }
  [[nodiscard]] std::string_view description() const override {
    return "dense network 784-512-512-10 on MNIST, 669,706 parameters";
  }
  [[nodiscard]] std::int64_t default_epochs() const override { return 20; }
  [[nodiscard]] std::int64_t default_batch_size() const override { return 128; }
  [[nodiscard]] Network network() const override;
  [[nodiscard]] CompileOptions compile_options(const JobOptions& options) const override;
  [[nodiscard]] TrainTest load_data(const JobOptions& options) const override;
  [[nodiscard]] std::optional<Shape> picture_shape() const override { return Shape{28, 28}; }
};

}  // namespace carnyx
