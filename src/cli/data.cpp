#include <cstdio>
#include <memory>

#include "carnyx/base/json.h"
#include "carnyx/data/fetch.h"
#include "carnyx/training/progress.h"

#include "cli/command.h"
#include "cli/fetch_lines.h"
#include "cli/stop_signal.h"

namespace carnyx::cli {
namespace {

struct FetchCommand {
  std::string name;
  FetchOptions options;
  LogStyle style = LogStyle::Keras3;
  bool json = false;
};

std::string as_json(const FetchReport& report) {
  Json files = Json::array();
  for (const FetchedFile& file : report.files) {
    files.push_back(
        Json::object({{"path", file.path}, {"size_bytes", file.size_bytes}, {"url", file.url}}));
  }
  return Json::object({{"directory", report.directory},
                       {"files", std::move(files)},
                       {"unpacked", report.unpacked.empty() ? Json() : Json(report.unpacked)}})
             .dump(2) +
         "\n";
}

int run(FetchCommand command) {
  const auto output = stderr_output();
  const StopOnSignals handlers(stop_signal());
  FetchReport report;
  {
    FetchLines lines(command.style, *output);
    command.options.progress = [&lines](const FetchProgress& progress) { lines.draw(progress); };
    command.options.stop = &stop_signal();
    report = fetch_dataset(command.name, command.options);
  }
  print(command.json ? as_json(report) : fetched_text(report, command.style));
  return 0;
}

}  // namespace

void add_data(CLI::App& app, Chosen& chosen) {
  CLI::App* data = app.add_subcommand("data", "Data sets");
  data->require_subcommand(1);
  auto state = std::make_shared<FetchCommand>();  // shared with the action
  CLI::App* fetch = data->add_subcommand("fetch", "Download a data set, checked and resumable");
  fetch->add_option("name", state->name, "mnist or cifar10")->required();
  fetch->add_option("--output,--data-dir",
                    state->options.directory,
                    "folder (default: the cache that train searches)");
  fetch->add_option(
      "--mirror", state->options.mirrors, "http, https or file URL of a folder; repeatable");
  fetch->add_option(
      "--format",
      state->options.format,
      "of mnist: idx (default) or npz; of cifar10: binary, unpacked beside its archive");
  fetch
      ->add_option_function<std::string>(
          "--log-style",
          [state](const std::string& name) { from_name(name, state->style); },
          "keras2: the lines of cifar10_download_and_extract.py")
      ->default_str(std::string(name_of(state->style)));
  fetch->add_flag("--json", state->json, "print what was fetched as JSON");
  add_data_convert(*data, chosen);
  add_data_inspect(*data, chosen);
  fetch->callback([state, &chosen] { chosen.run = [state] { return run(*state); }; });
}

}  // namespace carnyx::cli
