// What every subcommand is: it adds itself to the program and says what to run.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace carnyx::cli {

/// The action that parsing chose; its result is the exit status.
struct Chosen {
  std::function<int()> run;
};

/// One file a subcommand. Options live as long as the CLI::App, in shared state.
/// `arguments` name the trainer, whose own flags are then added.
void add_train(CLI::App& app, Chosen& chosen, const std::vector<std::string>& arguments);
void add_evaluate(CLI::App& app, Chosen& chosen);
void add_predict(CLI::App& app, Chosen& chosen);
void add_summary(CLI::App& app, Chosen& chosen);
void add_report(CLI::App& app, Chosen& chosen);
void add_convert(CLI::App& app, Chosen& chosen);
void add_data(CLI::App& app, Chosen& chosen);
void add_data_convert(CLI::App& data, Chosen& chosen);  // below `data`
void add_data_inspect(CLI::App& data, Chosen& chosen);  // likewise
void add_doctor(CLI::App& app, Chosen& chosen);

/// Results, and nothing else, go to stdout.
void print(const std::string& text);

}  // namespace carnyx::cli
