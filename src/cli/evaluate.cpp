#include <memory>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/data/source.h"
#include "carnyx/kernels/isa.h"
#include "carnyx/trainers/picture_file.h"
#include "carnyx/trainers/table_file.h"
#include "carnyx/trainers/trainer.h"

#include "cli/command.h"
#include "cli/flags.h"

namespace carnyx::cli {
namespace {

struct EvaluateCommand {
  std::string model;
  JobOptions options;
  std::int64_t batch_size = 128;
  bool on_train = false;
  bool json = false;
};

/// A table as the model's table.json says; a set of samples that was named, MNIST or not; or MNIST.
Dataset data_for(const EvaluateCommand& command) {
  const std::string& place = command.options.data_dir;
  const auto table = find_table(command.model);
  if (table && (place.empty() || command.options.synthetic || command.on_train)) {
    throw InvalidArgument(format(
        "{}: it was trained on a table: name one with --data, without --synthetic and --train, "
        "for a table has no parts",
        command.model));
  }
  if (place.empty() || command.options.synthetic) {
    const TrainTest digits = load_given_digits(command.options);
    return command.on_train ? digits.train : digits.test;
  }
  if (table) return read_labelled_rows(place, *table);
  if (is_table(place)) {
    throw NotFound(format(
        "{}: no table.json is beside this model, so nothing says how the columns of {} become "
        "its inputs; 'carnyx train' writes it into the job directory: keep both together",
        command.model,
        place));
  }
  LoadedData loaded = read_data(place);
  return command.on_train || !loaded.has_test() ? std::move(loaded.parts.train)
                                                : std::move(loaded.parts.test);
}

int run(const EvaluateCommand& command) {
  Model model = load_model(command.model, model_options(command.options));
  const Dataset data = with_picture_reading(
      data_for(command).with_sample_shape(model.network().input_shape()), command.model);
  const Logs logs = model.evaluate(data, {.batch_size = command.batch_size});
  Json object =
      Json::object({{"model", command.model}, {"data", data.name}, {"samples", data.samples()}});
  std::string text;
  for (const auto& [name, value] : logs.entries()) {
    object.set(name, value);
    text += format("{} {}: {}\n", command.on_train ? "Train" : "Test", name, value);
  }
  print(command.json ? object.dump(2) + "\n" : text);
  return 0;
}

}  // namespace

void add_evaluate(CLI::App& app, Chosen& chosen) {
  auto state = std::make_shared<EvaluateCommand>();  // shared with the action
  CLI::App* command = app.add_subcommand("evaluate", "Loss and metrics of a saved model");
  command->add_option("model", state->model, "a .keras or .h5 file")->required();
  command->add_option("--data,--data-dir",
                      state->options.data_dir,
                      "a table, or labelled samples in a folder or file (default: MNIST)");
  command->add_flag("--synthetic", state->options.synthetic, "use the built-in synthetic digits");
  command->add_flag("--train", state->on_train, "on the training part instead of the test part");
  command->add_option("--batch-size", state->batch_size, "samples a step")
      ->capture_default_str()
      ->check(batch_sizes());
  command->add_option("--threads", state->options.threads, "0: the CPUs this process may use")
      ->check(thread_counts());
  command->add_flag("--json", state->json, "print the results as JSON");
  command->callback([state, &chosen] { chosen.run = [state] { return run(*state); }; });
}

}  // namespace carnyx::cli
