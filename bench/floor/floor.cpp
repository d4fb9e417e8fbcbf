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
#include <random>
#include <stdexcept>
#include <string>

#include <omp.h>

#include "floor_options.h"
#include "image_step.h"
#include "loops.h"
#include "training_step.h"

namespace {

using namespace carnyx::bench;
using Seconds = std::chrono::duration<double>;
using Clock = std::chrono::steady_clock;

/// Step: TrainingStep or ImageStep; Workload: what it is made from.
template <typename Step, typename Workload>
class Floor {
 public:
  Floor(const Workload& workload, std::int64_t batch_size, const Data& data)
      : batch_size_(batch_size),
        data_(data),
        step_(workload, data.train, 1),
        order_(data.train.labels.size()) {
    std::iota(order_.begin(), order_.end(), 0);
    std::cerr << step_.implementations();
  }

  void epoch() {
    const auto started = Clock::now();
    const std::clock_t cpu_started = std::clock();
    std::shuffle(order_.begin(), order_.end(), bits_);
    const std::size_t batch = batch_size_;
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

  std::size_t batch_size_;
  const Data& data_;
  Step step_;
  std::vector<std::int32_t> order_;
  std::mt19937 bits_{1};
  double epoch_s_ = 0;
  double cpu_s_ = 0;
  float loss_ = 0;
};

template <typename Step, typename Workload>
int serve(const Workload& workload,
          std::int64_t batch_size,
          const Data& data,
          const FloorOptions& options) {
  const auto started = Clock::now();
  Floor<Step, Workload> floor(workload, batch_size, data);
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

void keep_rows(Data& data, std::size_t rows, std::int64_t features) {
  if (rows >= data.train.labels.size()) return;
  data.train.labels.resize(rows);
  data.train.images.resize(rows * features);
}

int run_images(const ImageNetwork& network, const FloorOptions& options) {
  const bool is_residual = network.blocks > 0;
  if (options.crops && !is_residual) {
    throw std::invalid_argument("--augmentation crop_flip: only the residual networks have it");
  }
  Data data = !options.data ? synthetic(network.pixels(), network.classes)
              : is_residual ? read_cifar10(*options.data)
                            : read_mnist(*options.data);
  std::size_t rows = std::min(options.rows.value_or(-1), data.train.labels.size());
  if (is_residual) rows -= rows % network.batch_size;  // they drop an epoch's partial batch
  keep_rows(data, rows, network.pixels());
  const ImageStepOptions step{network, options.layout, options.crops};
  return options.is_mixed ? serve<ImageStep<BFloat16>>(step, network.batch_size, data, options)
                          : serve<ImageStep<float>>(step, network.batch_size, data, options);
}

int run_dense(const FloorOptions& options) {
  const Network chosen = network(options.network);
  Data data = options.data && options.network == "mnist_mlp"
                  ? read_mnist(*options.data)
                  : synthetic(chosen.widths.front(), chosen.widths.back());
  if (options.rows) keep_rows(data, *options.rows, chosen.widths.front());
  return options.is_mixed ? serve<TrainingStep<BFloat16>>(chosen, chosen.batch_size, data, options)
                          : serve<TrainingStep<float>>(chosen, chosen.batch_size, data, options);
}

int run(const FloorOptions& options) {
  if (options.is_mixed && !has_native_bfloat16()) {
    throw std::invalid_argument(
        "--precision mixed_bfloat16: this processor has no bfloat16 instructions (AVX512_BF16 or "
        "AMX), so there is no floor to measure");
  }
  omp_set_num_threads(options.threads > 0 ? options.threads : omp_get_num_procs());
  flush_denormals();
  const auto images = image_network(options.network);
  return images ? run_images(*images, options) : run_dense(options);
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
