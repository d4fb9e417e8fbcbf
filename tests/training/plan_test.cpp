// Whole training steps: the fused plan against the op-by-op reference, from the same state.
#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

#include "carnyx/graph/ops.h"
#include "carnyx/kernels/isa.h"

#include "tests/training/step_runs.h"

namespace carnyx {
namespace {

/// Of the largest element of a tensor, after three steps.
constexpr double kFloat32 = 1e-5;
/// Rules that divide a gradient by its own size give the rounding of tiny ones its full weight.
constexpr double kNormalised = 1e-4;
/// Fused kernels keep in float32 what the reference rounds to bfloat16 (2^-8) op by op.
constexpr double kBfloat16 = 0.15;
/// Three bfloat16 products leave out 2^-16 of each, plain float32 rounds at 2^-24.
constexpr double kHighOverHighest = 30;

std::vector<AnyLayer> mlp(std::vector<std::int64_t> units,
                          std::int64_t classes,
                          Activation activation,
                          double rate) {
  std::vector<AnyLayer> layers;
  for (const std::int64_t count : units) {
    layers.push_back(Dense({.units = count, .activation = activation}));
    if (rate > 0) layers.push_back(Dropout({.rate = rate}));
  }
  layers.push_back(Dense({.units = classes, .activation = Activation::Softmax}));
  return layers;
}

StepCase classifier(std::int64_t batch,
                    std::vector<std::int64_t> units = {96, 80},
                    Activation activation = Activation::Relu,
                    std::int64_t features = 100,
                    std::int64_t classes = 10) {
  return {.network = Network(mlp(std::move(units), classes, activation, 0.2)),
          .compiled = {.optimizer = SGD({.momentum = 0.9}), .metrics = {Accuracy({})}},
          .data = blobs(64, features, classes),
          .batch = batch};
}

StepCase mnist_mlp() {
  StepCase c = classifier(128, {512, 512}, Activation::Relu, 784);
  c.data = blobs(160, 784, 10);
  return c;
}

/// One kernel used twice, the second time after the first.
class Twice final : public Layer {
 public:
  [[nodiscard]] std::string class_name() const override { return "Twice"; }
  Value build(GraphBuilder& builder, Value x) const override {
    const Dense shared({.units = x.shape().back(), .activation = Activation::Tanh});
    return shared.build(builder, shared.build(builder, x));
  }
};

/// A gated linear unit: two products of one input, multiplied.
class Gated final : public Layer {
 public:
  [[nodiscard]] std::string class_name() const override { return "Gated"; }
  Value build(GraphBuilder& builder, Value x) const override {
    const std::int64_t in = x.shape().back();
    const Value values =
        ops::matmul(x, builder.weight("values", {in, 24}, GlorotUniform().pointer()));
    const Value gates =
        ops::matmul(x, builder.weight("gates", {in, 24}, GlorotUniform().pointer()));
    return ops::multiply(values, ops::unary(gates, ops::UnaryKind::Sigmoid));
  }
};

/// Each of two products plus the other one squashed: neither can be computed wholly before the
/// other.
class Crossed final : public Layer {
 public:
  [[nodiscard]] std::string class_name() const override { return "Crossed"; }
  Value build(GraphBuilder& builder, Value x) const override {
    const std::int64_t in = x.shape().back();
    const Value a = ops::matmul(x, builder.weight("a", {in, 24}, GlorotUniform().pointer()));
    const Value b = ops::matmul(x, builder.weight("b", {in, 24}, GlorotUniform().pointer()));
    const Value left = ops::unary(ops::add(a, b), ops::UnaryKind::Tanh);
    const Value right = ops::unary(ops::subtract(b, a), ops::UnaryKind::Tanh);
    return ops::multiply(left, right);
  }
};

/// A kernel that is squashed before it is used.
class SquashedKernel final : public Layer {
 public:
  [[nodiscard]] std::string class_name() const override { return "SquashedKernel"; }
  Value build(GraphBuilder& builder, Value x) const override {
    const std::int64_t in = x.shape().back();
    const Value kernel = builder.weight("kernel", {in, 24}, GlorotUniform().pointer());
    return ops::matmul(x, ops::unary(kernel, ops::UnaryKind::Tanh));
  }
};

/// Features mixed by weights that sum to 1 over each row of a matrix with more rows than the batch.
class Mixture final : public Layer {
 public:
  [[nodiscard]] std::string class_name() const override { return "Mixture"; }
  Value build(GraphBuilder& builder, Value x) const override {
    const std::int64_t in = x.shape().back();
    const Value logits = builder.weight("logits", {in, 12}, GlorotUniform().pointer());
    return ops::matmul(x, ops::softmax(logits));
  }
};

StepCase with_layer(AnyLayer layer) {
  StepCase c = classifier(20);
  c.network = Network({Dense({.units = 24, .activation = Activation::Relu}),
                       std::move(layer),
                       Dense({.units = 10, .activation = Activation::Softmax})});
  return c;
}

void expect_as_reference(const StepCase& c,
                         double tolerance = kFloat32,
                         DType dtype = DType::Float32) {
  const Outcome wanted = run_steps(c, {.backend = Backend::Reference, .dtype = dtype});
  expect_close(run_steps(c, {.dtype = dtype}), wanted, tolerance);
  expect_close(run_steps(c, {.dtype = dtype, .fuse_updates = false}), wanted, tolerance);
  if (dtype != DType::Float32) return;
  const StepRun high{.float32_matmul_precision = MatmulPrecision::High};
  expect_close(run_steps(c, high), wanted, kHighOverHighest * tolerance);
}

/// Every way to compute: where tiles are missing, high is highest.
const std::array kComputations = {StepRun{},
                                  StepRun{.dtype = DType::Bfloat16},
                                  StepRun{.float32_matmul_precision = MatmulPrecision::High}};

class PlanOfBatch : public testing::TestWithParam<std::int64_t> {};
TEST_P(PlanOfBatch, EqualsTheReference) {
  expect_as_reference(classifier(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(Batches, PlanOfBatch, testing::Values(1, 5, 100, 128));

class PlanOfActivation : public testing::TestWithParam<Activation> {};
TEST_P(PlanOfActivation, EqualsTheReference) {
  StepCase c = classifier(33, {37, 21}, GetParam(), 50);
  if (GetParam() == Activation::Exponential) c.data.divisor = 10;  // or its powers overflow
  expect_as_reference(c);
}
TEST_P(PlanOfActivation, RunsByKernelsAlone) {
  // Sums and maxima over a row's features have no kernel yet, and these two are made of them.
  const bool reduces = GetParam() == Activation::Softmax || GetParam() == Activation::LogSoftmax;
  const auto graph = graph_of(classifier(33, {37, 21}, GetParam(), 50));
  kernels::ThreadPool pool(1);
  for (const DType dtype : {DType::Float32, DType::Bfloat16}) {
    for (const bool fuse : {true, false}) {
      StateStore states(graph->states(), state_format(Backend::Cpu, dtype), 7);
      const Program program(*graph, states, pool, {.compute_dtype = dtype, .fuse_updates = fuse});
      EXPECT_EQ(program.reference_steps() > 0, reduces) << program.describe();
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Activations,
                         PlanOfActivation,
                         testing::Values(Activation::Linear,
                                         Activation::Relu,
                                         Activation::Relu6,
                                         Activation::LeakyRelu,
                                         Activation::Elu,
                                         Activation::Selu,
                                         Activation::Gelu,
                                         Activation::Silu,
                                         Activation::Sigmoid,
                                         Activation::HardSigmoid,
                                         Activation::HardSilu,
                                         Activation::Tanh,
                                         Activation::Softplus,
                                         Activation::Softsign,
                                         Activation::Mish,
                                         Activation::Exponential,
                                         Activation::Softmax,
                                         Activation::LogSoftmax),
                         [](const auto& test) { return std::string(name_of(test.param)); });

TEST(Plan, EqualsTheReferenceAtSizesThatFitNoBlock) {
  expect_as_reference(classifier(5, {511, 129}, Activation::Relu, 257, 7));
  expect_as_reference(classifier(33, {1, 17, 15}, Activation::Tanh, 31, 7));
}

TEST(Plan, EqualsTheReferenceWithFortyClasses) {
  expect_as_reference(classifier(33, {48}, Activation::Relu, 50, 40));
}

TEST(Plan, EqualsTheReferenceOnProbabilityTargets) {
  StepCase c = classifier(20);
  c.data = with_targets(c.data, {10}, true);
  expect_as_reference(c);
}

TEST(Plan, EqualsTheReferenceWithLabelSmoothing) {
  StepCase c = classifier(20);
  c.compiled.loss = CategoricalCrossentropy({.label_smoothing = 0.1});
  expect_as_reference(c);
}

TEST(Plan, EqualsTheReferenceWithSparseLabelsAndLogits) {
  StepCase c = classifier(20);
  c.network = Network({Dense({.units = 30, .activation = Activation::Relu}), Dense({.units = 10})});
  c.compiled.loss = SparseCategoricalCrossentropy({.from_logits = true});
  expect_as_reference(c);
}

class PlanOfTargetShape : public testing::TestWithParam<std::vector<std::int64_t>> {};
TEST_P(PlanOfTargetShape, EqualsTheReferenceInRegression) {
  StepCase c = classifier(20);
  c.network = Network({Dense({.units = 30, .activation = Activation::Tanh}), Dense({.units = 1})});
  c.compiled.loss = MeanSquaredError();
  c.data = with_targets(c.data, GetParam(), false);
  expect_as_reference(c);
}
INSTANTIATE_TEST_SUITE_P(Shapes,
                         PlanOfTargetShape,
                         testing::Values(std::vector<std::int64_t>{},
                                         std::vector<std::int64_t>{1}));

TEST(Plan, EqualsTheReferenceOnBinaryCrossentropy) {
  StepCase c = classifier(20);
  c.data = blobs(64, 100, 2);
  c.compiled.loss = BinaryCrossentropy({});
  for (const Activation last : {Activation::Sigmoid, Activation::HardSigmoid}) {
    c.network = Network({Dense({.units = 30, .activation = Activation::Relu}),
                         Dense({.units = 1, .activation = last})});
    expect_as_reference(c);
  }
}

class PlanOfOptimizer : public testing::TestWithParam<AnyOptimizer> {};
TEST_P(PlanOfOptimizer, EqualsTheReference) {
  StepCase c = classifier(20);
  c.compiled.optimizer = GetParam();
  expect_as_reference(c, kNormalised);
}
INSTANTIATE_TEST_SUITE_P(Optimizers,
                         PlanOfOptimizer,
                         testing::Values(SGD({}),
                                         SGD({.momentum = 0.9, .nesterov = true}),
                                         RMSprop({}),
                                         Adam({}),
                                         Adam({.amsgrad = true}),
                                         RMSprop({.momentum = 0.5, .centered = true}),
                                         SGD({.momentum = 0.9}, {.global_clipnorm = 0.05})));

class PlanOfOwnLayer : public testing::TestWithParam<AnyLayer> {};
TEST_P(PlanOfOwnLayer, EqualsTheReference) {
  expect_as_reference(with_layer(GetParam()));
}
TEST_P(PlanOfOwnLayer, EqualsTheReferenceInBfloat16) {
  expect_as_reference(with_layer(GetParam()), kBfloat16, DType::Bfloat16);
}
INSTANTIATE_TEST_SUITE_P(Layers,
                         PlanOfOwnLayer,
                         testing::Values(Twice(), Gated(), Crossed(), SquashedKernel(), Mixture()),
                         [](const auto& test) { return test.param->class_name(); });

TEST(Plan, EqualsTheReferenceOnSequencesAndReshapes) {
  StepCase c = classifier(12);
  c.data = blobs(64, 96, 10).with_sample_shape({8, 12});
  c.network = Network({Dense({.units = 20, .activation = Activation::Relu}),
                       Dropout({.rate = 0.3}),
                       Reshape({.target_shape = {4, -1}}),
                       Dense({.units = 6}),
                       Flatten({}),
                       Dense({.units = 10, .activation = Activation::Softmax})});
  expect_as_reference(c);
}

TEST(Plan, InBfloat16IsCloseToTheReferenceInBfloat16) {
  for (const std::int64_t batch : {5, 64}) {
    expect_as_reference(classifier(batch), kBfloat16, DType::Bfloat16);
  }
}

TEST(Plan, ClipsInBfloat16AsInFloat32) {
  StepCase c = classifier(20);
  c.compiled.optimizer = SGD({.momentum = 0.9}, {.global_clipnorm = 0.05});
  expect_as_reference(c, kBfloat16, DType::Bfloat16);
  // Clipped gradients have the norm asked for, whatever they were computed in.
  const Outcome one = run_steps(c, {.dtype = DType::Bfloat16, .steps = 1});
  double squares = 0;
  for (const auto& [name, values] : one) {
    if (name.rfind("momentum/", 0) != 0) continue;
    for (const double value : values) squares += value * value;
  }
  EXPECT_NEAR(std::sqrt(squares) / 0.01, 0.05, 1e-5);
}

TEST(Plan, MovesWeightsBitForBitAlikeInsideAndOutsideOfTheGradient) {
  const StepCase c = classifier(100);
  for (StepRun run : kComputations) {
    const Outcome fused = run_steps(c, run);
    run.fuse_updates = false;
    EXPECT_EQ(run_steps(c, run), fused);
  }
}

TEST(Plan, GivesTheSameBitsAtAnyThreadCountOnEveryInstructionSet) {
  const StepCase c = mnist_mlp();
  for (const kernels::Isa isa : kernels::available_isas()) {
    SCOPED_TRACE(kernels::name_of(isa));
    kernels::select_isa(kernels::name_of(isa));
    for (StepRun run : kComputations) {
      for (const bool fuse : {true, false}) {
        run.fuse_updates = fuse;
        run.threads = 1;
        const Outcome one = run_steps(c, run);
        for (const int threads : {2, 7}) {
          run.threads = threads;
          EXPECT_EQ(run_steps(c, run), one) << threads;
        }
      }
    }
  }
  kernels::select_isa("auto");
}

TEST(Plan, EqualsTheReferenceOnEveryInstructionSet) {
  const StepCase c = classifier(33, {37, 21}, Activation::Elu, 50);
  const Outcome wanted = run_steps(c, {.backend = Backend::Reference});
  for (const kernels::Isa isa : kernels::available_isas()) {
    SCOPED_TRACE(kernels::name_of(isa));
    kernels::select_isa(kernels::name_of(isa));
    expect_close(run_steps(c, {}), wanted, kFloat32);
  }
  kernels::select_isa("auto");
}

TEST(Plan, AShortBatchEqualsAGraphBuiltForIt) {
  for (const std::int64_t rows : {1, 7, 16}) {
    StepCase full = classifier(20);
    StepCase exact = classifier(rows);
    full.rows = rows;
    expect_close(run_steps(full, {}), run_steps(exact, {}), kFloat32);
    expect_close(run_steps(full, {.backend = Backend::Reference}),
                 run_steps(exact, {.backend = Backend::Reference}),
                 1e-12);
  }
}

TEST(Plan, ABatchWithoutRowsMovesNothingUnderSgd) {
  StepCase c = classifier(20);
  c.compiled.optimizer = SGD({});
  const auto run = [&](const StepRun& how) {
    kernels::ThreadPool pool(how.threads);
    const auto graph = graph_of(c);
    StateStore states(graph->states(), state_format(how.backend, how.dtype), 7);
    const Tensor before = states.read("dense/kernel");
    Program program(*graph, states, pool, how.program_options());
    bind_dataset(program, c.data);
    program.prime(std::span<const std::int64_t>());
    program.run({.valid_rows = 0, .gradient_scale = 1.0 / 20, .learning_rate = 0.1});
    EXPECT_EQ(program.number("loss"), 0);
    EXPECT_EQ(numbers_of(states.read("dense/kernel")), numbers_of(before));
  };
  run({});
  run({.backend = Backend::Reference});
}

/// Lines of a described plan that run in every step.
std::vector<std::string> computing_steps(const Program& program) {
  std::vector<std::string> steps;
  std::istringstream text(program.describe());
  for (std::string line; std::getline(text, line);) {
    if (line.find("(kept)") == std::string::npos) steps.push_back(line);
  }
  return steps;
}

TEST(Plan, OfTheMlpHasTenStepsAndNoneByReference) {
  const StepCase c = mnist_mlp();
  kernels::ThreadPool pool(1);
  const auto graph = graph_of(c);
  for (const StepRun& run : kComputations) {
    StateStore states(graph->states(), state_format(run.backend, run.dtype), 7);
    const Program program(*graph, states, pool, run.program_options());
    EXPECT_EQ(program.reference_steps(), 0) << program.describe();
    EXPECT_EQ(computing_steps(program).size(), 10) << program.describe();
  }
}

}  // namespace
}  // namespace carnyx
