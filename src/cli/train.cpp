#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/base/format.h"
#include "carnyx/trainers/job.h"

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/stop_signal.h"

namespace carnyx::cli {
namespace {

struct TrainCommand {
  std::string name;
  std::unique_ptr<Trainer> trainer;
  JobOptions options;
  bool dry_run = false;
  bool json = false;
};

Json logs_to_json(const Logs& logs) {
  Json object = Json::object();
  for (const auto& [name, value] : logs.entries()) object.set(name, value);
  return object;
}

double samples_per_second(const JobResult& result) {
  return result.train_seconds > 0
             ? static_cast<double>(result.trained_samples) / result.train_seconds
             : 0;
}

std::string as_json(const JobResult& result) {
  Json epochs = Json::array();
  for (const Logs& logs : result.history.epochs) epochs.push_back(logs_to_json(logs));
  return Json::object({{"schema", 1},
                       {"job_dir", result.job_dir},
                       {"model", result.model},
                       {"models", Json::array_of(result.models)},
                       {"report", result.report.empty() ? Json() : Json(result.report)},
                       {"stats", result.stats},
                       {"data", result.dataset},
                       {"test", logs_to_json(result.test)},
                       {"samples_per_second", samples_per_second(result)},
                       {"history", std::move(epochs)}})
             .dump(2) +
         "\n";
}

std::string as_text(const JobResult& result) {
  std::string text;
  for (const auto& [name, value] : result.test.entries()) {
    text += format("Test {}: {}\n", name, value);
  }
  if (!result.stats.is_null()) text += "Run stats: " + result.stats.dump() + "\n";
  text += format("Model: {}\n", result.model);
  for (const std::string& path : result.models) text += format("Model: {}\n", path);
  if (!result.report.empty()) text += format("Report: {}\n", result.report);
  if (result.trained_samples > 0) {
    text += format("Speed: {} samples/s, validation included\n",
                   static_cast<std::int64_t>(samples_per_second(result)));
  }
  return text;
}

int run(const TrainCommand& command) {
  if (command.dry_run) {
    print(plan_job(*command.trainer, command.options).dump(2) + "\n");
    return 0;
  }
  const auto output = stderr_output();
  const SystemClock clock;
  const StopOnSignals handlers(stop_signal());
  const JobResult result = run_job(*command.trainer,
                                   command.options,
                                   {.output = *output, .clock = clock, .stop = &stop_signal()});
  print(command.json ? as_json(result) : as_text(result));
  return 0;
}

std::string trainer_list() {
  std::string names;
  for (const std::string_view name : trainer_names())
    names += (names.empty() ? "" : ", ") + std::string(name);
  return names;
}

/// The trainer that follows `train`, or anywhere behind it the name of a built-in one.
std::string named_trainer(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2 || arguments[0] != "train") return {};
  if (!arguments[1].starts_with('-')) return arguments[1];
  const std::vector<std::string_view> known = trainer_names();
  const auto found = std::find_if(arguments.begin() + 2, arguments.end(), [&](const auto& word) {
    return std::ranges::find(known, word) != known.end();
  });
  return found == arguments.end() ? std::string() : *found;
}

}  // namespace

void add_train(CLI::App& app, Chosen& chosen, const std::vector<std::string>& arguments) {
  auto state =
      std::make_shared<TrainCommand>();  // shared with the action, which runs after parsing
  CLI::App* command = app.add_subcommand("train", "Train a model, evaluate it, save it");
  command
      ->add_option(
          "trainer",
          state->name,
          "built-in trainer: " + trainer_list() + "; or a model: .json, .keras, .h5, .yaml")
      ->required();
  if (const std::string named = named_trainer(arguments); !named.empty()) {
    state->trainer = make_trainer(named);
    state->options = state->trainer->default_options();
    command->description(named + ": " + state->trainer->description());
    FlagAdder adder(*command, [trainer = state->trainer.get()](std::string_view field) {
      return trainer->describe_option(field);
    });
    ForEachOption each(adder);
    state->trainer->visit_options(each);
  }
  add_flags(*command, state->options, [trainer = state->trainer.get()](std::string_view field) {
    return trainer != nullptr ? trainer->describe_job_option(field) : describe_field(field);
  });
  command->add_flag("--dry-run", state->dry_run, "print the effective plan and run nothing");
  command->add_flag("--json", state->json, "print the results as JSON");
  command->footer(
      "Example: carnyx train mnist_mlp --epochs 5 --job-dir runs/try --log-style keras2\n"
      "'carnyx train TRAINER --help' also shows the flags of that trainer.\n"
      "Ctrl-C and SIGTERM write a checkpoint and leave; the same command goes on from it.");
  command->callback([state, &chosen] { chosen.run = [state] { return run(*state); }; });
}

}  // namespace carnyx::cli
