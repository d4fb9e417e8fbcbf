// The optimizers' own options as Keras's configs name them.
#pragma once

#include "carnyx/base/fields.h"
#include "carnyx/optimizers/optimizers.h"

namespace carnyx {

template <class V>
void visit_fields(V& visit, SGDOptions& o) {
  visit("learning_rate", o.learning_rate);
  visit("momentum", o.momentum);
  visit("nesterov", o.nesterov);
}

template <class V>
void visit_fields(V& visit, RMSpropOptions& o) {
  visit("learning_rate", o.learning_rate);
  visit("rho", o.rho);
  visit("momentum", o.momentum);
  visit("epsilon", o.epsilon);
  visit("centered", o.centered);
  visit("epsilon_outside_root", o.epsilon_outside_root);
}

template <class V>
void visit_fields(V& visit, AdamOptions& o) {
  visit("learning_rate", o.learning_rate);
  visit("beta_1", o.beta_1);
  visit("beta_2", o.beta_2);
  visit("epsilon", o.epsilon);
  visit("amsgrad", o.amsgrad);
}

template <class V>
void visit_fields(V& visit, AdamWOptions& o) {
  visit("learning_rate", o.learning_rate);
  visit("weight_decay", o.weight_decay);
  visit("beta_1", o.beta_1);
  visit("beta_2", o.beta_2);
  visit("epsilon", o.epsilon);
  visit("amsgrad", o.amsgrad);
}

template <class V>
void visit_fields(V& visit, AdamaxOptions& o) {
  visit("learning_rate", o.learning_rate);
  visit("beta_1", o.beta_1);
  visit("beta_2", o.beta_2);
  visit("epsilon", o.epsilon);
}

template <class V>
void visit_fields(V& visit, NadamOptions& o) {
  visit("learning_rate", o.learning_rate);
  visit("beta_1", o.beta_1);
  visit("beta_2", o.beta_2);
  visit("epsilon", o.epsilon);
}

template <class V>
void visit_fields(V& visit, AdadeltaOptions& o) {
  visit("learning_rate", o.learning_rate);
  visit("rho", o.rho);
  visit("epsilon", o.epsilon);
}

template <class V>
void visit_fields(V& visit, AdagradOptions& o) {
  visit("learning_rate", o.learning_rate);
  visit("initial_accumulator_value", o.initial_accumulator_value);
  visit("epsilon", o.epsilon);
}

template <class V>
void visit_fields(V& visit, FtrlOptions& o) {
  visit("learning_rate", o.learning_rate);
  visit("learning_rate_power", o.learning_rate_power);
  visit("initial_accumulator_value", o.initial_accumulator_value);
  visit("l1_regularization_strength", o.l1_regularization_strength);
  visit("l2_regularization_strength", o.l2_regularization_strength);
  visit("l2_shrinkage_regularization_strength", o.l2_shrinkage_regularization_strength);
  visit("beta", o.beta);
}

template <class V>
void visit_fields(V& visit, LionOptions& o) {
  visit("learning_rate", o.learning_rate);
  visit("beta_1", o.beta_1);
  visit("beta_2", o.beta_2);
}

}  // namespace carnyx
