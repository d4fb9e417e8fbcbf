// Plans of convolutional graphs beside the reference.
#include <string>

#include "carnyx/graph/image_ops.h"

#include "graph/plan/plan.h"
#include "tests/graph/graph_runs.h"

namespace carnyx {
namespace {

using ops::UnaryKind;
using ops::Window;

constexpr std::int64_t kBatch = 6;
constexpr double kTolerance = 2e-4;
constexpr Window kThree{.size = {3, 3}, .before = {1, 1}, .after = {1, 1}};

Value convolve(GraphBuilder& builder, Value x, std::int64_t filters, const Window& window) {
  const std::string name = "conv" + std::to_string(builder.graph().states().size());
  const Value kernel = builder.weight(
      name, {window.size[0], window.size[1], x.shape().back(), filters}, uniform(-0.3F, 0.3F));
  const Value bias = builder.weight(name + "_bias", {filters}, uniform());
  return ops::unary(ops::add(ops::conv2d(x, kernel, window), bias), UnaryKind::Relu);
}

struct Trained {
  std::unique_ptr<Graph> graph;
  Sources sources;
};

/// Two convolutions, a strided one and a residual, up to a sum of squares.
Trained small_network(std::int64_t channels, std::int64_t filters) {
  GraphBuilder builder(Mode::Training, kBatch);
  const Value x = builder.input("x", {7, 6, channels});
  const Value first = convolve(builder, x, filters, kThree);
  const Value second = convolve(builder, first, filters, kThree);
  const Value residual = ops::add(first, second);
  const Value last =
      convolve(builder,
               residual,
               2 * filters,
               {.size = {3, 3}, .stride = {2, 2}, .before = {0, 1}, .after = {1, 0}});
  const Value rows = ops::reshape(last, {kBatch, last.shape().elements() / kBatch});
  const Value loss = ops::sum_valid(ops::scale(ops::unary(rows, UnaryKind::Square), 0.01));
  builder.result("loss", loss);
  descend(builder, loss);
  return {builder.finish(), {{"x", random_rows({4 * kBatch, 7, 6, channels}, 1)}}};
}

TEST(ConvolutionPlan, TrainsAsTheReferenceDoes) {
  for (const auto& [channels, filters] : {std::pair(3, 16), std::pair(1, 5), std::pair(16, 32)}) {
    const Trained network = small_network(channels, filters);
    for (const std::int64_t rows : {kBatch, kBatch - 2}) {
      const Outcome wanted =
          run_graph(*network.graph, network.sources, {.backend = Backend::Reference, .rows = rows});
      expect_close(run_graph(*network.graph, network.sources, {.rows = rows}), wanted, kTolerance);
    }
  }
}

TEST(ConvolutionPlan, GivesTheSameBitsAtAnyThreadCountAndUpdatePlan) {
  const Trained network = small_network(3, 16);
  const Outcome wanted = run_graph(*network.graph, network.sources, {.threads = 1, .rows = kBatch});
  for (const int threads : {2, 7}) {
    EXPECT_EQ(run_graph(*network.graph, network.sources, {.threads = threads, .rows = kBatch}),
              wanted);
  }
  const GraphRun flat{.fuse_updates = false, .threads = 3, .rows = kBatch};
  EXPECT_EQ(run_graph(*network.graph, network.sources, flat), wanted);
}

TEST(ConvolutionPlan, IsCloseToTheReferenceInBfloat16) {
  const Trained network = small_network(16, 16);
  const Outcome wanted = run_graph(
      *network.graph, network.sources, {.backend = Backend::Reference, .steps = 1, .rows = kBatch});
  const Outcome got = run_graph(
      *network.graph, network.sources, {.dtype = DType::Bfloat16, .steps = 1, .rows = kBatch});
  expect_close(got, wanted, 0.1);  // relu cuts elsewhere now and then
}

/// Pixels that a convolution and a product of tiles both read, and whose sum's slope both do.
TEST(ConvolutionPlan, SharesPixelsAndSlopesWithProductsInBfloat16) {
  constexpr std::int64_t kChannels = 16;
  GraphBuilder builder(Mode::Training, kBatch);
  const Value x = builder.input("x", {7, 6, kChannels});
  const Value shared = convolve(builder, x, kChannels, kThree);
  const Value dense = builder.weight("dense", {kChannels, kChannels}, uniform(-0.3F, 0.3F));
  const Value sum =
      ops::add(convolve(builder, shared, kChannels, kThree), ops::matmul(shared, dense));
  const Value rows = ops::reshape(sum, {kBatch, sum.shape().elements() / kBatch});
  const Value loss = ops::sum_valid(ops::scale(ops::unary(rows, UnaryKind::Square), 0.01));
  builder.result("loss", loss);
  descend(builder, loss);
  const auto graph = builder.finish();
  const Sources sources = {{"x", random_rows({4 * kBatch, 7, 6, kChannels}, 1)}};

  const GraphRun one{.steps = 1, .rows = kBatch};
  GraphRun reference = one, narrow = one;
  reference.backend = Backend::Reference;
  narrow.dtype = DType::Bfloat16;

  expect_close(run_graph(*graph, sources, narrow), run_graph(*graph, sources, reference), 0.1);
}

TEST(ConvolutionPlan, FusesBiasReluAndUpdate) {
  const Trained network = small_network(16, 16);
  const plan::Plan plan = plan::make_plan(*network.graph, {});
  std::string labels;
  for (const plan::Step& step : plan.steps) labels += step.label + '\n';
  EXPECT_NE(labels.find("conv2d(6, 7, 6, 16) +add +relu"), std::string::npos) << labels;
  EXPECT_NE(labels.find("sum of kernel gradients +update"), std::string::npos) << labels;
}

}  // namespace
}  // namespace carnyx
