// Convolutional networks in whole runs: files of Keras's, frozen layers, moving statistics.
#include <array>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/temporary_directory.h"
#include "carnyx/data/npz.h"
#include "carnyx/layers/activation_layers.h"
#include "carnyx/layers/batch_normalization.h"
#include "carnyx/layers/convolution.h"
#include "carnyx/layers/frozen.h"
#include "carnyx/layers/pooling.h"
#include "carnyx/models/summary.h"

#include "tests/training/step_runs.h"

namespace carnyx {
namespace {

using testing::DoubleNear;
using testing::HasSubstr;
using testing::Pointwise;

std::string fixture(const std::string& name) {
  return CARNYX_SOURCE_DIR "/tests/saving/fixtures/" + name;
}

Dataset samples_of(Tensor x) {
  return {.x = std::move(x), .y = {}, .classes = 0, .name = "samples"};
}

TEST(ImageModels, FilesOfKerasPredictAsKerasDoes) {
  constexpr std::array<std::string_view, 2> kNames = {"x", "y"};
  const std::vector<Tensor> arrays = read_npz(fixture("k3_cnn_io.npz"), kNames);
  const std::vector<double> wanted = numbers_of(arrays[1]);
  const TemporaryDirectory directory;
  for (const char* name : {"k3_cnn.keras", "k3_cnn.h5"}) {
    Model model = load_model(fixture(name), {.threads = 1});
    EXPECT_THAT(numbers_of(model.predict(samples_of(arrays[0]))),
                Pointwise(DoubleNear(1e-5), wanted))
        << name;
    for (const char* again : {"/again.keras", "/again.h5"}) {
      model.save(directory.path() + again);
      Model read = load_model(directory.path() + again, {.threads = 1});
      EXPECT_THAT(numbers_of(read.predict(samples_of(arrays[0]))),
                  Pointwise(DoubleNear(1e-5), wanted))
          << name << again;
    }
  }
}

/// Images of 6 x 6 x 1: a frozen convolution, a trained one, batch normalization.
Model small_network(ModelOptions options = {.threads = 1}) {
  Model model(Network({frozen(Conv2D({.filters = 2,
                                      .kernel_size = {3, 3},
                                      .kernel_regularizer = L2({}),
                                      .input_shape = {{6, 6, 1}},
                                      .name = "first"})),
                       Conv2D({.filters = 3, .kernel_size = {2, 2}, .use_bias = false}),
                       BatchNormalization({.momentum = 0.5}),
                       ReLU({}),
                       MaxPooling2D({}),
                       frozen(BatchNormalization({.name = "last"})),
                       Flatten({}),
                       Dense({.units = 3, .activation = Activation::Softmax})}),
              options);
  model.compile({.optimizer = Adam({}), .loss = SparseCategoricalCrossentropy({})});
  return model;
}

Dataset images() {
  return blobs(22, 36, 3).with_sample_shape({6, 6, 1});  // the last batch of 8 is not full
}

TEST(ImageModels, FrozenLayersStayAndHaveNoSlots) {
  Model model = small_network();
  std::vector<std::vector<double>> before;
  const std::vector<std::string> names = {
      "first/kernel", "first/bias", "last/gamma", "last/beta", "last/moving_mean"};
  for (const std::string& name : names) before.push_back(numbers_of(model.weight(name)));
  const std::vector<double> mean = numbers_of(model.weight("batch_normalization/moving_mean"));

  model.fit(images(), {.batch_size = 8, .epochs = 2});

  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(numbers_of(model.weight(names[i])), before[i]) << names[i];
  }
  EXPECT_NE(numbers_of(model.weight("batch_normalization/moving_mean")), mean);
  EXPECT_FALSE(model.states().contains("momentum/first/kernel"));
  EXPECT_TRUE(model.states().contains("momentum/conv2d/kernel"));
}

TEST(ImageModels, AreCountedAsKerasCountsThem) {
  const std::string text = small_network().summary({.style = SummaryStyle::Keras2});

  // Trained: 2 * 2 * 2 * 3 of the convolution, 3 + 3 of the first normalization, 3 * 3 + 3 of
  // Dense.
  EXPECT_THAT(text, HasSubstr("Total params: 80\n"));
  EXPECT_THAT(text, HasSubstr("Trainable params: 42\n"));
  EXPECT_THAT(text, HasSubstr("Non-trainable params: 38\n"));
}

TEST(ImageModels, GoOnFromFilesAndCheckpointsAsIfNothingHadBeen) {
  const TemporaryDirectory directory;
  const Dataset data = images();
  Model whole = small_network();
  const FitOptions options = {
      .batch_size = 8, .epochs = 4, .checkpoint = {.directory = directory.path() + "/whole"}};
  whole.fit(data, options);
  FitOptions half = options;
  half.epochs = 2;
  half.checkpoint.directory = directory.path() + "/halves";
  small_network().fit(data, half);
  half.epochs = 4;
  Model resumed = small_network({.threads = 2});
  resumed.fit(data, half);
  whole.save(directory.path() + "/whole.keras");
  Model loaded = load_model(directory.path() + "/whole.keras", {.threads = 1});

  EXPECT_EQ(loaded.network().to_json(), whole.network().to_json());
  for (const std::string& name : whole.weight_names()) {
    EXPECT_EQ(numbers_of(resumed.weight(name)), numbers_of(whole.weight(name))) << name;
    EXPECT_EQ(numbers_of(loaded.weight(name)), numbers_of(whole.weight(name))) << name;
  }
  whole.fit(data, {.batch_size = 8, .epochs = 1, .shuffle = false});
  loaded.fit(data, {.batch_size = 8, .epochs = 1, .shuffle = false});
  for (const std::string& name : whole.weight_names()) {
    EXPECT_THAT(numbers_of(loaded.weight(name)),
                Pointwise(DoubleNear(1e-6), numbers_of(whole.weight(name))))
        << name;
  }
}

}  // namespace
}  // namespace carnyx
