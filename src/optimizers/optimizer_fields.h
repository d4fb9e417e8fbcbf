// The common options as Keras's configs name them, and their ranges.
#pragma once

#include "carnyx/base/fields.h"
#include "carnyx/optimizers/optimizer.h"

namespace carnyx {

template <class V>
void visit_fields(V& visit, OptimizerOptions& o) {
  visit("weight_decay", o.weight_decay);
  visit("clipnorm", o.clipnorm);
  visit("global_clipnorm", o.global_clipnorm);
  visit("clipvalue", o.clipvalue);
  visit("use_ema", o.use_ema);
  visit("ema_momentum", o.ema_momentum);
  visit("ema_overwrite_frequency", o.ema_overwrite_frequency);
  visit("loss_scale_factor", o.loss_scale_factor);
  visit("gradient_accumulation_steps", o.gradient_accumulation_steps);
}

/// Throw InvalidArgument naming the option that is out of range.
void check_options(const OptimizerOptions& options);
void check_learning_rate(const LearningRate& rate);

}  // namespace carnyx
