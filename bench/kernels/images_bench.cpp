// Kernels of images that are not convolved, on one thread: batch 16 of 32 x 32 x 64 in Panels.
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "carnyx/base/rng.h"
#include "carnyx/kernels/image_steps.h"
#include "carnyx/tensor/tensor.h"

namespace carnyx::kernels {
namespace {

constexpr std::int64_t kSamples = 16, kSide = 32, kChannels = 64;
const Shape kImages = {kSamples, kSide, kSide, kChannels};
const Shape kHalves = {kSamples, kSide / 2, kSide / 2, kChannels};
const Shape kMeans = {kSamples, 1, 1, kChannels};

/// Buffers of numbers in [-1, 1), and what runs on them.
class Bench {
 public:
  explicit Bench(benchmark::State& state)
      : state_(state), dtype_(state.range(0) == 0 ? DType::Float32 : DType::Bfloat16) {}

  Operand add(const Shape& shape) { return add(shape, {Layout::Panels, dtype_}); }
  Operand add(const Shape& shape, Format format) {
    const std::int64_t size = size_bytes(format, shape);
    buffers_.push_back(aligned_storage(size));
    addresses_.push_back(buffers_.back().get());
    Rng rng(1);
    for (std::int64_t i = 0; i < size / size_of(format.dtype); ++i) {
      store_element(addresses_.back(), format.dtype, i, double{rng.uniform(-1, 1)});
    }
    return {static_cast<int>(addresses_.size()) - 1, format, shape};
  }
  Operand row() { return add({kChannels}, {Layout::Panels, DType::Float32}); }
  Operand partials() { return add({column_partials(kImages, 2)}, {Layout::Rows, DType::Float64}); }
  Operand rows() { return add({batch_norm_rows(kImages)}, {Layout::Rows, DType::Float32}); }

  using Kernels = std::vector<std::unique_ptr<Kernel>>;
  void run(std::unique_ptr<Kernel> kernel) {
    Kernels one;
    one.push_back(std::move(kernel));
    run(one);
  }
  void run(const Kernels& kernels) {
    std::int64_t size = 64;
    for (const auto& kernel : kernels) size = std::max(size, kernel->scratch_bytes());
    const auto scratch = aligned_storage(size);
    const StepContext context{.valid_rows = kSamples};
    const Arguments arguments{
        addresses_.data(), context, {scratch.get(), static_cast<std::size_t>(size)}};
    for ([[maybe_unused]] auto _ : state_) {
      for (const auto& kernel : kernels) {
        for (std::int64_t chunk = 0; chunk < kernel->chunks(); ++chunk)
          kernel->run(chunk, arguments);
      }
    }
    state_.SetItemsProcessed(state_.iterations() * kImages.elements());
  }

