#include "carnyx/models/summary.h"

#include <string>

#include <gmock/gmock.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/layers/core.h"
#include "carnyx/layers/layer_normalization.h"
#include "carnyx/layers/merging.h"
#include "carnyx/layers/normalization.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Network mnist_mlp(NamingStyle naming = NamingStyle::Keras3) {
  return Network({Dense({.units = 512, .activation = Activation::Relu, .input_shape = {{784}}}),
                  Dropout({.rate = 0.2}),
                  Dense({.units = 512, .activation = Activation::Relu}),
                  Dropout({.rate = 0.2}),
                  Dense({.units = 10, .activation = Activation::Softmax})},
                 {.naming = naming});
}

Json golden(const std::string& name = "summaries") {
  const std::string path = std::string(CARNYX_SOURCE_DIR) + "/tests/golden/" + name + ".json";
  return Json::parse(read_file(path, 1 << 24), name);
}

/// Two branches, one of them through a layer that both share.
Network shared_branches() {
  const SymbolicTensor a(Input({.shape = {4}, .name = "a"}));
  const SymbolicTensor b(Input({.shape = {4}, .name = "b"}));
  const AnyLayer shared = Dense({.units = 3, .name = "shared"});
  return Network({.inputs = {a, b}, .outputs = {AnyLayer(Add())({shared(a), shared(b)})}});
}

// The table of the Cloud ML Engine example, Keras 2.0.4; its lines end in blanks.
TEST(Summary, PrintsTheTableOfTheKeras2Document) {
  const std::string text = summary_text(mnist_mlp(NamingStyle::Keras2), {SummaryStyle::Keras2});

  EXPECT_EQ(text,
            "_________________________________________________________________\n"
            "Layer (type)                 Output Shape              Param #   \n"
            "=================================================================\n"
            "dense_1 (Dense)              (None, 512)               401920    \n"
            "_________________________________________________________________\n"
            "dropout_1 (Dropout)          (None, 512)               0         \n"
            "_________________________________________________________________\n"
            "dense_2 (Dense)              (None, 512)               262656    \n"
            "_________________________________________________________________\n"
            "dropout_2 (Dropout)          (None, 512)               0         \n"
            "_________________________________________________________________\n"
            "dense_3 (Dense)              (None, 10)                5130      \n"
            "=================================================================\n"
            "Total params: 669,706\n"
            "Trainable params: 669,706\n"
            "Non-trainable params: 0\n"
            "_________________________________________________________________\n");
}

TEST(Summary, CutsFieldsThatKeras2HasNoRoomFor) {
  const Network network({Dense({.units = 3, .input_shape = {{2}}, .name = std::string(40, 'n')})});

  const std::string text = summary_text(network, {SummaryStyle::Keras2});

  EXPECT_THAT(text,
              HasSubstr("\nnnnnnnnnnnnnnnnnnnnnnnnnnnnn (None, 3)                 9         \n"));
}

TEST(Summary, PrintsTheTableOfTfKeras) {
  const std::string text = summary_text(mnist_mlp(), {SummaryStyle::TfKeras});

  EXPECT_THAT(text,
              StartsWith("Model: \"sequential\"\n"
                         "_________________________________________________________________\n"
                         " Layer (type)                Output Shape              Param #   \n"
                         "=================================================================\n"
                         " dense (Dense)               (None, 512)               401920    \n"));
  EXPECT_THAT(text,
              HasSubstr("\nTotal params: 669706 (2.55 MB)\n"
                        "Trainable params: 669706 (2.55 MB)\n"
                        "Non-trainable params: 0 (0.00 Byte)\n"));
}

TEST(Summary, IsTfKerasToTheByte) {
  const Json cases = golden().at("cases");
  ASSERT_GE(cases.size(), 20U);
  for (const Json& one : cases.items()) {
    const Network network = Network::from_json(one.at("config"));

    EXPECT_EQ(summary_text(network, {SummaryStyle::TfKeras}), one.at("tf_keras").as_string());
  }
}

TEST(Summary, IsKeras3ToTheByteIn80Columns) {
  const Json cases = golden().at("cases");
  ASSERT_GE(cases.size(), 20U);
  for (const Json& one : cases.items()) {
    const Network network = Network::from_json(one.at("config"));

    EXPECT_EQ(summary_text(network, {}), one.at("keras3").as_string());
  }
}

TEST(Summary, OfAGraphIsTfKerasToTheByte) {
  const Json cases = golden("functional_summaries").at("cases");
  ASSERT_GE(cases.size(), 10U);
  for (const Json& one : cases.items()) {
    const Network network = Network::from_json(one.at("tf_keras_config"));

    EXPECT_EQ(summary_text(network, {SummaryStyle::TfKeras}), one.at("tf_keras").as_string());
  }
}

TEST(Summary, OfAGraphIsKeras3ToTheByteIn80Columns) {
  const Json cases = golden("functional_summaries").at("cases");
  ASSERT_GE(cases.size(), 10U);
  for (const Json& one : cases.items()) {
    const Network network = Network::from_json(one.at("keras3_config"));

    EXPECT_EQ(summary_text(network, {}), one.at("keras3").as_string());
  }
}

// The layout of Keras 2.0 to 2.2: a row for each further connection.
TEST(Summary, OfAGraphHasARowForEachConnectionInKeras2) {
  const std::string text = summary_text(shared_branches(), {SummaryStyle::Keras2});

  EXPECT_THAT(text,
              HasSubstr("\nLayer (type)                    Output Shape         Param #     "
                        "Connected to               "
                        "      \n"));
  EXPECT_THAT(text,
              HasSubstr("\nshared (Dense)                  (None, 3)            15          "
                        "a[0][0]                    "
                        "      \n"
                        "                                                                 b[0][0]  "
                        "                  "
                        "      \n____"));
}

