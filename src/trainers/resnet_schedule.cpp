#include "trainers/resnet_schedule.h"

#include <array>
#include <vector>

#include "carnyx/training/model.h"

namespace carnyx {
namespace {

struct Change {
  double share;
  std::int64_t epoch;
};
constexpr std::array<Change, 3> kChanges = {{{0.1, 91}, {0.01, 136}, {0.001, 182}}};

}  // namespace

double resnet_base_rate(std::int64_t batch_size) {
  constexpr double kRate = 0.1;
  constexpr double kBatchSize = 128;
  return kRate * static_cast<double>(batch_size) / kBatchSize;
}

double resnet_rate_share(std::int64_t epoch) {
  double share = 1;
  for (const Change& change : kChanges) {
    if (epoch >= change.epoch) share = change.share;
  }
  return share;
}

PiecewiseConstantDecay resnet_tensor_schedule(double base_rate, std::int64_t steps_per_epoch) {
  PiecewiseConstantDecayOptions options{.boundaries = {}, .values = {base_rate}};
  for (const Change& change : kChanges) {
    options.boundaries.push_back(change.epoch * steps_per_epoch);
    options.values.push_back(change.share * base_rate);
  }
  return PiecewiseConstantDecay(std::move(options));
}

void ResnetSchedule::on_epoch_begin(CallbackContext& context, std::int64_t epoch) {
  context.model.set_learning_rate(base_rate_ * resnet_rate_share(epoch));
}

}  // namespace carnyx
