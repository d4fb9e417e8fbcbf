// Whole-model HDF5 files of several Keras generations, with what those predicted. The files are
// not in the repository; without them these tests are skipped.
#include <algorithm>
#include <array>
#include <string>

#include <gmock/gmock.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/data/npz.h"
#include "carnyx/layers/registry.h"
#include "carnyx/training/model.h"

namespace carnyx {
namespace {

/// The path of a shared file beside the checkout or above its parent; empty if there is none.
std::string shared_file(const std::string& name) {
  for (const char* folder : {"/../shared/fixtures/", "/../../shared/fixtures/"}) {
    const std::string path = std::string(CARNYX_SOURCE_DIR) + folder + name;
    if (exists(path)) return path;
  }
  return {};
}

Tensor predicted(Model& model, const Tensor& x) {
  return model.predict(
      {.x = x, .y = Tensor(DType::Int32, {x.shape()[0]}), .divisor = 1, .name = "x"});
}

void expect_close_tensors(const Tensor& a, const Tensor& b, double tolerance) {
  ASSERT_EQ(a.shape(), b.shape());
  for (std::int64_t i = 0; i < a.elements(); ++i) EXPECT_NEAR(a.at(i), b.at(i), tolerance) << i;
}

TEST(H5Fixtures, PredictWhatKeras3Predicted) {
  const std::string file = shared_file("k3_mlp.h5");
  if (file.empty()) GTEST_SKIP() << "no shared fixtures";
  constexpr std::array<std::string_view, 2> kNames = {"x", "y"};
  const auto io = read_npz(shared_file("k3_mlp_io.npz"), kNames);

  Model model = load_model(file);

  expect_close_tensors(predicted(model, io[0]), io[1], 1e-5);
  ASSERT_TRUE(model.is_compiled());
  EXPECT_EQ(model.iterations(), 8);
  EXPECT_NEAR(model.learning_rate(), 0.001, 1e-9);
}

TEST(H5Fixtures, ReadBothDialectsOfKeras2) {
  for (const char* name : {"k2_seq_list_dialect_le222.h5", "k2_seq_dict_dialect.h5"}) {
    const std::string file = shared_file(name);
    if (file.empty()) GTEST_SKIP() << "no shared fixtures";

    Model model = load_model(file);

    EXPECT_EQ(model.network().input_shape(), (Shape{4})) << name;
    EXPECT_EQ(model.weight("dense_1/kernel").shape(), (Shape{4, 8})) << name;
    ASSERT_TRUE(model.is_compiled()) << name;
    EXPECT_NEAR(model.learning_rate(), 0.002, 1e-9) << name;
  }
}

TEST(H5Fixtures, SurviveBeingWrittenAgain) {
  const std::string file = shared_file("k3_mlp.h5");
  if (file.empty()) GTEST_SKIP() << "no shared fixtures";
  const TemporaryDirectory folder;
  constexpr std::array<std::string_view, 2> kNames = {"x", "y"};
  const auto io = read_npz(shared_file("k3_mlp_io.npz"), kNames);

  for (const KerasCompat compat : {KerasCompat::Current, KerasCompat::Keras20}) {
    const std::string copy = folder.path() + "/" + std::string(name_of(compat)) + ".h5";
    load_model(file).save(copy, {.keras_compat = compat, .include_optimizer_weights = true});
    Model again = load_model(copy);

    expect_close_tensors(predicted(again, io[0]), io[1], 1e-5);
    EXPECT_EQ(again.weight("velocity/dense/kernel").shape(), (Shape{12, 8}));
  }
}

TEST(H5Fixtures, PredictWithAResidualNetworkAsKeras3) {
  const std::string file = shared_file("k3_res.h5");
  if (file.empty()) GTEST_SKIP() << "no shared fixtures";
  if (std::ranges::count(known_layers(), "Conv2D") == 0) GTEST_SKIP() << "no convolutions here";
  constexpr std::array<std::string_view, 2> kNames = {"x", "y"};
  const auto io = read_npz(shared_file("k3_res_io.npz"), kNames);

  Model model = load_model(file);

  EXPECT_TRUE(model.network().is_functional());
  expect_close_tensors(predicted(model, io[0]), io[1], 1e-5);
}

}  // namespace
}  // namespace carnyx
