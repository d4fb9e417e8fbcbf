// The learning rate of ResNet on CIFAR-10: 0.1 for batches of 128, in proportion for others, a
// tenth of it from epoch 91 on, a hundredth from 136, a thousandth from 182.
#pragma once

#include <cstdint>

#include "carnyx/optimizers/schedules.h"
#include "carnyx/training/callback.h"

namespace carnyx {

/// Of the first epochs.
double resnet_base_rate(std::int64_t batch_size);

/// Of an epoch, counted from 0, as a share of the first ones'.
double resnet_rate_share(std::int64_t epoch);

/// The same by steps: each share up to and including the step at the boundary, as Keras's
/// PiecewiseConstantDecay has it.
PiecewiseConstantDecay resnet_tensor_schedule(double base_rate, std::int64_t steps_per_epoch);

/// Sets the rate before the first batch of each epoch; in between it doesn't change.
class ResnetSchedule final : public Callback {
 public:
  explicit ResnetSchedule(double base_rate) : base_rate_(base_rate) {}

  [[nodiscard]] std::string name() const override { return "learning_rate_batch_scheduler"; }
  void on_epoch_begin(CallbackContext& context, std::int64_t epoch) override;

 private:
  double base_rate_;
};

}  // namespace carnyx
