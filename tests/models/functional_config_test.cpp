// What configs of Keras 2 and 3 say of graphs, and what no config may say.
#include <functional>
#include <string>

#include <gmock/gmock.h>

#include "carnyx/base/error.h"
#include "carnyx/models/network.h"

namespace carnyx {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string config_refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const InvalidArgument& error) {
    return error.what();
  } catch (const CorruptData& error) {
    return error.what();
  }
  return "no error";
}

std::string input(const std::string& name) {
  return R"({"class_name": "InputLayer", "name": ")" + name + R"(", "inbound_nodes": [],
             "config": {"batch_input_shape": [null, 4], "dtype": "float32", "name": ")" +
         name + R"("}})";
}

/// A layer with nodes as Keras 2 writes them.
std::string layer(const std::string& class_name,
                  const std::string& name,
                  const std::string& nodes,
                  const std::string& options = "") {
  return R"({"class_name": ")" + class_name + R"(", "name": ")" + name + R"(", "inbound_nodes": )" +
         nodes + R"(, "config": {"name": ")" + name + "\"" + options + "}}";
}

std::string dense(const std::string& name, const std::string& nodes) {
  return layer("Dense", name, nodes, R"(, "units": 4)");
}

Network model(const std::string& layers,
              const std::string& outputs,
              const std::string& inputs = R"([["a", 0, 0]])") {
  return Network::from_json(Json::parse(R"({"class_name": "Model", "config": {"name": "m",
        "layers": [)" + layers + R"(], "input_layers": )" +
                                            inputs + R"(, "output_layers": )" + outputs + "}}",
                                        "m.json"));
}

TEST(FunctionalConfig, ReadsNodesOfKeras2) {
  const Network network =
      model(input("a") + ", " + dense("d", R"([[["a", 0, 0]], [["d", 0, 0, {}]]])") + ", " +
                layer("Add", "s", R"([[["d", 0, 0], ["d", 1, 0, {}]]])"),
            R"([["s", 0, 0]])");

  ASSERT_EQ(network.layers().size(), 2U);
  EXPECT_EQ(network.name(), "m");
  EXPECT_THAT(network.summarize()[2].connections, ElementsAre("d[0][0]", "d[1][0]"));
}

TEST(FunctionalConfig, KeepsTheNumbersOfCallsThatAreThere) {
  const Network network =
      model(input("a") + ", " + dense("d", R"([[["a", 0, 0]], [["a", 0, 0]], [["d", 1, 0]]])"),
            R"([["d", 2, 0]])");

  // The first call is no part of what the output needs.
  EXPECT_THAT(network.summarize()[1].connections, ElementsAre("a[0][0]", "d[0][0]"));
}

TEST(FunctionalConfig, ReadsTensorFlowsSumOfTwoLayers) {
  const Network network = model(input("a") + ", " + dense("d", R"([[["a", 0, 0]]])") + ", " +
                                    layer("TFOpLambda",
                                          "tf.math.add",
                                          R"([["d", 0, 0, {"y": ["a", 0, 0], "name": null}]])",
                                          R"(, "function": "math.add")"),
                                R"([["tf.math.add", 0, 0]])");

  EXPECT_EQ(network.layers()[1].layer->class_name(), "Add");
  EXPECT_THAT(network.summarize()[2].connections, ElementsAre("d[0][0]", "a[0][0]"));
}

TEST(FunctionalConfig, RejectsOtherFunctionsAndNumbers) {
  const auto with = [](const std::string& function, const std::string& y) {
    return config_refusal([&] {
      model(input("a") + ", " +
                layer("TFOpLambda",
                      "f",
                      R"([["a", 0, 0, {"y": )" + y + "}]]",
                      R"(, "function": ")" + function + "\""),
            R"([["f", 0, 0]])");
    });
  };
  EXPECT_THAT(with("math.reduce_sum", "null"), AllOf(HasSubstr("'f'"), HasSubstr("reduce_sum")));
  EXPECT_THAT(with("math.add", "2.5"), AllOf(HasSubstr("'f'"), HasSubstr("2.5")));
}

TEST(FunctionalConfig, ReadsArgumentsOfKeras3) {
  const auto tensor = [](const std::string& history) {
    return R"({"class_name": "__keras_tensor__", "config": {"keras_history": )" + history + "}}";
  };
  const auto dropout = [&](const std::string& options) {
    return model(
        input("a") + ", " +
            layer("Dropout",
                  "d",
                  R"([{"args": [)" + tensor(R"(["a", 0, 0])") + R"(], "kwargs": )" + options + "}]",
                  R"(, "rate": 0.5)"),
        R"(["d", 0, 0])",
        R"({"only": ["a", 0, 0]})");
  };
  EXPECT_THAT(dropout(R"({"training": false, "mask": null})").output_names(), ElementsAre("d"));
  EXPECT_THAT(config_refusal([&] { dropout(R"({"training": true})"); }),
              AllOf(HasSubstr("'d'"), HasSubstr("training = ")));
  EXPECT_THAT(
      config_refusal([&] {
        model(input("a") + ", " +
                  layer("Add",
                        "s",
                        R"([{"args": [)" + tensor(R"(["a", 0, 0])") + R"(, 2.0], "kwargs": {}}])"),
              R"([["s", 0, 0]])");
      }),
      AllOf(HasSubstr("'s'"), HasSubstr("2.0"), HasSubstr("Rescaling")));
}