TEST(Summary, OfAGraphThatIsARowHasNoConnections) {
  const SymbolicTensor x(Input({.shape = {4}}));
  const Network network({.inputs = {x}, .outputs = {AnyLayer(Dense({.units = 3}))(x)}});

  const std::string text = summary_text(network, {SummaryStyle::TfKeras});

  EXPECT_THAT(text,
              HasSubstr("\n input_layer (InputLayer)    [(None, 4)]               0         \n"));
  EXPECT_THAT(text, Not(HasSubstr("Connected")));
}

// As Keras 3.15 prints it with line_length=40 (for 44 columns).
TEST(Summary, WrapsTheKeras3TableInANarrowTerminal) {
  const Network network({Dense({.units = 512, .input_shape = {{784}}}), Dropout({.rate = 0.2})});

  EXPECT_EQ(summary_text(network, {.terminal_columns = 44}),
            "Model: \"sequential\"\n"
            "┏━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━┓\n"
            "┃                 ┃ Output     ┃ Param ┃\n"
            "┃ Layer (type)    ┃ Shape      ┃     # ┃\n"
            "┡━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━┩\n"
            "│ dense (Dense)   │ (None,     │ 401,… │\n"
            "│                 │ 512)       │       │\n"
            "├─────────────────┼────────────┼───────┤\n"
            "│ dropout         │ (None,     │     0 │\n"
            "│ (Dropout)       │ 512)       │       │\n"
            "└─────────────────┴────────────┴───────┘\n"
            " Total params: 401,920 (1.53 MB)\n"
            " Trainable params: 401,920 (1.53 MB)\n"
            " Non-trainable params: 0 (0.00 B)\n");
}

TEST(Summary, KeepsTheKeras3TableAt88ColumnsInAWideTerminal) {
  const std::string text = summary_text(mnist_mlp(), {.terminal_columns = 300, .ascii = true});

  const std::size_t begin = text.find('\n') + 1;
  EXPECT_EQ(text.find('\n', begin) - begin, 88U);
}

TEST(Summary, DrawsTheKeras3TableInAscii) {
  const Network network({Dense({.units = 3, .input_shape = {{2}}, .name = std::string(50, 'n')})});

  EXPECT_EQ(summary_text(network, {.terminal_columns = 60, .ascii = true}),
            "Model: \"sequential\"\n"
            "+------------------------+-----------------+-----------+\n"
            "| Layer (type)           | Output Shape    |   Param # |\n"
            "+========================+=================+===========+\n"
            "| nnnnnnnnnnnnnnnnnnnnn~ | (None, 3)       |         9 |\n"
            "| (Dense)                |                 |           |\n"
            "+------------------------+-----------------+-----------+\n"
            " Total params: 9 (36.00 B)\n"
            " Trainable params: 9 (36.00 B)\n"
            " Non-trainable params: 0 (0.00 B)\n");
}

// Keras 3.15 on TensorFlow, RMSprop: a slot a weight, the iteration (int64) and the learning rate.
TEST(Summary, AddsTheOptimizersStateOnceItExists) {
  const std::string text = summary_text(mnist_mlp(), {.optimizer_parameters = 669708});

  EXPECT_THAT(text,
              HasSubstr("\n Total params: 1,339,414 (5.11 MB)\n"
                        " Trainable params: 669,706 (2.55 MB)\n"
                        " Non-trainable params: 0 (0.00 B)\n"
                        " Optimizer params: 669,708 (2.55 MB)\n"));
}

// Keras 3.15: mean and variance are float32, the count an int64.
TEST(Summary, CountsWeightsThatDoNotTrainAndTheirBytes) {
  const Network network(
      {Input({.shape = {3}}), Normalization({}), LayerNormalization({}), Dense({.units = 2})});

  EXPECT_THAT(summary_text(network, {}),
              HasSubstr(" Total params: 21 (88.00 B)\n"
                        " Trainable params: 14 (56.00 B)\n"
                        " Non-trainable params: 7 (32.00 B)\n"));
  EXPECT_THAT(summary_text(network, {.style = SummaryStyle::TfKeras}),
              HasSubstr("Non-trainable params: 7 (32.00 Byte)\n"));
  EXPECT_THAT(summary_text(network, {.style = SummaryStyle::Keras2}),
              HasSubstr("Non-trainable params: 7\n"));
}

TEST(Summary, CountsColumnsOfNamesInCodePoints) {
  const Network network({Dense({.units = 3, .input_shape = {{2}}, .name = "größe"})});

  EXPECT_THAT(summary_text(network, {SummaryStyle::Keras2}),
              HasSubstr("\ngröße (Dense)                (None, 3)"));
  EXPECT_THAT(summary_text(network, {.terminal_columns = 44}), HasSubstr("│ größe (Dense)   │"));
}

TEST(Summary, RejectsALineTooShortForItsColumns) {
  EXPECT_THROW(summary_text(mnist_mlp(), {.style = SummaryStyle::TfKeras, .line_length = 19}),
               InvalidArgument);
}

TEST(Summary, RejectsALineTooShortForConnections) {
  EXPECT_THROW(summary_text(shared_branches(), {.style = SummaryStyle::TfKeras, .line_length = 49}),
               InvalidArgument);
  EXPECT_NO_THROW(
      summary_text(shared_branches(), {.style = SummaryStyle::TfKeras, .line_length = 50}));
}

TEST(Summary, AsksForTheInputShape) {
  const Network network({Dense({.units = 3})});

  EXPECT_THROW(summary_text(network, {}), InvalidArgument);
}

}  // namespace
}  // namespace carnyx
