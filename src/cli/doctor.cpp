#include <memory>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/data/mnist.h"
#include "carnyx/kernels/isa.h"
#include "carnyx/kernels/thread_pool.h"
#include "carnyx/trainers/trainer.h"

#include "cli/command.h"

namespace carnyx::cli {
namespace {

struct DoctorCommand {
  bool json = false;
  bool kernels = false;
};

struct Check {
  std::string name;
  bool ok;
  std::string finding;
};

std::string isa_list() {
  std::string text;
  for (const kernels::Isa isa : kernels::available_isas()) {
    text += (text.empty() ? "" : ", ") + std::string(kernels::name_of(isa));
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
  Model(find_trainer("mnist_mlp").network()).save(path);
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
              return files.npz.empty() ? files.train_images : files.npz;
            }),
  };
}

std::string step_of_mnist_mlp() {
  const Trainer& trainer = find_trainer("mnist_mlp");
  Model model(trainer.network());
  model.compile(trainer.compile_options({}));
  return model.describe_plan(trainer.default_batch_size());
}

int run(const DoctorCommand& command) {
  Json object = Json::object();
  std::string text;
  bool healthy = true;
  for (const Check& result : examine()) {
    object.set(result.name, Json::object({{"ok", result.ok}, {"finding", result.finding}}));
    text += format("{} {}: {}\n", result.ok ? "ok     " : "missing", result.name, result.finding);
    healthy = healthy && (result.ok || result.name == "mnist");  // synthetic digits stand in
  }
  if (command.kernels) {
    object.set("step", step_of_mnist_mlp());
    text += "\nphase  step of mnist_mlp, batch 128  chunks\n" + step_of_mnist_mlp();
  }
  print(command.json ? object.dump(2) + "\n" : text);
  return healthy ? 0 : 1;
}

}  // namespace

void add_doctor(CLI::App& app, Chosen& chosen) {
  auto state = std::make_shared<DoctorCommand>();  // shared with the action
  CLI::App* command =
      app.add_subcommand("doctor", "What this machine has, and whether Carnyx works on it");
  command->add_flag("--kernels", state->kernels, "also the steps that mnist_mlp is compiled to");
  command->add_flag("--json", state->json, "print the findings as JSON");
  command->callback([state, &chosen] { chosen.run = [state] { return run(*state); }; });
}

}  // namespace carnyx::cli