TEST(FunctionalConfig, RejectsNamesAndIndicesThatAreNotThere) {
  const auto on = [](const std::string& reference) {
    return config_refusal([&] {
      model(input("a") + ", " + dense("d", "[[" + reference + "]]"), R"([["d", 0, 0]])");
    });
  };
  EXPECT_THAT(on(R"(["b", 0, 0])"), AllOf(HasSubstr("$.config.layers[1]"), HasSubstr("'b'")));
  EXPECT_THAT(on(R"(["a", 1, 0])"), HasSubstr("call 1"));
  EXPECT_THAT(on(R"(["a", -1, 0])"), HasSubstr("call -1"));
  EXPECT_THAT(on(R"(["a", 0, 1])"), HasSubstr("output 1"));
  EXPECT_THAT(on(R"(["a", 9223372036854775807, 0])"), HasSubstr("call 9223372036854775807"));
  EXPECT_THAT(on(R"(["a", 0])"), HasSubstr("[layer, node, output]"));
  EXPECT_THAT(on("7"), HasSubstr("[layer, node, output]"));
  EXPECT_THAT(on(R"(["a", 0, 0, {"training": true}])"), HasSubstr("training"));
  EXPECT_THAT(config_refusal([] {
                model(input("a") + ", " + dense("d", R"([[["a", 0, 0]]])"), R"([["d", 1, 0]])");
              }),
              HasSubstr("output_layers"));
  EXPECT_THAT(
      config_refusal([] { model(input("a") + ", " + dense("d", R"([[["a", 0, 0]]])"), "[]"); }),
      HasSubstr("outputs"));
  EXPECT_THAT(
      config_refusal([] { model(input("a") + ", " + dense("d", "[[]]"), R"([["d", 0, 0]])"); }),
      HasSubstr("'d' is called on nothing"));
  EXPECT_THAT(config_refusal([] { model(input("a") + ", " + input("a"), R"([["a", 0, 0]])"); }),
              HasSubstr("'a' twice"));
  EXPECT_THAT(config_refusal([] {
                model(input("a") + ", " + dense("d", R"([[["a", 0, 0]]])"),
                      R"([["d", 0, 0]])",
                      R"([["d", 0, 0]])");
              }),
              HasSubstr("made of Input"));
}

TEST(FunctionalConfig, RejectsCycles) {
  EXPECT_THAT(config_refusal([] {
                model(input("a") + ", " + layer("Add", "s", R"([[["a", 0, 0], ["d", 0, 0]]])") +
                          ", " + dense("d", R"([[["s", 0, 0]]])"),
                      R"([["d", 0, 0]])");
              }),
              HasSubstr("a cycle"));
  EXPECT_THAT(config_refusal([] {
                model(input("a") + ", " + dense("d", R"([[["d", 0, 0]]])"), R"([["d", 0, 0]])");
              }),
              AllOf(HasSubstr("'d'"), HasSubstr("a cycle")));
}

TEST(FunctionalConfig, NamesAModelInsideTheModel) {
  EXPECT_THAT(config_refusal([] {
                model(input("a") + ", " +
                          layer("Functional", "encoder", R"([[["a", 0, 0]]])", R"(, "layers": [])"),
                      R"([["encoder", 1, 0]])");
              }),
              AllOf(HasSubstr("'encoder'"), HasSubstr("whole model")));
}

// Neither the call stack nor a search through names may grow with these.
TEST(FunctionalConfig, ReadsThousandsOfCallsInARow) {
  constexpr int kCalls = 20'000;
  std::string nodes = R"([[["a", 0, 0]])";
  for (int i = 0; i + 1 < kCalls; ++i) nodes += R"(, [["d", )" + std::to_string(i) + ", 0]]";
  const Network network =
      model(input("a") + ", " + layer("Activation", "d", nodes + "]", R"(, "activation": "relu")"),
            R"([["d", )" + std::to_string(kCalls - 1) + ", 0]]");

  EXPECT_EQ(network.calls().size(), static_cast<std::size_t>(kCalls));
  EXPECT_EQ(network.calls().front().depth, static_cast<std::size_t>(kCalls - 1));
}

TEST(FunctionalConfig, ReadsAWideFan) {
  constexpr int kWidth = 5'000;
  std::string layers = input("a");
  std::string fan;
  for (int i = 0; i < kWidth; ++i) {
    const std::string name = "l" + std::to_string(i);
    layers += ", " + layer("Dropout", name, R"([[["a", 0, 0]]])", R"(, "rate": 0.5)");
    fan += (fan.empty() ? "[\"" : ", [\"") + name + "\", 0, 0]";
  }
  const Network network =
      model(layers + ", " + layer("Add", "sum", "[[" + fan + "]]"), R"([["sum", 0, 0]])");

  EXPECT_EQ(network.calls().back().sources.size(), static_cast<std::size_t>(kWidth));
  EXPECT_EQ(network.output_shapes().front(), Shape({4}));
}

// Each joins the one before with itself: 4 * 2^80 elements.
TEST(FunctionalConfig, RejectsValuesThatGrowWithoutEnd) {
  std::string layers = input("a");
  std::string last = "a";
  for (int i = 0; i < 80; ++i) {
    const std::string reference = "[\"" + last + "\", 0, 0]";
    last = "c" + std::to_string(i);
    layers += ", " + layer("Concatenate", last, "[[" + reference + ", " + reference + "]]");
  }
  const Network network = model(layers, "[[\"" + last + "\", 0, 0]]");

  EXPECT_THAT(config_refusal([&] { static_cast<void>(network.output_shapes()); }),
              AllOf(HasSubstr("'c29'"), HasSubstr("at most")));
}

}  // namespace
}  // namespace carnyx
