#include "optimizers/optimizer_fields.h"

#include <cmath>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

void require_positive(std::string_view option, const std::optional<double>& value) {
  if (!value || (*value > 0 && std::isfinite(*value))) return;
  throw InvalidArgument(format("optimizer: {} must be positive, got {}", option, *value));
}

void require_at_least(std::string_view option,
                      const std::optional<std::int64_t>& value,
                      std::int64_t least) {
  if (!value || *value >= least) return;
  throw InvalidArgument(format("optimizer: {} must be at least {}, got {}", option, least, *value));
}

}  // namespace

void check_options(const OptimizerOptions& options) {
  require_positive("clipnorm", options.clipnorm);
  require_positive("global_clipnorm", options.global_clipnorm);
  require_positive("clipvalue", options.clipvalue);
  require_positive("loss_scale_factor", options.loss_scale_factor);
  require_at_least("ema_overwrite_frequency", options.ema_overwrite_frequency, 1);
  require_at_least("gradient_accumulation_steps", options.gradient_accumulation_steps, 2);
  const int clips = int{options.clipnorm.has_value()} + int{options.clipvalue.has_value()} +
                    int{options.global_clipnorm.has_value()};
  if (clips > 1) {
    throw InvalidArgument(
        "optimizer: expected at most one of clipnorm, clipvalue and global_clipnorm, got " +
        std::to_string(clips) + "; leave out the others");
  }
  const double decay = options.weight_decay.value_or(0);
  if (!(decay >= 0 && std::isfinite(decay))) {
    throw InvalidArgument(format("optimizer: weight_decay must be at least 0, got {}", decay));
  }
  if (!(options.ema_momentum >= 0 && options.ema_momentum <= 1)) {
    throw InvalidArgument(
        format("optimizer: ema_momentum must be in [0, 1], got {}", options.ema_momentum));
  }
}

void check_learning_rate(const LearningRate& rate) {
  if (rate.schedule() == nullptr) require_positive("learning_rate", rate.at(0));
}

}  // namespace carnyx
