// The same epochs as a bare sequence of oneDNN primitives, speaking the protocol of
// bench/peers/run.py: what is left when a framework is taken away.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <iostream>
#include <numeric>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>

#include <omp.h>

#include "loops.h"
#include "training_step.h"

namespace {

using namespace carnyx::bench;
using Seconds = std::chrono::duration<double>;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string network = "mnist_mlp";
  std::optional<std::string> data;
  std::string precision = "float32";
  std::string float32_matmul_precision = "highest";
  int threads = omp_get_num_procs();
  std::optional<std::size_t> rows;
  std::optional<int> epochs;
};

Options parse(int count, char** words) {
  Options options;
  for (int i = 1; i < count; i += 2) {
    const std::string flag = words[i];
    if (i + 1 == count) throw std::invalid_argument(flag + ": expected a value after it");
    const std::string value = words[i + 1];
    if (flag == "--network") {
      options.network = value;
    } else if (flag == "--data") {
      options.data = value;
    } else if (flag == "--precision") {
      options.precision = value;
    } else if (flag == "--float32-matmul-precision") {
      options.float32_matmul_precision = value;
    } else if (flag == "--threads") {
      options.threads = std::stoi(value);
    } else if (flag == "--rows") {
      options.rows = std::stoul(value);
    } else if (flag == "--epochs") {
      options.epochs = std::stoi(value);
    } else {
      throw std::invalid_argument(flag + ": unknown flag; see bench/peers/run.py");
    }
  }
  return options;
}

template <typename T>
class Floor {
 public:
  Floor(const Network& network, const Data& data)
      : network_(network),
        data_(data),
        step_(network, data.train, 1),
        order_(data.train.labels.size()) {
    std::iota(order_.begin(), order_.end(), 0);
    std::cerr << step_.implementations();
  }

  void epoch() {
    const auto started = Clock::now();
    const std::clock_t cpu_started = std::clock();
    std::shuffle(order_.begin(), order_.end(), bits_);
    const std::size_t batch = network_.batch_size;
    for (std::size_t first = 0; first < order_.size(); first += batch) {
      loss_ = step_(std::span(order_).subspan(first, std::min(batch, order_.size() - first)));
    }
    cpu_s_ = static_cast<double>(std::clock() - cpu_started) / CLOCKS_PER_SEC;
    epoch_s_ = Seconds(Clock::now() - started).count();
  }

  void say_epoch() const { std::printf("{%s}\n", measured().c_str()); }
  void say_accuracy() { std::printf("{\"accuracy\": %.4f}\n", step_.accuracy(data_.test)); }
  void say_job() {
    std::printf("{%s, \"accuracy\": %.4f}\n", measured().c_str(), step_.accuracy(data_.test));
  }

 private:
  std::string measured() const {
    std::array<char, 128> text{};
    std::snprintf(text.data(),
                  text.size(),
                  "\"epoch_s\": %.6f, \"cpu_s\": %.6f, \"loss\": %.6f",
                  epoch_s_,
                  cpu_s_,
                  double{loss_});
    return text.data();
  }

  const Network& network_;
  const Data& data_;
  TrainingStep<T> step_;
  std::vector<std::int32_t> order_;
  std::mt19937 bits_{1};
  double epoch_s_ = 0;
  double cpu_s_ = 0;
  float loss_ = 0;
};

template <typename T>
int serve(const Network& network, const Data& data, const Options& options) {
  const auto started = Clock::now();
  Floor<T> floor(network, data);
  std::printf("{\"ready\": true, \"import_s\": 0, \"compile_s\": %.6f}\n",
              Seconds(Clock::now() - started).count());
  if (options.epochs) {
    for (int i = 0; i < *options.epochs; ++i) floor.epoch();
    floor.say_job();
    return 0;
  }
  std::fflush(stdout);
  for (std::string request; std::getline(std::cin, request); std::fflush(stdout)) {
    if (request == "epoch") {
      floor.epoch();
      floor.say_epoch();
    } else if (request == "evaluate") {
      floor.say_accuracy();
    } else {
      throw std::invalid_argument("unknown request " + request + "; expected epoch or evaluate");
    }
  }
  return 0;
}

int run(const Options& options) {
  if (options.precision != "float32" && options.precision != "mixed_bfloat16") {
    throw std::invalid_argument("--precision: expected float32 or mixed_bfloat16, got " +
                                options.precision);
  }
  if (options.float32_matmul_precision != "highest") {
    throw std::invalid_argument(
        "--float32-matmul-precision: the primitives have only highest, got " +
        options.float32_matmul_precision);
  }
  const bool is_mixed = options.precision == "mixed_bfloat16";
  if (is_mixed && !has_native_bfloat16()) {
    throw std::invalid_argument(
        "--precision mixed_bfloat16: this processor has no bfloat16 instructions (AVX512_BF16 or "
        "AMX), so there is no floor to measure");
  }
  omp_set_num_threads(options.threads);
  flush_denormals();
  const Network chosen = network(options.network);
  Data data = options.data && options.network == "mnist_mlp" ? read_mnist(*options.data)
                                                             : synthetic(chosen);
  if (options.rows && *options.rows < data.train.labels.size()) {
    data.train.labels.resize(*options.rows);
    data.train.images.resize(*options.rows * chosen.widths.front());
  }
  return is_mixed ? serve<BFloat16>(chosen, data, options) : serve<float>(chosen, data, options);
}

}  // namespace

int main(int count, char** words) {
  try {
    return run(parse(count, words));
  } catch (const std::invalid_argument& error) {
    std::cerr << "floor: " << error.what() << "\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "floor: " << error.what() << "\n";
    return 1;
  }
}
