// Networks that are graphs of layers: drawn, brought into Keras's order, built.
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/layers/core.h"
#include "carnyx/layers/merging.h"
#include "carnyx/models/network.h"

namespace carnyx {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> layer_names(const Network& network) {
  std::vector<std::string> names;
  for (const auto& layer : network.layers()) names.push_back(layer.name);
  return names;
}

std::string graph_refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no InvalidArgument";
}

AnyLayer dense(std::int64_t units, const std::string& name = {}) {
  return Dense({.units = units, .name = name});
}

TEST(Functional, ListsLayersByDepthThenAsTheOutputsReachThem) {
  const SymbolicTensor x(Input({.shape = {4}}));
  const SymbolicTensor first = dense(4, "first")(x);
  const SymbolicTensor second = dense(4, "second")(first);
  const SymbolicTensor shortcut = dense(4, "shortcut")(x);
  const Network network(
      {.inputs = {x}, .outputs = {dense(2, "out")(AnyLayer(Add())({second, shortcut}))}});

  // The shortcut is as deep as the second layer, and reached after it.
  EXPECT_THAT(layer_names(network), ElementsAre("first", "second", "shortcut", "add", "out"));
  EXPECT_EQ(network.input_shape(), Shape({4}));
  EXPECT_EQ(network.output_shapes(), std::vector{Shape({2})});
  EXPECT_THAT(network.output_names(), ElementsAre("out"));
}

TEST(Functional, DeclaresWeightsInTheLayersOrder) {
  const SymbolicTensor x(Input({.shape = {4}}));
  const SymbolicTensor late = dense(4, "late")(x);
  const SymbolicTensor deep = dense(4, "deep_2")(dense(4, "deep_1")(x));
  const Network network({.inputs = {x}, .outputs = {AnyLayer(Add())({late, deep})}});

  GraphBuilder builder(Mode::Training, 2);
  network.build(builder, builder.input("x", {4}));

  std::vector<std::string> names;
  for (const Graph::State& state : builder.graph().states()) names.push_back(state.spec.name);
  EXPECT_THAT(layer_names(network), ElementsAre("deep_1", "late", "deep_2", "add"));
  EXPECT_THAT(names,
              ElementsAre("deep_1/kernel",
                          "deep_1/bias",
                          "late/kernel",
                          "late/bias",
                          "deep_2/kernel",
                          "deep_2/bias"));
}

TEST(Functional, SharesTheWeightsOfALayerThatIsCalledTwice) {
  const SymbolicTensor a(Input({.shape = {4}}));
  const SymbolicTensor b(Input({.shape = {4}}));
  const AnyLayer shared = dense(3);
  const Network network({.inputs = {a, b}, .outputs = {shared(a), shared(b)}});

  const std::vector<LayerSummary> rows = network.summarize();

  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].name, "input_layer");
  EXPECT_EQ(rows[1].name, "input_layer_1");
  EXPECT_EQ(rows[2].trainable_parameters, 15);
  EXPECT_THAT(rows[2].connections, ElementsAre("input_layer[0][0]", "input_layer_1[0][0]"));
  EXPECT_THAT(network.output_names(), ElementsAre("dense", "dense"));
  EXPECT_EQ(network.calls()[1].number, 1U);
}

TEST(Functional, SaysWhichLayersShapeIsSeveral) {
  const SymbolicTensor a(Input({.shape = {4}}));
  const SymbolicTensor b(Input({.shape = {2, 4}}));
  const AnyLayer shared = dense(3);

  const Network network({.inputs = {a, b}, .outputs = {shared(a), shared(b)}});

  EXPECT_TRUE(network.summarize()[2].has_several_shapes);
  EXPECT_EQ(network.summarize()[2].output_shape, Shape({2, 3}));
}

TEST(Functional, KeepsAnInputThatNoOutputNeeds) {
  const SymbolicTensor a(Input({.shape = {4}, .name = "a"}));
  const SymbolicTensor b(Input({.shape = {5}, .name = "b"}));

  const Network network({.inputs = {a, b}, .outputs = {dense(3)(a)}});

  ASSERT_EQ(network.rows().size(), 3U);
  EXPECT_TRUE(network.rows()[1].is_input);  // of depth 0, and before what was reached
  EXPECT_EQ(network.inputs()[network.rows()[1].index].name, "b");
}

TEST(Functional, ListsLayersAsBothKerasDo) {
  const std::string path =
      std::string(CARNYX_SOURCE_DIR) + "/tests/golden/functional_summaries.json";
  const Json golden = Json::parse(read_file(path, 1 << 24), "functional_summaries.json");
  for (const Json& one : golden.at("cases").items()) {
    for (const std::string keras : {"keras3", "tf_keras"}) {
      const Network network = Network::from_json(one.at(keras + "_config"));
      std::vector<std::string> names;
      for (const LayerSummary& row : network.summarize()) names.push_back(row.name);

      EXPECT_EQ(Json::array_of(names), one.at(keras + "_layers"));
      EXPECT_EQ(Network::from_json(network.to_json()).to_json(), network.to_json());
    }
  }
}

TEST(Functional, AsksForAllInputsThatWereDrawnWith) {
  const SymbolicTensor a(Input({.shape = {4}, .name = "a"}));
  const SymbolicTensor b(Input({.shape = {4}, .name = "b"}));
  const SymbolicTensor sum = AnyLayer(Add())({a, b});

  EXPECT_THAT(graph_refusal([&] { Network({.inputs = {a}, .outputs = {sum}}); }), HasSubstr("'b'"));
  EXPECT_THAT(graph_refusal([&] {
                Network({.inputs = {a, b, a}, .outputs = {sum}});
              }),
              HasSubstr("'a' is listed twice"));
  EXPECT_THAT(graph_refusal([&] {
                Network({.inputs = {a, b, sum}, .outputs = {sum}});
              }),
              HasSubstr("made of Input"));
  EXPECT_THAT(graph_refusal([&] { Network({.inputs = {a}, .outputs = {}}); }),
              HasSubstr("expected inputs and outputs"));
}

TEST(Functional, RejectsADrawingThatDoesNotBeginWithAnInput) {
  EXPECT_THAT(graph_refusal([] { SymbolicTensor x(dense(3)); }), HasSubstr("expected an Input"));
  EXPECT_THAT(graph_refusal([] { dense(3)(std::vector<SymbolicTensor>()); }),
              HasSubstr("no input"));
}

TEST(Functional, NamesTheLayerThatDoesNotFit) {
  const SymbolicTensor a(Input({.shape = {4}}));
  const SymbolicTensor b(Input({.shape = {3}}));
  const AnyLayer sum = Add({.name = "sum"});
  const Network network({.inputs = {a, b}, .outputs = {sum({a, b})}});

  EXPECT_THAT(graph_refusal([&] { static_cast<void>(network.summarize()); }),
              AllOf(HasSubstr("'sum'"), HasSubstr("(1, 4), (1, 3)")));
}

TEST(Functional, SaysThatItHasSeveralInputsWhereOneIsMeant) {
  const SymbolicTensor a(Input({.shape = {4}, .name = "a"}));
  const SymbolicTensor b(Input({.shape = {4}}));
  const Network network({.inputs = {a, b}, .outputs = {AnyLayer(Add())({a, b})}});

  EXPECT_THAT(graph_refusal([&] { static_cast<void>(network.input_shape()); }),
              AllOf(HasSubstr("one input"), HasSubstr("'a'")));
}

}  // namespace
}  // namespace carnyx
