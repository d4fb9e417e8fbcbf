// The options of the schedules as Keras's configs name them.
#pragma once

#include "carnyx/base/fields.h"
#include "carnyx/optimizers/schedules.h"

namespace carnyx {

template <class V>
void visit_fields(V& visit, ExponentialDecayOptions& o) {
  visit("initial_learning_rate", o.initial_learning_rate);
  visit("decay_steps", o.decay_steps);
  visit("decay_rate", o.decay_rate);
  visit("staircase", o.staircase);
}

template <class V>
void visit_fields(V& visit, PiecewiseConstantDecayOptions& o) {
  visit("boundaries", o.boundaries);
  visit("values", o.values);
}

template <class V>
void visit_fields(V& visit, PolynomialDecayOptions& o) {
  visit("initial_learning_rate", o.initial_learning_rate);
  visit("decay_steps", o.decay_steps);
  visit("end_learning_rate", o.end_learning_rate);
  visit("power", o.power);
  visit("cycle", o.cycle);
}

template <class V>
void visit_fields(V& visit, InverseTimeDecayOptions& o) {
  visit("initial_learning_rate", o.initial_learning_rate);
  visit("decay_steps", o.decay_steps);
  visit("decay_rate", o.decay_rate);
  visit("staircase", o.staircase);
}

template <class V>
void visit_fields(V& visit, CosineDecayOptions& o) {
  visit("initial_learning_rate", o.initial_learning_rate);
  visit("decay_steps", o.decay_steps);
  visit("alpha", o.alpha);
  visit("warmup_target", o.warmup_target);
  visit("warmup_steps", o.warmup_steps);
}

template <class V>
void visit_fields(V& visit, CosineDecayRestartsOptions& o) {
  visit("initial_learning_rate", o.initial_learning_rate);
  visit("first_decay_steps", o.first_decay_steps);
  visit("t_mul", o.t_mul);
  visit("m_mul", o.m_mul);
  visit("alpha", o.alpha);
}

}  // namespace carnyx