 private:
  benchmark::State& state_;
  DType dtype_;
  std::vector<std::shared_ptr<std::byte[]>> buffers_;
  std::vector<std::byte*> addresses_;
};

Stage store_to(const Operand& operand) {
  return {.kind = StageKind::Store, .operand = operand};
}

void copy(benchmark::State& state) {
  Bench bench(state);
  const Operand x = bench.add(kImages);
  bench.run(make_elementwise(x, {store_to(bench.add(kImages))}));
}

void batch_norm_and_relu(benchmark::State& state) {
  Bench bench(state);
  const Operand x = bench.add(kImages), partials = bench.partials(), rows = bench.rows();
  const Stage relu{.kind = StageKind::Unary, .operand = {}, .unary = UnaryKind::Relu};
  Bench::Kernels kernels;
  kernels.push_back(make_batch_moments(x, partials));
  kernels.push_back(make_batch_moments_merge({.partials = partials,
                                              .x = kImages,
                                              .gamma = bench.row(),
                                              .beta = bench.row(),
                                              .epsilon = 1e-3F,
                                              .mean = bench.row(),
                                              .variance = bench.row(),
                                              .rows = rows}));
  kernels.push_back(make_batch_norm(x, rows, {relu, store_to(bench.add(kImages))}));
  bench.run(kernels);
}

void batch_norm_gradient(benchmark::State& state) {
  Bench bench(state);
  const Operand x = bench.add(kImages), slope = bench.add(kImages), mean = bench.row();
  const Operand partials = bench.partials(), rows = bench.rows();
  Bench::Kernels kernels;
  kernels.push_back(make_batch_norm_slopes(slope, x, mean, partials));
  kernels.push_back(make_batch_norm_slopes_merge(
      {.partials = partials,
       .x = kImages,
       .mean = mean,
       .variance = bench.row(),
       .gamma = bench.row(),
       .epsilon = 2,  // the variance here may be anything from -1 on
       .gamma_slope = ColumnSum{.store = bench.row(), .update = std::nullopt},
       .beta_slope = ColumnSum{.store = bench.row(), .update = std::nullopt},
       .rows = rows}));
  kernels.push_back(make_batch_norm_gradient(slope, x, rows, {store_to(bench.add(kImages))}));
  bench.run(kernels);
}

void pool(benchmark::State& state, Pooling kind, const Window& window, const Shape& result) {
  Bench bench(state);
  const Operand x = bench.add(kImages);
  const Operand y = bench.add(result);
  bench.run(make_pool2d({.kind = kind, .window = window, .x = x, .stages = {store_to(y)}}));
}

void pool_gradient(benchmark::State& state,
                   Pooling kind,
                   const Window& window,
                   const Shape& result) {
  Bench bench(state);
  const Operand x = bench.add(kImages), slope = bench.add(result), dx = bench.add(kImages);
  bench.run(make_pool2d_gradient({.kind = kind,
                                  .window = window,
                                  .slope = slope,
                                  .x = x,
                                  .image = kImages,
                                  .stages = {store_to(dx)}}));
}

void reshape(benchmark::State& state) {
  Bench bench(state);
  const Shape flat = {kSamples, kSide * kSide * kChannels};
  const Operand x = bench.add(kImages);
  bench.run(make_reshape(x, flat, {store_to(bench.add(flat))}));
}

void concatenate(benchmark::State& state) {
  Bench bench(state);
  const std::int64_t row = kSide * kChannels;
  MoveSpec spec{.shape = {kSamples, kSide, kSide, 2 * kChannels}, .parts = {}, .stages = {}};
  for (const std::int64_t begin : {std::int64_t{0}, kChannels}) {
    spec.parts.push_back({.x = bench.add(kImages),
                          .begin = {0, 0, 0, begin},
                          .extents = kImages.axes(),
                          .strides = {kSide * row, row, kChannels, 1}});
  }
  spec.stages = {store_to(bench.add(spec.shape))};
  bench.run(make_move(std::move(spec)));
}

const Window kTwo = {.size = {2, 2}, .stride = {2, 2}};
const Window kThree = {.size = {3, 3}, .stride = {2, 2}, .after = {1, 1}};
const Window kAll = {.size = {kSide, kSide}};

BENCHMARK(copy)->Arg(0)->Arg(1);  // float32, bfloat16
BENCHMARK(batch_norm_and_relu)->Arg(0)->Arg(1);
BENCHMARK(batch_norm_gradient)->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(pool, max_2x2, Pooling::Max, kTwo, kHalves)->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(pool_gradient, max_2x2, Pooling::Max, kTwo, kHalves)->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(pool, max_3x3, Pooling::Max, kThree, kHalves)->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(pool_gradient, max_3x3, Pooling::Max, kThree, kHalves)->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(pool, average_all, Pooling::Average, kAll, kMeans)->Arg(0)->Arg(1);
BENCHMARK_CAPTURE(pool_gradient, average_all, Pooling::Average, kAll, kMeans)->Arg(0)->Arg(1);
BENCHMARK(reshape)->Arg(0)->Arg(1);
BENCHMARK(concatenate)->Arg(0)->Arg(1);

}  // namespace
}  // namespace carnyx::kernels
