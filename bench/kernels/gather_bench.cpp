// A batch of CIFAR-10's size gathered on one core: as it is, standardised, and as the ResNet
// example of Keras 2 has it (pad by 4, crop, flip, standardise).
#include <optional>
#include <vector>

#include <benchmark/benchmark.h>

#include "carnyx/base/rng.h"
#include "carnyx/kernels/steps.h"
#include "carnyx/kernels/thread_pool.h"
#include "carnyx/tensor/tensor.h"

namespace carnyx::kernels {
namespace {

constexpr std::int64_t kBatch = 128;
constexpr std::int64_t kImages = 10'000;
constexpr std::int64_t kElements = std::int64_t{32} * 32 * 3;

ImageChange standardised() {
  return {.height = 32,
          .width = 32,
          .channels = 3,
          .new_height = 32,
          .new_width = 32,
          .standardises = true};
}

ImageChange of_resnet() {
  ImageChange change = standardised();
  change.top = change.left = {.least = -4, .most = 4};
  change.flips_columns = true;
  return change;
}

void gather(benchmark::State& state, const std::optional<ImageChange>& change) {
  Tensor source(DType::Uint8, {kImages, kElements});
  Rng rng(1);
  for (std::uint8_t& pixel : source.data<std::uint8_t>()) {
    pixel = static_cast<std::uint8_t>(rng.next());
  }
  Tensor rows(DType::Float32, {kBatch, kElements});
  const auto kernel = make_gather({.source_buffer = 0,
                                   .source_dtype = DType::Uint8,
                                   .batch = kBatch,
                                   .columns = kElements,
                                   .outputs = {{.buffer = 1,
                                                .format = {Layout::Rows, DType::Float32},
                                                .shape = {kBatch, kElements}}},
                                   .change = change});
  ThreadPool pool(1);
  pool.reserve_scratch(kernel->scratch_bytes());
  std::byte* const buffers[] = {source.bytes(), rows.bytes()};
  const Kernel* const kernels[] = {kernel.get()};
  std::vector<std::int64_t> indices(kBatch);
  StepContext context;
  for (auto _ : state) {
    for (std::int64_t& index : indices) index = static_cast<std::int64_t>(rng.below(kImages));
    context.next.indices = indices;
    ++context.next.epoch;
    pool.run(kernels, buffers, context);
    benchmark::DoNotOptimize(rows.bytes());
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}

BENCHMARK_CAPTURE(gather, as_it_is, std::nullopt)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(gather, standardised, standardised())->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(gather, of_resnet, of_resnet())->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace carnyx::kernels
