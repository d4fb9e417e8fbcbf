#include "trainers/resnet_schedule.h"

#include <algorithm>

#include "carnyx/training/model.h"

namespace carnyx {
namespace {

/// Exactly what 0.1, 0.01 and 0.001 are as doubles; products of 0.1 would not be.
double share_after(std::int64_t decays) {
  double divisor = 1;
  for (std::int64_t decay = 0; decay < decays; ++decay) divisor *= 10;
  return 1 / divisor;
}

}  // namespace

double resnet_base_rate(std::int64_t batch_size) {
  constexpr double kRate = 0.1;
  constexpr double kBatchSize = 128;
  return kRate * static_cast<double>(batch_size) / kBatchSize;
}

double resnet_rate_share(std::int64_t epoch, std::span<const std::int64_t> decay_epochs) {
  return share_after(
      std::ranges::count_if(decay_epochs, [epoch](std::int64_t decay) { return epoch >= decay; }));
}

PiecewiseConstantDecay resnet_tensor_schedule(double base_rate,
                                              std::int64_t steps_per_epoch,
                                              std::span<const std::int64_t> decay_epochs) {
  PiecewiseConstantDecayOptions options{.boundaries = {}, .values = {base_rate}};
  for (const std::int64_t epoch : decay_epochs) {
    options.boundaries.push_back(epoch * steps_per_epoch);
    options.values.push_back(resnet_rate_share(epoch, decay_epochs) * base_rate);
  }
  return PiecewiseConstantDecay(std::move(options));
}

void ResnetSchedule::on_epoch_begin(CallbackContext& context, std::int64_t epoch) {
  context.model.set_learning_rate(base_rate_ * resnet_rate_share(epoch, decay_epochs_));
}

}  // namespace carnyx
