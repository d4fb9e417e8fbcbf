// Carnyx as a participant of bench/peers and bench/floor: the protocol is at the top of
// bench/peers/run.py. With --steps N it prints the plan of a step with the time of each phase,
// means over N steps, and leaves.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <string>

#include <sys/resource.h>

#include "carnyx/carnyx.h"
#include "carnyx/kernels/isa.h"

#include "workload.h"

namespace {

using namespace carnyx;

using Flags = std::map<std::string, std::string>;

Flags parse(int argc, char** argv) {
  Flags flags = {{"--network", "mnist_mlp"},
                 {"--data", ""},
                 {"--precision", "float32"},
                 {"--float32-matmul-precision", "highest"},
                 {"--augmentation", "none"},
                 {"--threads", "0"},
                 {"--rows", "0"},
                 {"--epochs", "0"},
                 {"--steps", "0"},
                 {"--isa", "auto"},
                 {"--plan", "fused"}};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!flags.contains(argv[i])) throw InvalidArgument(std::string("unknown flag ") + argv[i]);
    flags[argv[i]] = argv[i + 1];
  }
  return flags;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

bench::WorkloadOptions workload_of(const Flags& flags) {
  const std::string& augmentation = flags.at("--augmentation");
  if (augmentation != "none" && augmentation != "crop_flip") {
    throw InvalidArgument("--augmentation: expected none or crop_flip, got " + augmentation);
  }
  return {.network = flags.at("--network"),
          .data_dir = flags.at("--data"),
          .crops = augmentation == "crop_flip",
          .rows = std::stoll(flags.at("--rows"))};
}

class Participant {
 public:
  explicit Participant(const Flags& flags)
      : workload_(bench::make_workload(workload_of(flags))),
        model_(workload_.network, options(flags)) {
    model_.compile(workload_.compile);
  }

  Json train(std::int64_t epochs) {
    const double cpu = cpu_seconds();
    const auto began = std::chrono::steady_clock::now();
    const History history =
        model_.fit(workload_.data.train, {.batch_size = workload_.batch_size, .epochs = epochs});
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - began;
    return Json::object({{"epoch_s", elapsed.count() / static_cast<double>(epochs)},
                         {"cpu_s", (cpu_seconds() - cpu) / static_cast<double>(epochs)},
                         {"loss", history.epochs.back().at("loss")}});
  }

  double accuracy() {
    return model_.evaluate(workload_.data.test, {.batch_size = 128}).at("accuracy");
  }
  std::string plan() { return model_.describe_plan(workload_.batch_size); }
  std::string timed_plan(std::int64_t steps) {
    return model_.time_plan(workload_.data.train, workload_.batch_size, steps);
  }

 private:
  static ModelOptions options(const Flags& flags) {
    ModelOptions options{.threads = std::stoi(flags.at("--threads")),
                         .fuse_updates = flags.at("--plan") == "fused"};
    from_name(flags.at("--precision"), options.precision);
    if (flags.at("--float32-matmul-precision") != "medium") {
      from_name(flags.at("--float32-matmul-precision"), options.float32_matmul_precision);
    }
    return options;
  }

  bench::Workload workload_;
  Model model_;
};

void answer(const Json& json) {
  std::cout << json.dump() << std::endl;
}

void serve(Participant& participant) {
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "epoch") answer(participant.train(1));
    if (line == "evaluate") answer(Json::object({{"accuracy", participant.accuracy()}}));
  }
}

int run(const Flags& flags) {
  kernels::select_isa(flags.at("--isa"));
  const auto began = std::chrono::steady_clock::now();
  Participant participant(flags);
  const std::string plan = participant.plan();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - began;
  if (const std::int64_t steps = std::stoll(flags.at("--steps")); steps > 0) {
    std::cout << participant.timed_plan(steps);
    return 0;
  }
  const std::int64_t epochs = std::stoll(flags.at("--epochs"));
  if (epochs > 0) {
    Json result = participant.train(epochs);
    answer(result.set("accuracy", participant.accuracy()));
    return 0;
  }
  answer(Json::object({{"ready", true},
                       {"import_s", 0.0},
                       {"compile_s", elapsed.count()},
                       {"isa", kernels::name_of(kernels::selected_isa())}}));
  serve(participant);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(parse(argc, argv));
  } catch (const std::exception& error) {
    std::cerr << "carnyx_bench_epoch: " << error.what() << "\n";
    return 1;
  }
}
