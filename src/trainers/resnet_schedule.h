// The learning rate of ResNet on CIFAR-10: 0.1 for batches of 128, in proportion for others, a
// tenth of it from each of the decay epochs on: 91, 136 and 182 in the original.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "carnyx/optimizers/schedules.h"
#include "carnyx/training/callback.h"

namespace carnyx {

/// Of the first epochs.
double resnet_base_rate(std::int64_t batch_size);

/// Of an epoch, counted from 0, as a share of the first ones'. `decay_epochs` ascend.
double resnet_rate_share(std::int64_t epoch, std::span<const std::int64_t> decay_epochs);

/// The same by steps: each share up to and including the step at the boundary, as Keras's
/// PiecewiseConstantDecay has it.
PiecewiseConstantDecay resnet_tensor_schedule(double base_rate,
                                              std::int64_t steps_per_epoch,
                                              std::span<const std::int64_t> decay_epochs);

/// Sets the rate before the first batch of each epoch; in between it doesn't change.
class ResnetSchedule final : public Callback {
 public:
  ResnetSchedule(double base_rate, std::vector<std::int64_t> decay_epochs)
      : base_rate_(base_rate), decay_epochs_(std::move(decay_epochs)) {}

  [[nodiscard]] std::string name() const override { return "learning_rate_batch_scheduler"; }
  void on_epoch_begin(CallbackContext& context, std::int64_t epoch) override;

 private:
  double base_rate_;
  std::vector<std::int64_t> decay_epochs_;
};

}  // namespace carnyx
