#include <memory>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/data/mnist.h"
#include "carnyx/data/synthetic_digits.h"
#include "carnyx/kernels/isa.h"
#include "carnyx/kernels/thread_pool.h"
#include "carnyx/trainers/trainer.h"

#include "cli/command.h"
#include "cli/flags.h"

namespace carnyx::cli {
namespace {

struct DoctorCommand {
  bool json = false;
  bool kernels = false;
  std::string isa = "auto";
  ModelOptions model = {};
};

template <class V>
void visit_fields(V& visit, DoctorCommand& o) {
  visit("json", o.json);
  visit("kernels", o.kernels);
  visit("isa", o.isa);
  visit("precision", o.model.precision);
  visit("float32_matmul_precision", o.model.float32_matmul_precision);
  visit("threads", o.model.threads);
}

FieldHelp describe(std::string_view field) {
  if (field == "json") return {"print the findings as JSON"};
  if (field == "kernels") return {"also the steps that mnist_mlp is compiled to, and their times"};
  return describe_field(field);
}

struct Check {
  std::string name;
  bool ok;
  std::string finding;
};

std::string isa_list() {
  std::string text;
  for (const kernels::Isa isa : kernels::available_isas()) {
    text += (text.empty() ? "" : ", ") + std::string(kernels::name_of(isa)) +
            (kernels::is_emulated(isa) ? " (emulated)" : "");
  }
  return text;
}

/// What `work` finds, or why it could not.
template <class Work>
Check check(const std::string& name, Work work) {
  try {
    return {name, true, work()};
  } catch (const std::exception& error) {
    return {name, false, error.what()};
  }
}

/// Writes a model and reads it back, through the confined HDF5 reader.
std::string round_trip() {
  const TemporaryDirectory folder;
  const std::string path = folder.path() + "/model.keras";
  Model(fixed_model_of("mnist_mlp").network).save(path);
  return format("model.keras written and read back, {} tensors", read_model(path).weights.size());
}

std::vector<Check> examine() {
  return {
      check("cpu", [] { return kernels::describe_cpu(); }),
      check("kernels",
            [] {
              return isa_list() + "; selected " +
                     std::string(kernels::name_of(kernels::selected_isa()));
            }),
      check("threads", [] { return std::to_string(kernels::usable_cpus()); }),
      check("model files", round_trip),
      check("current folder", [] { return format("{} MB free", free_bytes(".") / 1'000'000); }),
      check("mnist",
            [] {
              const auto files = datasets::find_mnist();
              return files.train_images.empty() ? files.source.path : files.train_images;
            }),
  };
}

/// Each phase's microseconds, measured on the built-in digits.
std::string step_of_mnist_mlp(const ModelOptions& options) {
  constexpr std::int64_t kSteps = 300;
  constexpr std::int64_t kBatchSize = 128;
  const FixedModel fixed = fixed_model_of("mnist_mlp");
  Model model(fixed.network, options);
  model.compile(fixed.compile);
  const TrainTest data = datasets::synthetic_digits({.train = 10'000, .test = 1});
  const Dataset train = data.train.with_sample_shape(model.network().input_shape());
  return model.time_plan(train, kBatchSize, kSteps);
}

int run(const DoctorCommand& command) {
  kernels::select_isa(command.isa, "--isa");
  Json object = Json::object();
  std::string text;
  bool healthy = true;
  for (const Check& result : examine()) {
    object.set(result.name, Json::object({{"ok", result.ok}, {"finding", result.finding}}));
    text += format("{} {}: {}\n", result.ok ? "ok     " : "missing", result.name, result.finding);
    healthy = healthy && (result.ok || result.name == "mnist");  // synthetic digits stand in
  }
  if (command.kernels) {
    const std::string step = step_of_mnist_mlp(command.model);
    object.set("step", step);
    text += "\nphase  us  step of mnist_mlp, batch 128  chunks\n" + step;
  }
  print(command.json ? object.dump(2) + "\n" : text);
  return healthy ? 0 : 1;
}

}  // namespace

void add_doctor(CLI::App& app, Chosen& chosen) {
  auto state = std::make_shared<DoctorCommand>();  // shared with the action
  CLI::App* command =
      app.add_subcommand("doctor", "What this machine has, and whether Carnyx works on it");
  add_flags(*command, *state, describe);
  command->callback([state, &chosen] { chosen.run = [state] { return run(*state); }; });
}

}  // namespace carnyx::cli
