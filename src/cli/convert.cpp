#include <memory>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/saving/model_file.h"
#include "carnyx/trainers/trainer.h"

#include "cli/command.h"

namespace carnyx::cli {
namespace {

struct ConvertCommand {
  std::string input;
  std::string output;
  std::string network;
  bool overwrite = false;
};

Model untrained(const std::string& trainer) {
  const FixedModel fixed = fixed_model_of(trainer);
  Model model(fixed.network);
  model.compile(fixed.compile);
  return model;
}

/// A model with the weights of a file that has no network of its own.
SavedModel with_weights(const ConvertCommand& command) {
  if (command.network.empty()) {
    throw InvalidArgument(
        format("{}: a .weights.h5 file has no network; add --network with a trainer's "
               "name or a .keras file of the same layers",
               command.input));
  }
  const bool is_file = command.network.ends_with(".keras");
  Model model = is_file ? load_model(command.network) : untrained(command.network);
  model.load_weights(command.input);
  return model.to_saved();
}

int run(const ConvertCommand& command) {
  if (exists(command.output) && !command.overwrite) {
    throw InvalidArgument(
        format("{}: it exists already; add --overwrite or choose another name", command.output));
  }
  const SavedModel model =
      command.input.ends_with(".weights.h5") ? with_weights(command) : read_model(command.input);
  write_model(command.output, model);
  return 0;
}

}  // namespace

void add_convert(CLI::App& app, Chosen& chosen) {
  auto state = std::make_shared<ConvertCommand>();  // shared with the action
  CLI::App* command =
      app.add_subcommand("convert", "A model in another format, by the names' endings");
  command->add_option("input", state->input, ".keras or .weights.h5")->required();
  command->add_option("output", state->output, ".keras or .weights.h5")->required();
  command->add_option(
      "--network", state->network, "for .weights.h5: a trainer's name or a .keras file");
  command->add_flag("--overwrite", state->overwrite, "replace the output if it exists");
  command->callback([state, &chosen] { chosen.run = [state] { return run(*state); }; });
}

}  // namespace carnyx::cli
