// Graphs of layers in files: bytes, order of weights, and what a cut or hostile file does.
#include <algorithm>
#include <string>

#include <gmock/gmock.h>

#include "carnyx/base/error.h"
#include "carnyx/layers/layer_normalization.h"
#include "carnyx/layers/merging.h"

#include "saving/archive.h"
#include "saving/hdf5_file.h"
#include "saving/keras_layout.h"
#include "saving/model_bytes.h"
#include "tests/saving/saved_models.h"

namespace carnyx {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A shared layer, a merge, two inputs, two outputs, each weight with numbers of its own.
SavedModel branched_model() {
  const SymbolicTensor a(Input({.shape = {3}, .name = "a"}));
  const SymbolicTensor b(Input({.shape = {3}, .name = "b"}));
  const AnyLayer shared = Dense({.units = 2, .name = "shared"});
  const SymbolicTensor sum = AnyLayer(Add())({shared(a), shared(b)});
  const SymbolicTensor late = AnyLayer(Dense({.units = 2, .name = "late"}))(b);
  const SymbolicTensor both = AnyLayer(Concatenate())({sum, late});
  SavedModel model{.network = Network({.inputs = {a, b},
                                       .outputs = {AnyLayer(LayerNormalization({}))(both), late}}),
                   .compile_config = {},
                   .weights = {},
                   .optimizer = std::nullopt};
  float first = 0;
  for (const LayerVariables& layer : keras_layout(model.network)) {
    for (const VariableSpec& variable : layer.variables) {
      model.weights.push_back({variable.name, numbers(variable.shape, first += 10)});
    }
  }
  return model;
}

void expect_same(const SavedModel& got, const SavedModel& wanted) {
  ASSERT_EQ(got.weights.size(), wanted.weights.size());
  for (std::size_t i = 0; i < got.weights.size(); ++i) {
    EXPECT_EQ(got.weights[i].name, wanted.weights[i].name);
    EXPECT_TRUE(std::ranges::equal(got.weights[i].tensor.data<float>(),
                                   wanted.weights[i].tensor.data<float>()));
  }
  const std::vector<LayerSummary> rows = got.network.summarize();
  const std::vector<LayerSummary> wanted_rows = wanted.network.summarize();
  ASSERT_EQ(rows.size(), wanted_rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].name, wanted_rows[i].name);
    EXPECT_EQ(rows[i].connections, wanted_rows[i].connections);
  }
  EXPECT_EQ(got.network.output_names(), wanted.network.output_names());
}

TEST(FunctionalFile, ComesBackFromKerasFiles) {
  const SavedModel model = branched_model();

  expect_same(decode_model(encode_model(model, ""), "m.keras"), model);
}

TEST(FunctionalFile, ComesBackFromWholeH5FilesOfBothDialects) {
  const SavedModel model = branched_model();
  for (const KerasCompat compat : {KerasCompat::Current, KerasCompat::Keras20}) {
    const std::string file = encode_h5_model(model, {.keras_compat = compat});

    expect_same(decode_h5_model(file, "m.h5"), model);
  }
}

TEST(FunctionalFile, ListsGroupsInTheLayersOrder) {
  std::vector<std::string> layers;
  for (const LayerVariables& layer : keras_layout(branched_model().network)) {
    layers.push_back(layer.layer + " in " + layer.path);
  }

  EXPECT_THAT(layers,
              ElementsAre("shared in layers/dense/vars",
                          "add in layers/add/vars",
                          "late in layers/dense_1/vars",
                          "concatenate in layers/concatenate/vars",
                          "layer_normalization in layers/layer_normalization/vars"));
}

TEST(FunctionalFile, WritesNodesAsKeras2DoesIntoH5) {
  std::string text;
  for (const AttributedGroup& group :
       read_hdf5_attributes(encode_h5_model(branched_model()), "m.h5")) {
    for (const TextAttribute& attribute : group.attributes) {
      if (attribute.name == "model_config") text = attribute.values.front();
    }
  }
  const Json config = Json::parse(text, "model_config");

  EXPECT_EQ(config.at("class_name").as_string(), "Model");
  EXPECT_EQ(config.at("config").at("input_layers").dump(), R"([["a", 0, 0], ["b", 0, 0]])");
  EXPECT_EQ(config.at("config").at("output_layers").dump(),
            R"([["layer_normalization", 0, 0], ["late", 0, 0]])");
  const Json& shared = config.at("config").at("layers").at(2);
  EXPECT_EQ(shared.at("name").as_string(), "shared");
  EXPECT_EQ(shared.at("inbound_nodes").dump(), R"([[["a", 0, 0, {}]], [["b", 0, 0, {}]]])");
  const Json& add = config.at("config").at("layers").at(3);
  EXPECT_EQ(add.at("inbound_nodes").dump(), R"([[["shared", 0, 0, {}], ["shared", 1, 0, {}]]])");
}

TEST(FunctionalFile, BlamesTheFileForACycle) {
  SavedModel model = branched_model();
  const std::string file = encode_model(model, "");
  const Archive archive(file, "m.keras");
  std::string config = archive.read("config.json", 1 << 20);
  const std::string before = R"("keras_history": ["a", 0, 0])";
  config.replace(config.find(before), before.size(), R"("keras_history": ["shared", 0, 0])");
  const std::string hostile =
      make_archive({{"metadata.json", "{}"},
                    {"config.json", config},
                    {"model.weights.h5", archive.read("model.weights.h5", 1 << 20)}});

  EXPECT_THAT(message_of<CorruptData>([&] { (void)decode_model(hostile, "m.keras"); }),
              HasSubstr("'shared'"));
}

TEST(FunctionalFile, IsRefusedWhereverItIsCut) {
  const std::string file = encode_model(branched_model(), "");
  for (std::size_t size = 0; size < file.size(); size += 37) {
    EXPECT_THROW((void)decode_model(std::string_view(file).substr(0, size), "m.keras"), CorruptData)
        << size;
  }
}

}  // namespace
}  // namespace carnyx
