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
  std::string keras_compat = "current";
  bool include_optimizer_weights = false;
  bool overwrite = false;
};

Model untrained(const std::string& trainer) {
  const FixedModel fixed = fixed_model_of(trainer);
  Model model(fixed.network);
  model.compile(fixed.compile);
  return model;
}

/// A model of --network with the weights of a file.
SavedModel with_weights(const ConvertCommand& command) {
  const bool is_file = command.network.find('.') != std::string::npos;
  Model model = is_file ? load_model(command.network) : untrained(command.network);
  model.load_weights(command.input);
  return model.to_saved();
}

SavedModel read(const ConvertCommand& command) {
  if (!command.network.empty()) return with_weights(command);
  if (command.input.ends_with(".weights.h5")) {
    throw InvalidArgument(
        format("{}: a .weights.h5 file has no network; add --network with a trainer's name or a "
               "model file of the same layers",
               command.input));
  }
  return read_model(command.input);
}

int run(const ConvertCommand& command) {
  H5Options h5{.include_optimizer_weights = command.include_optimizer_weights};
  from_name(command.keras_compat, h5.keras_compat);
  const bool is_h5 = command.output.ends_with("5") && !command.output.ends_with(".weights.h5");
  if (!is_h5 && (h5.include_optimizer_weights || h5.keras_compat != KerasCompat::Current)) {
    throw InvalidArgument(
        format("{}: --keras-compat and --include-optimizer-weights are for an .h5 output",
               command.output));
  }
  if (exists(command.output) && !command.overwrite) {
    throw InvalidArgument(
        format("{}: it exists already; add --overwrite or choose another name", command.output));
  }
  write_model(command.output, read(command), SystemClock(), h5);
  return 0;
}

}  // namespace

void add_convert(CLI::App& app, Chosen& chosen) {
  auto state = std::make_shared<ConvertCommand>();  // shared with the action
  CLI::App* command =
      app.add_subcommand("convert", "A model in another format, by the names' endings");
  command
      ->add_option("input", state->input, ".keras, .h5 (a whole model of any Keras) or .weights.h5")
      ->required();
  command->add_option("output", state->output, ".keras, .h5 (a whole model) or .weights.h5")
      ->required();
  command->add_option(
      "--network",
      state->network,
      "take the input's weights alone, into this: a trainer's name or a model file");
  command
      ->add_option(
          "--keras-compat",
          state->keras_compat,
          "which Keras an .h5 output is for: current (2.2.3 and later, tf.keras, 3) or 2.0")
      ->capture_default_str();
  command->add_flag("--include-optimizer-weights",
                    state->include_optimizer_weights,
                    "in an .h5 output, for Keras 2; Keras 3 can't train such a file on");
  command->add_flag("--overwrite", state->overwrite, "replace the output if it exists");
  command->callback([state, &chosen] { chosen.run = [state] { return run(*state); }; });
}

}  // namespace carnyx::cli
