#include "carnyx/cli/cli.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <new>
#include <system_error>

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"
#include "carnyx/base/nearest.h"

#include "cli/command.h"
#include "cli/normalize.h"
#include "cli/stop_signal.h"

namespace carnyx {
namespace cli {
namespace {

/// As `| head` does once it has what it wants: no error of ours. Results are the last that a
/// command makes, so nothing else is lost.
struct ReaderLeft {};

}  // namespace

void print(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (written && std::fflush(stdout) == 0) return;
  if (errno == EPIPE) throw ReaderLeft();
  throw IoError(std::string("stdout: the results could not be written: ") +
                std::generic_category().message(errno) + "; make room, or send them elsewhere");
}

namespace {

constexpr auto kVersion = "carnyx 0.1.0";
constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kBadInput = 3;
constexpr int kBug = 70;
constexpr int kLost = 75;

int report(const char* kind, const std::string& text, int status) {
  std::fprintf(stderr, "carnyx: %s: %s\n", kind, text.c_str());
  return status;
}

int run_reporting(const std::function<int()>& run) {
  try {
    return run();
  } catch (const ReaderLeft&) {
    return 128 + SIGPIPE;
  } catch (const InvalidArgument& error) {
    return report("error", error.what(), kUsage);
  } catch (const NotFound& error) {
    return report("error", error.what(), kBadInput);
  } catch (const CorruptData& error) {
    return report("error", error.what(), kBadInput);
  } catch (const Unavailable& error) {
    return report("error", error.what(), kLost);
  } catch (const Cancelled& error) {
    return report("stopped", error.what(), 128 + stop_signal().stop_requested().value_or(SIGINT));
  } catch (const InternalError& error) {
    return report("internal error, please report it", error.what(), kBug);
  } catch (const std::bad_alloc&) {
    return report("error", "out of memory; free some, or use a machine with more", kFailed);
  } catch (const std::exception& error) {
    return report("error", error.what(), kFailed);
  }
}

/// Names of the switches anywhere in the program, for --nofoo.
std::vector<std::string> switch_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_expected_max() != 0) continue;
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
  for (const CLI::App* command : app.get_subcommands({})) {
    for (std::string& name : switch_names(*command)) names.push_back(std::move(name));
  }
  return names;
}

const CLI::App* find_command(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : app.get_subcommands({})) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

/// The flags that the command in these arguments knows, for "did you mean".
std::string suggestion(const CLI::App& app, const std::vector<std::string>& arguments) {
  const CLI::App* command = &app;
  std::string unknown;
  for (const std::string& argument : arguments) {
    const std::string name = argument.substr(0, argument.find('='));
    if (const CLI::App* next = find_command(*command, name)) {
      command = next;
    } else if (name.starts_with("--") && name.size() > 2) {
      if (command->get_option_no_throw(name) == nullptr && unknown.empty()) unknown = name;
    } else if (command == &app && unknown.empty()) {
      unknown = name;
    }
  }
  std::vector<std::string> known;
  for (const CLI::Option* option : command->get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  for (const CLI::App* sub : command->get_subcommands({})) known.push_back(sub->get_name());
  const std::vector<std::string_view> views(known.begin(), known.end());
  const auto near = nearest(unknown, views);
  return near ? "; did you mean '" + std::string(*near) + "'?" : "";
}

void describe_program(CLI::App& app, Chosen& chosen, const std::vector<std::string>& arguments) {
  app.set_version_flag("--version", kVersion);
  app.require_subcommand(1);
  app.fallthrough(false);
  app.footer(
      "Examples:\n"
      "  carnyx train mnist_mlp                       train, evaluate, save\n"
      "  carnyx evaluate runs/mnist_mlp/model.keras   test loss and accuracy\n"
      "  carnyx doctor                                what this machine has\n"
      "Exit status: 0 done, 1 failed, 2 usage, 3 bad input, 70 bug, 75 lost, 130/143 stopped.");
  add_train(app, chosen, arguments);
  add_evaluate(app, chosen);
  add_predict(app, chosen);
  add_summary(app, chosen);
  add_report(app, chosen);
  add_convert(app, chosen);
  add_data(app, chosen);
  add_doctor(app, chosen);
}

/// CLI11 lists what it does not know from the last to the first.
std::string complaint(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::ExtrasError)) return error.what();
  const std::vector<std::string> unknown = app.remaining(true);
  std::string text = unknown.size() == 1 ? "unknown argument:" : "unknown arguments:";
  for (const std::string& argument : unknown) text += " " + argument;
  return text;
}

int parse_and_run(const std::vector<std::string>& arguments) {
  CLI::App app("Carnyx trains Keras models in native C++.", "carnyx");
  Chosen chosen;
  describe_program(app, chosen, arguments);
  std::vector<std::string> clean = normalized(arguments, switch_names(app));
  if (clean.empty()) clean.push_back("--help");
  std::vector<std::string> reversed(clean.rbegin(), clean.rend());  // as CLI11 wants them
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    return report("usage",
                  complaint(app, error) + suggestion(app, clean) +
                      "\nTry 'carnyx --help' or 'carnyx COMMAND --help'.",
                  kUsage);
  }
  return chosen.run();
}

}  // namespace
}  // namespace cli

int run_command_line(const std::vector<std::string>& arguments) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pager is an error of write(), not a death
  std::signal(SIGXFSZ, SIG_IGN);  // so is a limit of file sizes
  return cli::run_reporting([&] { return cli::parse_and_run(arguments); });
}

}  // namespace carnyx
