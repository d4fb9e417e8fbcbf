#include <cmath>
#include <filesystem>
#include <memory>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/data/idx.h"
#include "carnyx/data/image_file.h"
#include "carnyx/data/source.h"
#include "carnyx/trainers/picture_file.h"
#include "carnyx/trainers/table_file.h"
#include "carnyx/trainers/trainer.h"

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/guesses.h"
#include "cli/sample_guesses.h"

namespace carnyx::cli {
namespace {

struct PredictCommand {
  std::string model;
  std::vector<std::string> files;
  std::string output;
  double divisor = 255;
  std::int64_t limit = 0;
  std::int64_t batch_size = 128;
  int threads = 0;
  bool json = false;
};

Dataset cut(const Dataset& data, std::int64_t limit) {
  return limit > 0 && limit < data.samples() ? data.slice(0, limit) : data;
}

/// The test part of a labelled set, or all of one that has no parts.
Dataset part_of(LoadedData loaded) {
  return loaded.has_test() ? std::move(loaded.parts.test) : std::move(loaded.parts.train);
}

/// Images without labels: an IDX file of them, or one PNG or JPEG file.
Dataset read_images(const std::string& file, const Shape& sample) {
  const bool has_colours = sample.rank() == 3 && sample[2] == 3;
  Tensor images = is_image_file(file) ? read_image_file(file, has_colours ? 3 : 0) : read_idx(file);
  if (images.shape().rank() < 2) {
    throw CorruptData(format("{}: expected an IDX file of images, found one of shape {} (labels?)",
                             file,
                             images.shape().to_string()));
  }
  if (images.shape()[0] == 0) {
    throw CorruptData(format("{}: expected images, got a file of none; is it cut short?", file));
  }
  return {.x = std::move(images), .y = {}, .divisor = 1, .name = file};
}

Dataset read_samples(const std::string& file, const PredictCommand& command, const Shape& sample) {
  const bool is_set = std::filesystem::is_directory(file) || find_data(file);
  Dataset data = is_set ? part_of(read_data(file)) : read_images(file, sample);
  if (data.x.dtype() == DType::Uint8) data.divisor = static_cast<float>(command.divisor);
  data = with_picture_reading(data.with_sample_shape(sample), command.model);
  data.y = Tensor(DType::Int32, {data.samples()});
  data.classes = 0;
  return cut(data, command.limit);
}

void check(const PredictCommand& command) {
  if (!(command.divisor > 0 && std::isfinite(command.divisor))) {
    throw InvalidArgument(format("--divisor: expected a number above 0, got {}", command.divisor));
  }
  if (command.limit < 0) {
    throw InvalidArgument(format("--limit: expected 0 (all) or more, got {}", command.limit));
  }
}

std::string predict_samples(Model& model, const PredictCommand& command) {
  const SampleGuesses guesses(model.network(), command.json);
  std::string text = guesses.header();
  for (const std::string& file : command.files) {
    const Dataset data = read_samples(file, command, model.network().input_shape());
    text += guesses.lines(file, model.predict(data, {.batch_size = command.batch_size}));
  }
  return text;
}

std::string predict_tables(Model& model, const TableMapping& table, const PredictCommand& command) {
  std::string text = command.json ? "" : guesses_header(table);
  for (const std::string& file : command.files) {
    const Dataset rows =
        cut(read_rows(file, table), command.limit).with_sample_shape(model.network().input_shape());
    const Tensor outputs = model.predict(rows, {.batch_size = command.batch_size});
    text += command.json ? guesses_json(file, outputs, table) : guesses_csv(file, outputs, table);
  }
  return text;
}

int run(const PredictCommand& command) {
  check(command);
  Model model = load_model(command.model, {.threads = command.threads});
  const auto table = find_table(command.model);
  const std::string text =
      table ? predict_tables(model, *table, command) : predict_samples(model, command);
  if (command.output.empty()) {
    print(text);
  } else {
    if (exists(command.output)) {
      throw InvalidArgument(
          format("{}: it exists already; choose another --output", command.output));
    }
    write_file_atomically(command.output, text);
  }
  return 0;
}

}  // namespace

void add_predict(CLI::App& app, Chosen& chosen) {
  auto state = std::make_shared<PredictCommand>();  // shared with the action
  CLI::App* command = app.add_subcommand("predict", "A saved model's outputs for samples in files");
  command->add_option("model", state->model, "a .keras or .h5 file")->required();
  command
      ->add_option("files",
                   state->files,
                   "images (IDX, plain or .gz; PNG; JPEG), or any set that 'carnyx data inspect' "
                   "knows: its test part; or tables, for a model trained on one")
      ->required();
  command->add_option("--output", state->output, "write there instead of to stdout");
  command->add_option("--divisor", state->divisor, "pixels are divided by it")
      ->capture_default_str();
  command->add_option("--limit", state->limit, "only the first samples of each file; 0: all");
  command->add_option("--batch-size", state->batch_size, "samples a step")
      ->capture_default_str()
      ->check(batch_sizes());
  command->add_option("--threads", state->threads, "0: the CPUs this process may use")
      ->check(thread_counts());
  command->add_flag("--json", state->json, "JSON Lines with all outputs, instead of CSV");
  command->callback([state, &chosen] { chosen.run = [state] { return run(*state); }; });
}

}  // namespace carnyx::cli
