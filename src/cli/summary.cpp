#include "carnyx/models/summary.h"

#include <algorithm>
#include <array>
#include <memory>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/nearest.h"
#include "carnyx/trainers/trainer.h"

#include "cli/command.h"

namespace carnyx::cli {
namespace {

struct SummaryCommand {
  std::string model;
  std::string style = "keras3";
  std::int64_t line_length = 0;
  bool ascii = false;
  bool json = false;
};

constexpr std::array<std::string_view, 3> kStyles = {"keras2", "tf-keras", "keras3"};

SummaryStyle style_of(const std::string& name) {
  const auto found = std::ranges::find(kStyles, name);
  if (found == kStyles.end()) throw InvalidArgument(unknown_name("summary style", name, kStyles));
  return static_cast<SummaryStyle>(found - kStyles.begin());
}

Network network_of(const std::string& model, SummaryStyle style) {
  const bool is_trainer = std::ranges::count(trainer_names(), model) > 0;
  const bool is_text =
      model.ends_with(".json") || model.ends_with(".yaml") || model.ends_with(".yml");
  const bool is_path = model.find_first_of("./") != std::string::npos || exists(model);
  if (!is_trainer && !is_text && is_path) return read_model(model).network;
  Network network = fixed_model_of(model).network;
  if (style != SummaryStyle::Keras2 || network.is_functional()) return network;
  std::vector<AnyLayer> layers;
  for (const auto& named : network.layers()) layers.push_back(named.layer);
  const Network renamed(std::move(layers), {.naming = NamingStyle::Keras2});
  return renamed.with_input_shape(network.input_shape());  // which an input alone may have said
}

std::string as_json(const Network& network) {
  Json layers = Json::array();
  std::int64_t total = 0;
  for (const LayerSummary& row : network.summarize()) {
    Json layer = Json::object({{"name", row.name},
                               {"class", row.class_name},
                               {"output_shape", Json::array_of(row.output_shape.axes())},
                               {"trainable_parameters", row.trainable_parameters},
                               {"other_parameters", row.other_parameters}});
    if (network.is_functional()) layer.set("connected_to", Json::array_of(row.connections));
    layers.push_back(std::move(layer));
    total += row.trainable_parameters + row.other_parameters;
  }
  return Json::object(
             {{"name", network.name()}, {"parameters", total}, {"layers", std::move(layers)}})
             .dump(2) +
         "\n";
}

int run(const SummaryCommand& command) {
  const SummaryStyle style = style_of(command.style);
  const Network network = network_of(command.model, style);
  const auto output = stderr_output();
  print(command.json ? as_json(network)
                     : summary_text(network,
                                    {.style = style,
                                     .line_length = command.line_length,
                                     .terminal_columns = output->columns(),
                                     .ascii = command.ascii || !output->has_utf8()}));
  return 0;
}

}  // namespace

void add_summary(CLI::App& app, Chosen& chosen) {
  auto state = std::make_shared<SummaryCommand>();  // shared with the action
  CLI::App* command =
      app.add_subcommand("summary", "The layers of a model file or a built-in trainer");
  command
      ->add_option("model", state->model, "a .keras, .h5, .json or .yaml file, or a trainer's name")
      ->required();
  command->add_option("--style", state->style, "keras2, tf-keras or keras3")->capture_default_str();
  command
      ->add_option("--line-length",
                   state->line_length,
                   "columns of keras2 and tf-keras tables (default: 65, of graphs 98)")
      ->check(CLI::Range(1, 10'000));
  command->add_flag("--ascii", state->ascii, "no box-drawing characters");
  command->add_flag("--json", state->json, "print the layers as JSON");
  command->callback([state, &chosen] { chosen.run = [state] { return run(*state); }; });
}

}  // namespace carnyx::cli
