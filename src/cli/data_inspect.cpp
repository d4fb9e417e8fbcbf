#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "carnyx/base/format.h"
#include "carnyx/base/json.h"
#include "carnyx/data/mnist.h"
#include "carnyx/data/npz.h"
#include "carnyx/data/source.h"
#include "carnyx/data/table.h"
#include "carnyx/training/progress.h"

#include "cli/command.h"
#include "cli/data_report.h"
#include "cli/drawing.h"

namespace carnyx::cli {
namespace {

struct InspectCommand {
  std::string path;
  std::string label;
  std::int64_t samples = 4;
  bool json = false;
};

struct NamedArray {
  std::string name;
  Tensor array;
};

bool is_labelled_archive(const std::vector<std::string>& names) {
  return std::ranges::find(names, "x_train") != names.end();
}

/// The arrays of a NumPy file that is no labelled set; none if `path` is something else.
std::vector<NamedArray> arrays_of(const std::string& path) {
  if (path.ends_with(".npy")) return {{"array", read_npy(path)}};
  if (!path.ends_with(".npz")) return {};
  const std::vector<std::string> names = npz_names(path);
  if (is_labelled_archive(names)) return {};
  const std::vector<std::string_view> views(names.begin(), names.end());
  std::vector<Tensor> tensors = read_npz(path, views);
  std::vector<NamedArray> arrays;
  for (std::size_t i = 0; i < names.size(); ++i)
    arrays.push_back({names[i], std::move(tensors[i])});
  return arrays;
}

void print_arrays(const InspectCommand& command, const std::vector<NamedArray>& arrays) {
  Json list = Json::array();
  for (const NamedArray& named : arrays) {
    const Range range = range_of(named.array);
    if (command.json) {
      list.push_back(Json::object({{"name", named.name},
                                   {"dtype", name_of(named.array.dtype())},
                                   {"shape", Json::array_of(named.array.shape())},
                                   {"min", range.least},
                                   {"max", range.most},
                                   {"mean", range.mean}}));
    } else {
      print(format("{}  {} {}  min {}  max {}  mean {}\n",
                   named.name,
                   name_of(named.array.dtype()),
                   named.array.shape().to_string(),
                   range.least,
                   range.most,
                   range.mean));
    }
  }
  if (!command.json) return;
  print(Json::object({{"schema", 1}, {"path", command.path}, {"arrays", std::move(list)}}).dump(2) +
        "\n");
}

bool inspects_table(const InspectCommand& command) {
  if (!command.label.empty()) return true;
  const bool is_csv = command.path.ends_with(".csv") || command.path.ends_with(".csv.gz");
  return is_csv && !find_data(command.path);
}

int inspect_table(const InspectCommand& command) {
  // What is missing is counted here, not refused.
  const Table table = read_table(
      command.path,
      {.label = command.label.empty() ? "-1" : command.label, .missing = MissingValue::Mean});
  print(command.json ? table_json(table).dump(2) + "\n" : table_text(table));
  return 0;
}

int run(const InspectCommand& command) {
  if (inspects_table(command)) return inspect_table(command);
  const std::vector<NamedArray> arrays = arrays_of(command.path);
  if (!arrays.empty()) {
    print_arrays(command, arrays);
    return 0;
  }
  const LoadedData data =
      command.path.empty() ? read_data(datasets::find_mnist().source) : read_data(command.path);
  if (command.json) {
    print(report_json(data).dump(2) + "\n");
    return 0;
  }
  print(report_text(data));
  if (command.samples > 0) {
    const auto terminal = stdout_output();
    const char* colors = std::getenv("COLORTERM");  // NOLINT(concurrency-mt-unsafe): none is set
    const Ink ink =
        ink_of(terminal->has_utf8(), terminal->has_color(), colors == nullptr ? "" : colors);
    print("\n" +
          draw_samples(
              data.parts.train, data.class_names, command.samples, terminal->columns(), ink));
  }
  return 0;
}

}  // namespace

void add_data_inspect(CLI::App& data, Chosen& chosen) {
  auto state = std::make_shared<InspectCommand>();  // shared with the action
  CLI::App* command =
      data.add_subcommand("inspect", "What a data set holds: shapes, types, classes, samples");
  command->add_option("path", state->path, "a file or folder (default: the MNIST that train uses)");
  command->add_option("--label",
                      state->label,
                      "of a CSV file with a header: the label's column (default: the last)");
  command->add_option("--samples", state->samples, "how many of the first samples are drawn")
      ->capture_default_str()
      ->check(CLI::Range(0, 1000));
  command->add_flag("--json", state->json, "one JSON object, nothing drawn");
  command->callback([state, &chosen] { chosen.run = [state] { return run(*state); }; });
}

}  // namespace carnyx::cli
