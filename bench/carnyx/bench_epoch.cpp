// Carnyx as a participant of bench/peers and bench/floor: the protocol is at the top of
// bench/peers/run.py.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <string>

#include <sys/resource.h>

#include "carnyx/base/rng.h"
#include "carnyx/carnyx.h"
#include "carnyx/kernels/isa.h"

namespace {

using namespace carnyx;

using Flags = std::map<std::string, std::string>;

Flags parse(int argc, char** argv) {
  Flags flags = {{"--network", "mnist_mlp"},
                 {"--data", ""},
                 {"--precision", "float32"},
                 {"--float32-matmul-precision", "highest"},
                 {"--threads", "0"},
                 {"--rows", "0"},
                 {"--epochs", "0"},
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

Network mnist_mlp() {
  return Network({Dense({.units = 512, .activation = Activation::Relu, .input_shape = {{784}}}),
                  Dropout({.rate = 0.2}),
                  Dense({.units = 512, .activation = Activation::Relu}),
                  Dropout({.rate = 0.2}),
                  Dense({.units = 10, .activation = Activation::Softmax})});
}

Network off_menu() {
  return Network({Dense({.units = 511, .activation = Activation::Tanh, .input_shape = {{257}}}),
                  Dense({.units = 129, .activation = Activation::Tanh}),
                  Dense({.units = 7, .activation = Activation::Softmax})});
}

TrainTest random_rows() {
  constexpr std::int64_t kRows = 60'000;
  TrainTest data;
  Rng rng(1);
  for (Dataset* part : {&data.train, &data.test}) {
    part->x = Tensor(DType::Uint8, {kRows, 257});
    part->y = Tensor(DType::Uint8, {kRows});
    for (auto& pixel : part->x.data<std::uint8_t>())
      pixel = static_cast<std::uint8_t>(rng.below(256));
    for (auto& label : part->y.data<std::uint8_t>())
      label = static_cast<std::uint8_t>(rng.below(7));
    part->divisor = 255;
    part->classes = 7;
    part->name = "random rows";
  }
  return data;
}

TrainTest mnist(const std::string& directory) {
  const TrainTest data = datasets::mnist({.data_dir = directory});
  return {data.train.with_sample_shape({784}), data.test.with_sample_shape({784})};
}

class Participant {
 public:
  explicit Participant(const Flags& flags)
      : is_mnist_(flags.at("--network") == "mnist_mlp"),
        data_(is_mnist_ ? mnist(flags.at("--data")) : random_rows()),
        model_(is_mnist_ ? mnist_mlp() : off_menu(), options(flags)) {
    if (is_mnist_) {
      model_.compile({.optimizer = RMSprop({}), .metrics = {Accuracy({})}});
    } else {
      model_.compile({.optimizer = Adam({}, {.global_clipnorm = 1.0}), .metrics = {Accuracy({})}});
    }
    const std::int64_t rows = std::stoll(flags.at("--rows"));
    if (rows > 0) data_.train = data_.train.slice(0, rows);
  }

  Json train(std::int64_t epochs) {
    const double cpu = cpu_seconds();
    const auto began = std::chrono::steady_clock::now();
    const History history =
        model_.fit(data_.train, {.batch_size = is_mnist_ ? 128 : 100, .epochs = epochs});
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - began;
    return Json::object({{"epoch_s", elapsed.count() / static_cast<double>(epochs)},
                         {"cpu_s", (cpu_seconds() - cpu) / static_cast<double>(epochs)},
                         {"loss", history.epochs.back().at("loss")}});
  }

  double accuracy() { return model_.evaluate(data_.test, {.batch_size = 128}).at("accuracy"); }
  std::string plan() { return model_.describe_plan(128); }

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

  bool is_mnist_;
  TrainTest data_;
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
