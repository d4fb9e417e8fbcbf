// What arithmetic and memory of this machine allow for an epoch of the networks, as one JSON line.
// A step's time is at least the larger of its arithmetic at the peak and of the traffic that no
// program can avoid at the bandwidth of where the weights live; at most, for a program that wastes
// nothing but overlaps nothing, their sum.
#include <algorithm>
#include <cstdio>
#include <numeric>
#include <string>

#include <omp.h>
#include <unistd.h>

#include "machine_peaks.h"
#include "workload.h"

namespace {

using namespace carnyx::bench;

constexpr double kRows = 60'000;

/// Multiply-adds of forward, weight gradients and, but for the first layer, input gradients.
double gflop_per_step(const Network& network) {
  double products = 0;
  for (std::size_t i = 0; i + 1 < network.widths.size(); ++i) {
    const auto kernel = static_cast<double>(network.widths[i] * network.widths[i + 1]);
    products += kernel * (i == 0 ? 2 : 3);
  }
  return 2 * products * static_cast<double>(network.batch_size) / 1e9;
}

double parameters(const Network& network) {
  double count = 0;
  for (std::size_t i = 0; i + 1 < network.widths.size(); ++i) {
    count += static_cast<double>((network.widths[i] + 1) * network.widths[i + 1]);
  }
  return count;
}

/// Weights and slots read and written once, in float32. The gradient is not counted: where nothing
/// needs it whole, it is used up where it is made. Clipping by the global norm needs it whole, so
/// it is then written and read once.
double optimizer_mb_per_step(const Network& network) {
  const double state = network.optimizer == Optimizer::RMSprop ? 2 : 3;
  const double gradient = network.global_clipnorm ? 1 : 0;
  return parameters(network) * sizeof(float) * 2 * (state + gradient) / 1e6;
}

struct Caches {
  std::size_t l2;
  std::size_t l3;
};

Caches caches() {
  const auto size = [](int name, std::size_t otherwise) {
    const long bytes = sysconf(name);
    return bytes > 0 ? static_cast<std::size_t>(bytes) : otherwise;
  };
  return {.l2 = size(_SC_LEVEL2_CACHE_SIZE, std::size_t{1} << 20),
          .l3 = size(_SC_LEVEL3_CACHE_SIZE, std::size_t{16} << 20)};
}

void say(const char* name, Bandwidth value) {
  std::printf("\"%s\": {\"read_gb_s\": %.1f, \"read_write_gb_s\": %.1f}, ",
              name,
              value.read,
              value.read_write);
}

void say_network(const char* name, double fma, double amx, double gb_per_s) {
  const Network chosen = network(name);
  const double steps = kRows / static_cast<double>(chosen.batch_size);
  const double memory = optimizer_mb_per_step(chosen) / 1e3 / gb_per_s * steps;
  const auto bounds = [&](double gflops) {
    const double arithmetic = gflop_per_step(chosen) / gflops * steps;
    std::printf(
        "{\"arithmetic_s\": %.4f, \"memory_s\": %.4f, \"at_least_s\": %.4f, \"sum_s\": %.4f}",
        arithmetic,
        memory,
        std::max(arithmetic, memory),
        arithmetic + memory);
  };
  std::printf("\"%s\": {\"gflop_per_step\": %.4f, \"optimizer_mb_per_step\": %.2f, \"float32\": ",
              name,
              gflop_per_step(chosen),
              optimizer_mb_per_step(chosen));
  bounds(fma);
  if (amx > 0) {
    std::printf(", \"mixed_bfloat16\": ");
    bounds(amx);
  }
  std::printf("}");
}

}  // namespace

int main(int count, char** words) {
  const int threads = count > 1 ? std::stoi(words[1]) : omp_get_num_procs();
  const Caches cache = caches();
  const double fma = fma_gflops(threads);
  const double amx = amx_bfloat16_gflops(threads);
  std::printf(
      "{\"threads\": %d, \"fma_gflop_s\": %.1f, \"amx_bf16_gflop_s\": %.1f, ", threads, fma, amx);
  say("l2", bandwidth(cache.l2 / 2, threads));
  const Bandwidth l3 = bandwidth(std::max(cache.l2 * 4, cache.l3 / threads / 4), threads);
  say("l3", l3);
  say("dram", bandwidth(cache.l3 * 4, threads));
  say_network("mnist_mlp", fma, amx, l3.read_write);
  std::printf(", ");
  say_network("off_menu", fma, amx, l3.read_write);
  std::printf("}\n");
}
