// Plans of bare graphs: groups, phases and memory, against the reference and by brute force.
#include "graph/plan/plan.h"

#include <algorithm>
#include <set>

#include "graph/passes.h"
#include "tests/graph/random_graph.h"
#include "tests/graph/random_images.h"

namespace carnyx {
namespace {

/// Sums in float32 against sums in double, over graphs some ten ops deep.
constexpr double kFloat32 = 2e-4;

/// Seeds from here on are of images.
constexpr std::uint64_t kImages = 1000;

RandomGraph drawn_from(std::uint64_t seed) {
  return seed < kImages ? RandomGraphs(seed).draw() : RandomImages(seed).draw();
}

class PlanOfRandomGraph : public testing::TestWithParam<std::uint64_t> {};

TEST_P(PlanOfRandomGraph, EqualsTheReference) {
  const RandomGraph drawn = drawn_from(GetParam());
  const Outcome wanted =
      run_graph(*drawn.graph, drawn.sources, {.backend = Backend::Reference, .rows = drawn.batch});

  const Outcome fused = run_graph(*drawn.graph, drawn.sources, {.rows = drawn.batch});

  expect_close(fused, wanted, kFloat32);
  const GraphRun flat{.fuse_updates = false, .threads = 3, .rows = drawn.batch};
  EXPECT_EQ(run_graph(*drawn.graph, drawn.sources, flat), fused);
}

TEST_P(PlanOfRandomGraph, IsCloseToTheReferenceInThreeBfloat16Products) {
  const RandomGraph drawn = drawn_from(GetParam());
  const Outcome wanted =
      run_graph(*drawn.graph, drawn.sources, {.backend = Backend::Reference, .rows = drawn.batch});
  GraphRun high{.rows = drawn.batch, .float32_matmul_precision = MatmulPrecision::High};

  const Outcome fused = run_graph(*drawn.graph, drawn.sources, high);

  expect_close(fused, wanted, 30 * kFloat32);
  high.fuse_updates = false, high.threads = 3;
  EXPECT_EQ(run_graph(*drawn.graph, drawn.sources, high), fused);
}

/// Every way to plan: where tiles are missing, high is highest.
std::vector<ProgramOptions> all_options() {
  std::vector<ProgramOptions> all;
  for (const bool fuse : {true, false}) {
    all.push_back({.fuse_updates = fuse});
    all.push_back({.fuse_updates = fuse, .float32_matmul_precision = MatmulPrecision::High});
    all.push_back({.compute_dtype = DType::Bfloat16, .fuse_updates = fuse});
  }
  return all;
}

TEST_P(PlanOfRandomGraph, CountsTheValidRowsAlone) {
  const RandomGraph drawn = drawn_from(GetParam());
  const std::int64_t rows = drawn.batch / 2;
  GraphRun reference{.backend = Backend::Reference, .rows = rows};
  Outcome wanted = run_graph(*drawn.graph, drawn.sources, reference);
  Outcome got = run_graph(*drawn.graph, drawn.sources, {.rows = rows});
  for (Outcome* outcome : {&wanted, &got}) {  // rows past the valid ones may hold anything
    std::vector<double>& some = outcome->at("result/some");
    some.resize(some.size() / static_cast<std::size_t>(drawn.batch) *
                static_cast<std::size_t>(rows));
  }
  expect_close(got, wanted, kFloat32);
}

TEST_P(PlanOfRandomGraph, SharesNoMemoryBetweenWhatLivesAtOneTime) {
  const RandomGraph drawn = drawn_from(GetParam());
  for (const ProgramOptions& options : all_options()) {
    const auto graph =
        simplified(*in_compute_dtype(*simplified(*drawn.graph), options.compute_dtype));
    const plan::Plan made = plan::make_plan(*graph, options);
    const auto lives = [&](std::size_t id, int phase) {
      const plan::Buffer& buffer = made.buffers[id];
      if (buffer.kind != plan::Buffer::Kind::Arena) return true;
      bool before = false;
      bool after = false;
      for (const plan::Step& step : made.steps) {
        const auto touches = [&](const std::vector<int>& list) {
          return std::ranges::find(list, static_cast<int>(id)) != list.end();
        };
        if (!touches(step.reads) && !touches(step.writes)) continue;
        before = before || step.phase <= phase;
        after = after || step.phase >= phase;
      }
      return before && after;
    };
    const auto in_arena = [&](std::size_t id) {
      const auto kind = made.buffers[id].kind;
      return kind != plan::Buffer::Kind::State && kind != plan::Buffer::Kind::Source;
    };
    for (std::size_t a = 0; a < made.buffers.size(); ++a) {
      if (!in_arena(a)) continue;
      const plan::Buffer& first = made.buffers[a];
      ASSERT_LE(first.offset_bytes + first.size_bytes, made.arena_bytes);
      ASSERT_EQ(first.offset_bytes % 64, 0);
      for (std::size_t b = a + 1; b < made.buffers.size(); ++b) {
        if (!in_arena(b)) continue;
        const plan::Buffer& second = made.buffers[b];
        const bool apart = first.offset_bytes + first.size_bytes <= second.offset_bytes ||
                           second.offset_bytes + second.size_bytes <= first.offset_bytes;
        for (int phase = 0; !apart && phase < made.phases; ++phase) {
          ASSERT_FALSE(lives(a, phase) && lives(b, phase)) << a << " and " << b << " in " << phase;
        }
      }
    }
  }
}

void expect_no_race(const plan::Plan& made) {
  std::set<int> ready;  // written before the step, or kept from the step before
  for (std::size_t id = 0; id < made.buffers.size(); ++id) {
    using Kind = plan::Buffer::Kind;
    const Kind kind = made.buffers[id].kind;
    if (kind == Kind::State || kind == Kind::Input) ready.insert(static_cast<int>(id));
  }
  for (int phase = 0; phase < made.phases; ++phase) {
    std::set<int> written;
    for (const plan::Step& step : made.steps) {
      if (step.phase != phase) continue;
      for (const int buffer : step.reads) {
        const bool kept = step.when != plan::Step::When::EveryStep;
        ASSERT_TRUE(kept || ready.contains(buffer)) << step.label << " reads what is not there yet";
      }
      for (const int buffer : step.writes) {
        ASSERT_TRUE(written.insert(buffer).second) << step.label;
        if (step.when != plan::Step::When::EveryStep) ready.insert(buffer);
      }
    }
    for (const plan::Step& step : made.steps) {
      if (step.phase != phase || step.when != plan::Step::When::EveryStep) continue;
      for (const int buffer : step.reads) {
        const bool own = std::ranges::find(step.writes, buffer) != step.writes.end();
        ASSERT_TRUE(own || !written.contains(buffer) || ready.contains(buffer)) << step.label;
      }
    }
    ready.insert(written.begin(), written.end());
  }
}

TEST_P(PlanOfRandomGraph, HasNoRaceInAnyPhase) {
  const RandomGraph drawn = drawn_from(GetParam());
  for (const ProgramOptions& options : all_options()) {
    const auto graph =
        simplified(*in_compute_dtype(*simplified(*drawn.graph), options.compute_dtype));
    expect_no_race(plan::make_plan(*graph, options));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PlanOfRandomGraph, testing::Range<std::uint64_t>(1, 61));
INSTANTIATE_TEST_SUITE_P(Images,
                         PlanOfRandomGraph,
                         testing::Range<std::uint64_t>(kImages, kImages + 40));

void expect_as_reference(const Graph& graph, const Sources& sources, std::int64_t rows) {
  const Outcome wanted = run_graph(graph, sources, {.backend = Backend::Reference, .rows = rows});
  expect_close(run_graph(graph, sources, {.rows = rows}), wanted, kFloat32);
}

TEST(Plan, GivesAResultThatIsAnInputTheRowsOfItsStep) {
  GraphBuilder builder(Mode::Inference, 2);
  builder.result("x", builder.input("x", {3}));
  builder.result("flat", ops::reshape(builder.input("image", {2, 2}), {2, 4}));
  const Sources sources = {{"x", random_rows({6, 3}, 1)}, {"image", random_rows({6, 2, 2}, 2)}};
  const auto graph = builder.finish();
  for (const Backend backend : {Backend::Cpu, Backend::Reference}) {
    const Outcome outcome = run_graph(*graph, sources, {.backend = backend, .rows = 2});
    for (std::size_t i = 0; i < 6; ++i) {
      EXPECT_EQ(outcome.at("result/x")[i], sources.at("x").at(static_cast<std::int64_t>(12 + i)));
    }
    EXPECT_EQ(outcome.at("result/flat")[7], sources.at("image").at(16 + 7));
  }
}

TEST(Plan, GivesAResultThatIsAStateItsValueFromBeforeTheStep) {
  GraphBuilder builder(Mode::Training, 2);
  const Value w = builder.weight("w", {3}, uniform());
  builder.result("before", w);
  builder.assign(w, ops::scale(w, 2));
  const auto graph = builder.finish();
  for (const Backend backend : {Backend::Cpu, Backend::Reference}) {
    const Outcome outcome = run_graph(*graph, {}, {.backend = backend, .rows = 2});
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(outcome.at("w")[i], 2 * outcome.at("result/before")[i]);
    }
  }
}

/// A weight that is moved, with what `follow` makes of its old and new values.
template <class Follow>
std::unique_ptr<Graph> moved_weight(Follow follow) {
  GraphBuilder builder(Mode::Training, 8);
  const Value x = builder.input("x", {5});
  const Value w = builder.weight("w", {5, 4}, uniform());
  const Value slope =
      gradients(ops::sum_valid(ops::unary(ops::matmul(x, w), ops::UnaryKind::Square)),
                std::vector<Value>{w})[0];
  const Value slot = slot_of(builder.graph(), w, "w");
  const std::vector<Value> slots = {slot};
  const auto next = ops::update(std::make_shared<const HalfMomentum>(), w, slope, slots);
  follow(builder, w, slot, next);
  return builder.finish();
}

TEST(Plan, LetsAMovedWeightBeReadBeforeAndAfter) {
  const auto graph = moved_weight([](GraphBuilder& builder, Value w, Value slot, const auto& next) {
    builder.assign(w, next[0]);
    builder.assign(slot, next[1]);
    const Value mean = builder.statistic("mean", {5, 4}, uniform(0, 0));
    builder.assign(mean, ops::add(ops::scale(mean, 0.5), ops::scale(next[0], 0.5)));
    builder.result("moved_by", ops::sum_all(ops::subtract(next[0], w)));
  });
  expect_as_reference(*graph, {{"x", random_rows({32, 5}, 1)}}, 8);
  const Sources sources = {{"x", random_rows({32, 5}, 1)}};
  const Outcome one = run_graph(*graph, sources, {.backend = Backend::Reference, .steps = 1});
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_FLOAT_EQ(static_cast<float>(one.at("mean")[i]), static_cast<float>(one.at("w")[i] / 2));
  }
}

TEST(Plan, RunsLayerNormalizationAsItsReferenceBetweenProducts) {
  GraphBuilder builder(Mode::Training, 8);
  const Value x = builder.input("x", {5});
  const Value h = ops::matmul(x, builder.weight("w", {5, 37}, uniform()));
  const Value gamma = builder.weight("gamma", {37}, uniform(0.5F, 1.5F));
  const Value beta = builder.weight("beta", {37}, uniform());
  const Value y = ops::unary(ops::layer_norm(h, gamma, beta, 1e-3), ops::UnaryKind::Relu);
  const Value out =
      ops::matmul(ops::gaussian_noise(y, 0.5, 3), builder.weight("v", {37, 2}, uniform()));
  const Value loss = ops::sum_valid(ops::multiply(out, out));
  builder.result("loss", loss);
  descend(builder, loss);
  expect_as_reference(*builder.finish(), {{"x", random_rows({32, 5}, 1)}}, 8);
}

TEST(Plan, ScalesRowsWhileTheyAreGathered) {
  GraphBuilder builder(Mode::Inference, 8);
  const Value x = ops::shift(ops::scale(builder.input("x", {2, 3}), 0.5), -1);
  builder.result("y", ops::shift(ops::reshape(x, {8, 6}), 0.25));
  const auto graph = builder.finish();
  const Sources sources = {{"x", random_rows({32, 2, 3}, 1)}};
  expect_as_reference(*graph, sources, 8);
  kernels::ThreadPool pool(1);
  StateStore states(graph->states(), state_format(Backend::Cpu, DType::Float32), 1);
  EXPECT_EQ(Program(*graph, states, pool, {}).describe(), "");
}

TEST(Plan, MovesNothingThatIsNotAssigned) {
  const auto graph = moved_weight([](GraphBuilder& builder, Value, Value slot, const auto& next) {
    builder.assign(slot, next[1]);
    builder.result("next", next[0]);
  });
  const Sources sources = {{"x", random_rows({32, 5}, 1)}};
  expect_as_reference(*graph, sources, 8);
  const Outcome none = run_graph(*graph, sources, {.steps = 0});
  EXPECT_EQ(run_graph(*graph, sources, {}).at("w"), none.at("w"));
}

TEST(Plan, RunsAColumnSumThatItsOwnProductNeedsBeforeIt) {
  GraphBuilder builder(Mode::Training, 8);
  const Value b = ops::unary(builder.input("x", {5}), ops::UnaryKind::Tanh);
  const Value sum = ops::sum_to(b, {5});
  const Value a = ops::multiply(b, ops::broadcast_to(sum, {8, 5}));
  builder.result("product", ops::matmul(a, b, true, false));
  expect_as_reference(*builder.finish(), {{"x", random_rows({32, 5}, 1)}}, 8);
}

TEST(Plan, ReadsAWeightThatItsBiassGradientIsWeighedWithBeforeMovingIt) {
  GraphBuilder builder(Mode::Training, 8);
  const Value x = builder.input("x", {5});
  const Value w = builder.weight("w", {5, 5}, uniform());
  const Value bias = builder.weight("b", {5}, uniform());
  const Value y = ops::add(ops::matmul(x, w), bias);
  const Value loss = ops::sum_valid(ops::unary(y, ops::UnaryKind::Square));
  descend(builder, loss);
  const Value slope = gradients(loss, std::vector<Value>{bias})[0];
  builder.result("weighed", ops::sum_all(ops::multiply(w, slope)));
  expect_as_reference(*builder.finish(), {{"x", random_rows({32, 5}, 1)}}, 8);
}

/// A classifier whose logits are an unary function of a product.
std::unique_ptr<Graph> unary_graph(ops::UnaryKind kind) {
  GraphBuilder builder(Mode::Training, 8);
  const Value x = builder.input("x", {5});
  const Value product = ops::matmul(x, builder.weight("w", {5, 19}, uniform(-0.15F, 0.15F)));
  // Products are within 0.75 of 0, where not all functions are defined.
  const bool positive = kind == ops::UnaryKind::Log || kind == ops::UnaryKind::Sqrt ||
                        kind == ops::UnaryKind::Rsqrt || kind == ops::UnaryKind::Reciprocal;
  const Value logits = ops::unary(positive ? ops::shift(product, 1.25) : product, kind, 0.3);
  const Value loss = ops::softmax_cross_entropy(logits, builder.input("y", {}, DType::Int32));
  builder.result("loss", loss);
  descend(builder, loss);
  return builder.finish();
}

TEST(Plan, RunsEveryUnaryFunctionAndItsGradientByKernels) {
  const Sources sources = {{"x", random_rows({32, 5}, 1)}, {"y", random_labels(32, 19, 2)}};
  for (int i = 0; i <= static_cast<int>(ops::UnaryKind::Mish); ++i) {
    const auto kind = static_cast<ops::UnaryKind>(i);
    SCOPED_TRACE(kernels::name_of(kind));
    const auto graph = unary_graph(kind);
    expect_as_reference(*graph, sources, 7);
    kernels::ThreadPool pool(1);
    StateStore states(graph->states(), state_format(Backend::Cpu, DType::Float32), 5);
    const Program program(*graph, states, pool, {});
    EXPECT_EQ(program.reference_steps(), 0) << program.describe();
  }
}

TEST(Plan, TakesLabelsOfAnyType) {
  for (const DType dtype : {DType::Int32, DType::Float32}) {
    GraphBuilder builder(Mode::Training, 8);
    const Value logits = builder.input("x", {5});
    const Value labels = builder.input("y", {}, dtype);
    const Value loss = ops::softmax_cross_entropy(logits, labels);
    builder.result("loss", loss);
    builder.result("slope", gradients(loss, std::vector<Value>{logits})[0]);
    expect_as_reference(
        *builder.finish(), {{"x", random_rows({32, 5}, 1)}, {"y", random_labels(32, 5, 2)}}, 8);
  }
}

TEST(Plan, TakesInputsOfAnyRank) {
  GraphBuilder builder(Mode::Training, 8);
  const Value vector = builder.input("v", {});
  const Value sequence = builder.input("s", {3, 5});
  const Value kernel = builder.weight("w", {5, 4}, uniform());
  const Value y = ops::unary(ops::matmul(sequence, kernel), ops::UnaryKind::Tanh);
  const Value loss =
      ops::add(ops::sum_valid(ops::unary(vector, ops::UnaryKind::Square)), ops::sum_valid(y));
  builder.result("loss", loss);
  builder.result("y", y);
  builder.result("v", ops::scale(vector, 3));
  descend(builder, loss);
  expect_as_reference(
      *builder.finish(), {{"v", random_rows({32}, 1)}, {"s", random_rows({32, 3, 5}, 2)}}, 8);
}

}  // namespace
}  // namespace carnyx
