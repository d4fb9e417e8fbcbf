// Steps allocate nothing: every operator new of the process is counted while they run.
#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "carnyx/layers/activity_regularization.h"
#include "carnyx/layers/gaussian_noise.h"
#include "carnyx/layers/layer_normalization.h"
#include "carnyx/layers/normalization.h"
#include "carnyx/layers/random_crop.h"
#include "carnyx/layers/random_flip.h"
#include "carnyx/layers/random_translation.h"
#include "carnyx/layers/rescaling.h"

#include "tests/training/residual_network.h"
#include "tests/training/step_runs.h"

namespace {

std::atomic<bool> counting{false};
std::atomic<std::int64_t> allocations{0};

void* counted(void* memory) {
  if (counting.load(std::memory_order_relaxed)) allocations.fetch_add(1, std::memory_order_relaxed);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// Not inlined: g++ would see free() meet what new returned, and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  return counted(std::malloc(size == 0 ? 1 : size));
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto line = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(line, (size + line - 1) / line * line));
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (counting.load(std::memory_order_relaxed)) allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace carnyx {
namespace {

/// Allocations during steps 2 to 20, on all threads.
std::int64_t allocations_of(const StepCase& c, const StepRun& run) {
  kernels::ThreadPool pool(run.threads);
  const auto graph = graph_of(c);
  StateStore states(graph->states(), state_format(run.backend, run.dtype), 7);
  Program program(*graph, states, pool, {run.backend, run.dtype, run.fuse_updates});
  bind_dataset(program, c.data, Mode::Training);
  const std::vector<std::int64_t> rows = rows_of_step(c, 0);
  program.prime(rows);
  for (std::int64_t step = 0; step < 20; ++step) {
    if (step == 1) allocations = 0, counting = true;
    program.run({.step = step,
                 .valid_rows = std::ssize(rows),
                 .gradient_scale = 1 / static_cast<double>(rows.size()),
                 .next = {rows}});
  }
  counting = false;
  return allocations;
}

StepCase mlp(AnyOptimizer optimizer) {
  return {.network = Network({Dense({.units = 100, .activation = Activation::Relu}),
                              Dropout({.rate = 0.2}),
                              Dense({.units = 70, .activation = Activation::Gelu}),
                              Dense({.units = 10, .activation = Activation::Softmax})}),
          .compiled = {.optimizer = std::move(optimizer), .metrics = {Accuracy({})}},
          .data = blobs(64, 90, 10),
          .batch = 64};
}

TEST(Allocation, IsCounted) {
  counting = true;
  allocations = 0;
  const auto memory = std::make_unique<std::vector<int>>(3);
  counting = false;
  EXPECT_EQ(allocations, 2);
}

TEST(Allocation, HappensInNoStep) {
  for (const DType dtype : {DType::Float32, DType::Bfloat16}) {
    for (const bool fuse : {true, false}) {
      const StepRun run{.dtype = dtype, .fuse_updates = fuse, .threads = 3};
      EXPECT_EQ(allocations_of(mlp(RMSprop({})), run), 0);
      EXPECT_EQ(allocations_of(mlp(Adam({})), run), 0);
    }
  }
}

TEST(Allocation, HappensInNoStepOfNoiseAndNormalization) {
  StepCase c = mlp(Adam({}));
  c.network = Network({Normalization({}),
                       GaussianNoise({.stddev = 0.5}),
                       Rescaling({.scale = std::vector<double>(90, 2)}),
                       Dense({.units = 36, .activation = Activation::Relu}),
                       LayerNormalization({}),
                       Reshape({.target_shape = {6, 6}}),
                       LayerNormalization({.axis = {1}}),
                       Flatten({}),
                       ActivityRegularization({.l1 = 0.1}),
                       Dense({.units = 10, .activation = Activation::Softmax})});
  for (const DType dtype : {DType::Float32, DType::Bfloat16}) {
    EXPECT_EQ(allocations_of(c, {.dtype = dtype, .threads = 3}), 0);
  }
  EXPECT_EQ(allocations_of(c, {.backend = Backend::Reference, .dtype = DType::Float64}), 0);
}

TEST(Allocation, HappensInNoStepThatChangesImages) {
  StepCase c = mlp(Adam({}));
  c.network = Network({RandomFlip({}),
                       RandomCrop({.height = 4, .width = 4}),
                       RandomTranslation({.height_factor = 0.2, .width_factor = 0.2}),
                       Flatten({}),
                       Dense({.units = 10, .activation = Activation::Softmax})});
  c.data = c.data.with_sample_shape({5, 6, 3});
  c.data.augmentation = {.pad = 1, .flip_horizontal = true, .cutout = 2, .standardise = true};
  for (const DType dtype : {DType::Float32, DType::Bfloat16}) {
    EXPECT_EQ(allocations_of(c, {.dtype = dtype, .threads = 3}), 0);
  }
  EXPECT_EQ(allocations_of(c, {.backend = Backend::Reference, .dtype = DType::Float64}), 0);
}

TEST(Allocation, HappensInNoStepOfAResidualNetworkWithAugmentation) {
  StepCase c{.network = residual_network(),
             .compiled = residual_training(),
             .data = small_pictures(16, pad_crop_flip_standardise()),
             .batch = 8};
  for (const std::int64_t rows : {8, 5}) {
    c.rows = rows;
    for (const DType dtype : {DType::Float32, DType::Bfloat16}) {
      for (const bool fuse : {true, false}) {
        EXPECT_EQ(allocations_of(c, {.dtype = dtype, .fuse_updates = fuse, .threads = 3}), 0);
      }
    }
  }
  EXPECT_EQ(allocations_of(c, {.backend = Backend::Reference, .dtype = DType::Float64}), 0);
}

TEST(Allocation, HappensInNoStepByReference) {
  for (const DType dtype : {DType::Float32, DType::Float64}) {
    const StepRun run{.backend = Backend::Reference, .dtype = dtype};
    EXPECT_EQ(allocations_of(mlp(SGD({}, {.global_clipnorm = 1})), run), 0);
  }
}

TEST(Allocation, HappensInNoStepOfARegression) {
  StepCase c = mlp(SGD({.momentum = 0.9}));
  c.network = Network({Dense({.units = 30, .activation = Activation::Tanh}), Dense({.units = 1})});
  c.compiled.loss = MeanSquaredError();
  c.compiled.metrics = {};
  c.data = with_targets(c.data, {}, false);
  EXPECT_EQ(allocations_of(c, {}), 0);
}

}  // namespace
}  // namespace carnyx
