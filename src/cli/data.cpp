#include <cstdio>
#include <memory>

#include "carnyx/base/format.h"
#include "carnyx/base/json.h"
#include "carnyx/data/fetch.h"
#include "carnyx/training/progress.h"

#include "cli/command.h"
#include "cli/stop_signal.h"

namespace carnyx::cli {
namespace {

struct FetchCommand {
  std::string name;
  FetchOptions options;
  bool json = false;
};

/// "train-images-idx3-ubyte.gz  [=======>      ]  4.2/9.9 MB", redrawn on a terminal alone.
class ByteBar {
 public:
  explicit ByteBar(ProgressOutput& output) : output_(output) {}
  ~ByteBar() {
    if (drawn_) output_.write("\n");
  }
  ByteBar(const ByteBar&) = delete;
  ByteBar& operator=(const ByteBar&) = delete;

  void draw(const FetchProgress& progress) {
    if (!output_.is_terminal()) return;
    if (drawn_ && progress.file_index != file_) output_.write("\n");
    file_ = progress.file_index;
    drawn_ = true;
    constexpr std::int64_t kWidth = 30;
    const std::int64_t total = progress.total_bytes;
    const std::int64_t done = total > 0 ? progress.done_bytes * kWidth / total : 0;
    std::string bar(static_cast<std::size_t>(done), '=');
    bar.resize(kWidth, '.');
    constexpr double kMegabyte = 1e6;
    output_.write(format("\r{:<28} [{}] {:.1f}/{:.1f} MB",
                         progress.file,
                         bar,
                         static_cast<double>(progress.done_bytes) / kMegabyte,
                         static_cast<double>(total) / kMegabyte));
  }

 private:
  ProgressOutput& output_;
  std::int64_t file_ = 0;
  bool drawn_ = false;
};

std::string as_json(const FetchReport& report) {
  Json files = Json::array();
  for (const FetchedFile& file : report.files) {
    files.push_back(
        Json::object({{"path", file.path}, {"size_bytes", file.size_bytes}, {"url", file.url}}));
  }
  return Json::object({{"directory", report.directory}, {"files", std::move(files)}}).dump(2) +
         "\n";
}

int run(FetchCommand command) {
  const auto output = stderr_output();
  const StopOnSignals handlers(stop_signal());
  FetchReport report;
  {
    ByteBar bar(*output);
    command.options.progress = [&bar](const FetchProgress& progress) { bar.draw(progress); };
    command.options.stop = &stop_signal();
    report = fetch_dataset(command.name, command.options);
  }
  if (command.json) {
    print(as_json(report));
    return 0;
  }
  for (const FetchedFile& file : report.files) {
    print(format("{}  {} bytes  {}\n",
                 file.path,
                 file.size_bytes,
                 file.url.empty() ? "already here" : file.url));
  }
  return 0;
}

}  // namespace

void add_data(CLI::App& app, Chosen& chosen) {
  CLI::App* data = app.add_subcommand("data", "Data sets");
  data->require_subcommand(1);
  auto state = std::make_shared<FetchCommand>();  // shared with the action
  CLI::App* fetch = data->add_subcommand("fetch", "Download a data set, checked and resumable");
  fetch->add_option("name", state->name, "mnist")->required();
  fetch->add_option(
      "--output", state->options.directory, "folder (default: the cache that train searches)");
  fetch->add_option(
      "--mirror", state->options.mirrors, "http, https or file URL of a folder; repeatable");
  fetch->add_option("--format", state->options.format, "idx or npz")->capture_default_str();
  fetch->add_flag("--json", state->json, "print what was fetched as JSON");
  add_data_convert(*data, chosen);
  add_data_inspect(*data, chosen);
  fetch->callback([state, &chosen] { chosen.run = [state] { return run(*state); }; });
}

}  // namespace carnyx::cli
