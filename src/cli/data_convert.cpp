#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"
#include "carnyx/data/mnist.h"
#include "carnyx/data/write_data.h"

#include "cli/command.h"
#include "cli/data_report.h"

namespace carnyx::cli {
namespace {

struct DataConvertCommand {
  std::string input;
  std::string output = "mnist_data";  // as the set-up tool's
  std::string format = "csv";
  WriteOptions options;
  bool read = false;
  bool verify = false;
  bool json = false;
};

DataFormat format_named(const std::string& name) {
  constexpr std::array kFormats = {DataFormat::Csv,
                                   DataFormat::Csv2,
                                   DataFormat::Csv3,
                                   DataFormat::Pickle,
                                   DataFormat::Tfr,
                                   DataFormat::Npz,
                                   DataFormat::Idx,
                                   DataFormat::Images,
                                   DataFormat::Cifar};
  if (name == "tf") return DataFormat::Tfr;  // the set-up tool's other name of it
  std::vector<std::string_view> names = {"tf"};
  for (const DataFormat format : kFormats) {
    if (name_of(format) == name) return format;
    names.push_back(name_of(format));
  }
  throw InvalidArgument("--format: " + unknown_name("format", name, names));
}

LoadedData load(const std::string& input) {
  if (!input.empty()) return read_data(input);
  const datasets::MnistFiles files = datasets::find_mnist();
  return {.source = files.source, .parts = datasets::mnist()};
}

/// What the set-up tool's --read shows: the set as it lies in the output folder.
int show(const DataConvertCommand& command) {
  const LoadedData data = read_data(command.output);
  print(command.json ? report_json(data).dump(2) + "\n" : report_text(data));
  return 0;
}

int run(DataConvertCommand command) {
  if (command.read) return show(command);
  command.options.format = format_named(command.format);
  const LoadedData data = load(command.input);
  write_data(command.output, data.parts, command.options);
  if (command.verify) {
    check_same_data(data.parts, read_data(command.output).parts, command.options.format);
  }
  if (command.json) {
    print(Json::object({{"schema", 1},
                        {"input", data.source.path},
                        {"output", command.output},
                        {"format", name_of(command.options.format)},
                        {"train", data.parts.train.samples()},
                        {"test", data.has_test() ? data.parts.test.samples() : 0},
                        {"verified", command.verify}})
              .dump(2) +
          "\n");
    return 0;
  }
  print(format("{}: {} samples{} as {}{}\n",
               command.output,
               data.parts.train.samples(),
               data.has_test() ? format(" and {} test samples", data.parts.test.samples()) : "",
               name_of(command.options.format),
               command.verify ? ", read back and compared" : ""));
  return 0;
}

}  // namespace

void add_data_convert(CLI::App& data, Chosen& chosen) {
  auto state = std::make_shared<DataConvertCommand>();  // shared with the action
  CLI::App* command = data.add_subcommand("convert", "A data set in another format");
  command->add_option(
      "input", state->input, "a file or folder (default: the MNIST that train uses)");
  command->add_option("-o,--output", state->output, "the new folder; appears whole or not at all")
      ->capture_default_str();
  command
      ->add_option("-f,--format",
                   state->format,
                   "csv, csv2, csv3, pickle, tf, tfr, npz, idx, images or cifar")
      ->capture_default_str();
  command
      ->add_option("-n,--num-partitions", state->options.num_partitions, "part files of each part")
      ->capture_default_str();
  command->add_flag("-r,--read", state->read, "write nothing; say what lies in --output");
  command->add_flag("-v,--verify", state->verify, "read the output back and compare every sample");
  command->add_flag("--overwrite", state->options.overwrite, "replace --output if it exists");
  command->add_flag("--json", state->json, "print the result as JSON");
  command->callback([state, &chosen] { chosen.run = [state] { return run(*state); }; });
}

}  // namespace carnyx::cli
