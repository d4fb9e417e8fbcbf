#pragma once

#include "carnyx/trainers/trainer.h"

#include "trainers/compile_choice.h"
#include "trainers/given_data.h"

namespace carnyx {

/// A model without a program, as a file tells it.
struct ModelSource {
  Network network;
  Json compile_config = {};  ///< Keras's; null: not told
  std::vector<NamedTensor> weights = {};
  JobOptions job = {};  ///< what a recipe's `fit` and `data` say
  DataOptions data = {};
};

/// A network for these data: fed with samples shaped as it wants them. Throws InvalidArgument if a
/// sample has another number of elements, or the labels more classes than it has outputs.
Training training_on(GivenData given, const Network& network);

/// Trains what a file describes: Keras's model.to_json(), a .keras or .h5 model, or a .yaml recipe.
class ModelTrainer final : public Trainer {
 public:
  /// Reads the file. Throws as its reader.
  explicit ModelTrainer(std::string path);

  [[nodiscard]] static bool is_model_file(std::string_view path);

  [[nodiscard]] std::string name() const override { return path_; }
  [[nodiscard]] std::string description() const override { return "the model of this file"; }
  void visit_options(OptionVisitor& visit) override;
  [[nodiscard]] FieldHelp describe_option(std::string_view name) const override;
  [[nodiscard]] JobOptions default_options() const override { return source_.job; }
  void complete(JobOptions& job) const override;
  [[nodiscard]] std::optional<FixedModel> fixed_model(const JobOptions& job) const override;
  [[nodiscard]] bool can_stream(const JobOptions& job) const override;
  [[nodiscard]] Training prepare(const JobOptions& job) const override;

 private:
  std::string path_;
  ModelSource source_;
  DataOptions data_;
  CompileFlags compile_;
};

}  // namespace carnyx
