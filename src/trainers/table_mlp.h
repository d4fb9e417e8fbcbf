#pragma once

#include "carnyx/trainers/trainer.h"

#include "trainers/compile_choice.h"
#include "trainers/given_data.h"

namespace carnyx {

struct TableMlpOptions {
  std::vector<std::int64_t> hidden = {64, 64};
  std::string activation = "relu";
  double dropout = 0;
  std::int64_t patience = 10;
};

template <class V>
void visit_fields(V& visit, TableMlpOptions& o) {
  visit("hidden", o.hidden);
  visit("activation", o.activation);
  visit("dropout", o.dropout);
  visit("patience", o.patience);
}

/// Anybody's table, without a model of one's own: dense layers, as wide as asked for, and an output
/// a class (`classify`) or one number (`regress`).
class TableMlp : public Trainer {
 public:
  void visit_options(OptionVisitor& visit) override;
  [[nodiscard]] FieldHelp describe_option(std::string_view name) const override;
  void complete(JobOptions& job) const override;
  [[nodiscard]] Training prepare(const JobOptions& job) const override;
  [[nodiscard]] TrainerOutputs outputs(const JobOptions& job,
                                       const JobEnvironment& environment) const override;

 protected:
  /// `held_back`: the share of the rows that training stops by, unless it is told otherwise.
  TableMlp(bool is_regression, double held_back)
      : is_regression_(is_regression), data_{.validation_split = held_back, .standardize = true} {}

 private:
  [[nodiscard]] Network network_for(const GivenData& given) const;

  bool is_regression_;
  TableMlpOptions options_;
  DataOptions data_;
  CompileFlags compile_;
};

class Classify final : public TableMlp {
 public:
  // Over seeds and splits of small tables a tenth learns better than a fifth, and than all rows
  // without a stop; a regression, whose loss is noisier, needs the fifth to stop well.
  Classify() : TableMlp(false, 0.1) {}
  [[nodiscard]] std::string name() const override { return "classify"; }
  [[nodiscard]] std::string description() const override {
    return "dense network that predicts a column of classes of a table, or labelled samples";
  }
};

class Regress final : public TableMlp {
 public:
  Regress() : TableMlp(true, 0.2) {}
  [[nodiscard]] std::string name() const override { return "regress"; }
  [[nodiscard]] std::string description() const override {
    return "dense network that predicts a column of numbers of a table";
  }
};

}  // namespace carnyx
