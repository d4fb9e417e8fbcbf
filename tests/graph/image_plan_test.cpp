// Whole steps over images: what runs by kernels, what simplifying and precision make of them.
#include <algorithm>
#include <cmath>

#include "carnyx/graph/image_ops.h"
#include "carnyx/kernels/isa.h"

#include "graph/ops/batch_norm.h"
#include "graph/ops/movement.h"
#include "graph/passes.h"
#include "tests/graph/graph_runs.h"

namespace carnyx {
namespace {

constexpr double kImageFloat32 = 2e-4;
constexpr std::int64_t kImageBatch = 8;
const ops::Window kHalves = {.size = {2, 2}, .stride = {2, 2}};

void expect_as_reference(const Graph& graph, const Sources& sources) {
  const Outcome wanted = run_graph(graph, sources, {.backend = Backend::Reference, .rows = 7});
  const Outcome got = run_graph(graph, sources, {.rows = 7});
  expect_close(got, wanted, kImageFloat32);
  EXPECT_EQ(run_graph(graph, sources, {.threads = 7, .rows = 7}), got);
}

Sources images(std::int64_t height, std::int64_t width, std::int64_t channels) {
  return {{"x", random_rows({4 * kImageBatch, height, width, channels}, 1)},
          {"y", random_labels(4 * kImageBatch, 5, 2)}};
}

Value row(GraphBuilder& builder, const std::string& name, std::int64_t channels, float low) {
  return builder.weight(name, {channels}, uniform(low, low + 1));
}

/// A product, normalized, and relu of that.
Value normalized_block(GraphBuilder& builder, Value x, std::int64_t channels) {
  const std::string name = "block" + std::to_string(builder.graph().node_count());
  const Value kernel = builder.weight(name, {x.shape().back(), channels}, uniform(-0.5F, 0.5F));
  const ops::BatchNorm norm = ops::batch_norm(ops::matmul(x, kernel),
                                              row(builder, name + "/gamma", channels, 0.5F),
                                              row(builder, name + "/beta", channels, -0.5F),
                                              1e-2);
  return ops::unary(norm.y, ops::UnaryKind::Relu);
}

std::unique_ptr<Graph> classifier() {
  GraphBuilder builder(Mode::Training, kImageBatch);
  Value x = normalized_block(builder, builder.input("x", {6, 6, 3}), 20);
  x = ops::max_pool2d(x, kHalves);
  const Value weights =
      ops::unary(ops::sum_to(x, {kImageBatch, 1, 1, 20}), ops::UnaryKind::Sigmoid);
  x = ops::dropout(ops::multiply(x, weights), 0.25, 3);
  const std::vector<Value> both = {
      x, ops::average_pool2d(x, ops::with_same_padding({.size = {2, 2}}, {3, 3}))};
  x = ops::repeat_pixels(ops::concatenate(both, -1), {1, 2});
  x = ops::pad(ops::slice(x, {0, 0, 1, 0}, {kImageBatch, 3, 5, 40}), {0, 1, 0, 0}, {0, 0, 1, 0});
  x = ops::transpose(ops::reshape(x, {kImageBatch, 24, 40}), {0, 2, 1});
  x = ops::add(x, row(builder, "bias", 24, -0.5F));
  const Value flat = ops::reshape(x, {kImageBatch, 960});
  const Value logits = ops::matmul(flat, builder.weight("dense", {960, 5}, uniform(-0.1F, 0.1F)));
  const Value loss = ops::softmax_cross_entropy(logits, builder.input("y", {}, DType::Int32));
  builder.result("loss", loss);
  descend(builder, loss);
  return builder.finish();
}

TEST(ImagePlan, RunsEveryOpThatIsNoConvolutionByKernels) {
  const auto graph = classifier();
  kernels::ThreadPool pool(1);
  StateStore states(graph->states(), state_format(Backend::Cpu, DType::Float32), 5);

  const Program program(*graph, states, pool, {});

  EXPECT_EQ(program.reference_steps(), 0) << program.describe();
  EXPECT_NE(program.describe().find("column totals +update"), std::string::npos);
  expect_as_reference(*graph, images(6, 6, 3));
}

TEST(ImagePlan, HasTheSameBitsOnAnyNumberOfThreadsOfEveryInstructionSet) {
  const auto graph = classifier();
  for (const kernels::Isa isa : kernels::available_isas()) {
    SCOPED_TRACE(kernels::name_of(isa));
    kernels::select_isa(kernels::name_of(isa));
    const Outcome one = run_graph(*graph, images(6, 6, 3), {.threads = 1});
    for (const int threads : {2, 7}) {
      EXPECT_EQ(run_graph(*graph, images(6, 6, 3), {.threads = threads}), one);
    }
  }
  kernels::select_isa("auto");
}

TEST(ImagePlan, MasksAndCountsTheRowsOfValidSamplesByKernels) {
  GraphBuilder builder(Mode::Training, kImageBatch);
  const Value x = builder.input("x", {3, 2, 5});
  builder.result("masked", ops::row_mask(ops::scale(x, 2)));
  builder.result("sum", ops::sum_valid(ops::scale(x, 3)));
  const auto graph = builder.finish();
  expect_as_reference(*graph, images(3, 2, 5));
  kernels::ThreadPool pool(1);
  StateStore states(graph->states(), state_format(Backend::Cpu, DType::Float32), 5);
  EXPECT_EQ(Program(*graph, states, pool, {}).reference_steps(), 0);
}

TEST(ImagePlan, NormalizesByKnownStatisticsInTheProductsOwnGroup) {
  GraphBuilder builder(Mode::Inference, kImageBatch);
  const Value x =
      ops::matmul(builder.input("x", {3, 2, 5}), builder.weight("w", {5, 4}, uniform()));
  const Value variance = builder.statistic("variance", {4}, uniform(1, 2));
  const Value deviation = ops::unary(ops::shift(variance, 1e-3), ops::UnaryKind::Sqrt);
  const Value factor = ops::divide(row(builder, "gamma", 4, 0.5F), deviation);
  const Value y =
      ops::multiply(ops::subtract(x, builder.statistic("mean", {4}, uniform())), factor);
  builder.result("y", ops::unary(ops::add(y, row(builder, "beta", 4, 0)), ops::UnaryKind::Relu));
  const auto graph = builder.finish();
  expect_as_reference(*graph, images(3, 2, 5));
  kernels::ThreadPool pool(1);
  StateStore states(graph->states(), state_format(Backend::Cpu, DType::Float32), 5);
  const std::string steps = Program(*graph, states, pool, {}).describe();
  EXPECT_EQ(std::ranges::count(steps, '\n'), 2) << steps;
  EXPECT_NE(steps.find("+subtract +multiply +add +relu"), std::string::npos) << steps;
}

template <class T>
std::int64_t count_of(const Graph& graph) {
  const std::vector<bool> live = graph.live_nodes();
  std::int64_t count = 0;
  for (int i = 0; i < graph.node_count(); ++i) {
    const bool is_one = dynamic_cast<const T*>(graph.node(i).op.get()) != nullptr;
    count += is_one && live[static_cast<std::size_t>(i)] ? 1 : 0;
  }
  return count;
}

/// A convolution of x padded with `number`, its sum of squares and the gradients of both operands.
std::unique_ptr<Graph> padded_convolution(const ops::Axes& before, double number) {
  GraphBuilder builder(Mode::Training, kImageBatch);
  const Value bias = builder.weight("bias", {3}, uniform());
  const Value x = ops::add(builder.input("x", {5, 4, 3}), bias);
  const Value padded = ops::pad(x, before, {0, 0, 2, 0}, number);
  const Value kernel = builder.weight("kernel", {3, 3, padded.shape()[3], 2}, uniform());
  const Value y = ops::conv2d(padded, kernel, {.size = {3, 3}, .stride = {2, 1}, .before = {0, 1}});
  const Value loss = ops::sum_valid(ops::unary(y, ops::UnaryKind::Square));
  builder.result("loss", loss);
  descend(builder, loss);
  return builder.finish();
}

TEST(ImageRewrites, MakeZerosAroundAnImageTheConvolutionsOwn) {
  const auto graph = padded_convolution({0, 1, 1, 0}, 0);
  const auto simple = simplified(*graph);

  EXPECT_EQ(count_of<ops::Pad>(*simple), 0);
  EXPECT_EQ(count_of<ops::Slice>(*simple), 0);
  expect_as_reference(*graph, images(5, 4, 3));
  const GraphRun reference{.backend = Backend::Reference, .dtype = DType::Float64};
  expect_close(run_graph(*simple, images(5, 4, 3), reference),
               run_graph(*graph, images(5, 4, 3), reference),
               1e-12);
}

TEST(ImageRewrites, LeavePaddingThatIsNotAConvolutions) {
  const std::vector<std::pair<ops::Axes, double>> others = {
      {{0, 1, 1, 0}, 0.5}, {{0, 1, 0, 1}, 0}, {{0, 3, 0, 0}, 0}};
  for (const auto& [before, number] : others) {
    const auto graph = padded_convolution(before, number);
    EXPECT_EQ(count_of<ops::Pad>(*simplified(*graph)), 1);
    expect_as_reference(*graph, images(5, 4, 3));
  }
  GraphBuilder builder(Mode::Inference, kImageBatch);
  const Value x = builder.input("x", {4, 4, 3});
  builder.result("y", ops::max_pool2d(ops::pad(x, {0, 1, 1, 0}, {0, 1, 1, 0}), kHalves));
  const auto graph = builder.finish();
  EXPECT_EQ(count_of<ops::Pad>(*simplified(*graph)), 1);
  expect_as_reference(*graph, images(4, 4, 3));
}

TEST(ImageRewrites, LetTransposesMeetThroughWhatTreatsElementsAlike) {
  const auto to_last = [](Value x) { return ops::transpose(x, {0, 2, 3, 1}); };
  const auto to_first = [](Value x) { return ops::transpose(x, {0, 3, 1, 2}); };
  GraphBuilder builder(Mode::Training, kImageBatch);
  Value x = to_last(builder.input("x", {3, 4, 5}));
  for (const std::string name : {"first", "second"}) {
    x = ops::matmul(x, builder.weight(name, {3, 3}, uniform()));
    x = to_last(ops::unary(ops::scale(to_first(x), 0.5), ops::UnaryKind::Relu));
  }
  const Value loss = ops::sum_valid(ops::unary(x, ops::UnaryKind::Square));
  builder.result("loss", loss);
  descend(builder, loss);
  const auto graph = builder.finish();

  EXPECT_EQ(count_of<ops::Transpose>(*simplified(*graph)), 1);  // the input's own
  expect_as_reference(*graph, images(3, 4, 5));
}

TEST(ImagePrecision, NarrowsWhatIsNormalizedAndKeepsItsStatistics) {
  const auto narrow = in_compute_dtype(*simplified(*classifier()), DType::Bfloat16);
  for (int i = 0; i < narrow->node_count(); ++i) {
    const Node& node = narrow->node(i);
    const auto type = [&](int value) { return narrow->type(value).dtype; };
    if (dynamic_cast<const ops::BatchNormalize*>(node.op.get()) != nullptr) {
      EXPECT_EQ(type(node.inputs[0]), DType::Bfloat16);
      EXPECT_EQ(type(node.inputs[1]), DType::Float32);
      EXPECT_EQ(type(node.outputs[0]), DType::Bfloat16);
      EXPECT_EQ(type(node.outputs[1]), DType::Float32);
    }
    if (dynamic_cast<const ops::BatchNormGradient*>(node.op.get()) != nullptr) {
      EXPECT_EQ(type(node.inputs[0]), DType::Bfloat16);
      EXPECT_EQ(type(node.outputs[0]), DType::Bfloat16);
      EXPECT_EQ(type(node.outputs[1]), DType::Float32);
    }
  }
  EXPECT_EQ(count_of<ops::BatchNormGradient>(*narrow), 1);
}

TEST(ImagePrecision, LeavesTheLossWhereItWas) {
  const auto graph = classifier();
  const Sources sources = images(6, 6, 3);
  const Outcome wide = run_graph(*graph, sources, {.backend = Backend::Reference});

  const Outcome narrow = run_graph(*graph, sources, {.dtype = DType::Bfloat16});

  const double loss = wide.at("result/loss")[0];
  EXPECT_NEAR(narrow.at("result/loss")[0], loss, 0.02 * loss);
  EXPECT_EQ(run_graph(*graph, sources, {.dtype = DType::Bfloat16, .threads = 7}), narrow);
}

}  // namespace
}  // namespace carnyx
