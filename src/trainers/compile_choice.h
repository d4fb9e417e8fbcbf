// How a model that brings no program is compiled: by flags, by what its file says, or by what its
// output and the data ask for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/models/network.h"
#include "carnyx/trainers/option_visitor.h"
#include "carnyx/training/model.h"

namespace carnyx {

/// Keras's names, as compile() takes them; empty: not given.
struct CompileFlags {
  std::string optimizer;
  std::string loss;
  std::vector<std::string> metrics;
};

template <class V>
void visit_fields(V& visit, CompileFlags& o) {
  visit("optimizer", o.optimizer);
  visit("loss", o.loss);
  visit("metrics", o.metrics);
}

/// Of one of these fields; nothing for another name.
std::optional<FieldHelp> describe_compile_flag(std::string_view name);

class CompileChoice {
 public:
  /// `config`: Keras's compile config, {"optimizer", "loss", "metrics"}, or null. Flags win.
  CompileChoice(const CompileFlags& flags, const Json& config);

  /// Whether the labels are numbers to come near to, rather than classes: as the loss says, or
  /// without one the network's output.
  [[nodiscard]] bool is_regression(const Network& network) const;
  /// What is not chosen follows from the output: softmax, sigmoid and several linear units are
  /// classes, one linear unit is a number; said in one line of the log. Throws InvalidArgument for
  /// names that are none, or an output that leaves the loss open.
  [[nodiscard]] CompileOptions resolve(const Network& network,
                                       std::optional<double> learning_rate) const;

 private:
  Json optimizer_;
  Json loss_;
  Json metrics_;
};

/// The numbers that a network puts out for a sample. Where the input's shape is not known yet, the
/// last units that a layer has.
std::int64_t output_units(const Network& network);

}  // namespace carnyx
