#include "carnyx/losses/losses.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/graph/ops.h"
#include "carnyx/graph/program.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<double> flat(const Json& json) {
  if (!json.is_array()) return {json.as_number()};
  std::vector<double> numbers;
  for (const Json& item : json.items()) {
    for (const double number : flat(item)) numbers.push_back(number);
  }
  return numbers;
}

Shape shape_of(const Json& json) {
  std::vector<std::int64_t> axes;
  for (const Json* level = &json; level->is_array(); level = &level->at(0)) {
    axes.push_back(static_cast<std::int64_t>(level->size()));
  }
  return Shape(std::move(axes));
}

/// A float32 or, for labels of rows, int32 tensor of nested lists.
Tensor tensor_of(const Json& json, bool labels) {
  const std::vector<double> numbers = flat(json);
  const Shape shape = shape_of(json);
  if (labels && shape.rank() == 1) {
    const std::vector<std::int32_t> values(numbers.begin(), numbers.end());
    return Tensor::from<std::int32_t>(shape, values);
  }
  const std::vector<float> values(numbers.begin(), numbers.end());
  return Tensor::from<float>(shape, values);
}

Shape sample_shape(const Tensor& tensor) {
  const auto& axes = tensor.shape().axes();
  return Shape(std::vector<std::int64_t>(axes.begin() + 1, axes.end()));
}

struct Measured {
  double sum = 0;
  std::vector<double> gradient;
};

/// The loss summed over all rows, and its gradient with respect to the output.
Measured measure(const Loss& loss,
                 const Tensor& target,
                 const Tensor& output,
                 Backend backend = Backend::Cpu,
                 DType dtype = DType::Float32,
                 const Tensor& weights = {}) {
  const std::int64_t rows = output.shape()[0];
  GraphBuilder builder(Mode::Training, rows);
  const bool labels = !is_floating(target.dtype());
  const Value y = builder.input("y", sample_shape(target), labels ? DType::Int32 : DType::Float32);
  const Value x = builder.input("x", sample_shape(output));
  const Value sum = weights.empty()
                        ? loss.build(builder, y, x)
                        : loss.build_weighted(builder, y, x, builder.input("weights", {}));
  builder.result("sum", sum);
  builder.result("gradient", gradients(sum, std::vector<Value>{x})[0]);
  const auto graph = builder.finish();
  StateStore states;
  kernels::ThreadPool pool(1);
  Program program(*graph, states, pool, {backend, dtype});
  program.bind("y", {.rows = target.bytes(), .dtype = target.dtype()});
  program.bind("x", {.rows = output.bytes(), .dtype = output.dtype()});
  if (!weights.empty()) program.bind("weights", {.rows = weights.bytes()});
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < rows; ++i) indices.push_back(i);
  program.prime(indices);
  program.run({.valid_rows = rows});
  Measured measured{.sum = program.number("sum"), .gradient = {}};
  const Tensor gradient = program.value("gradient");
  for (std::int64_t i = 0; i < gradient.elements(); ++i)
    measured.gradient.push_back(gradient.at(i));
  return measured;
}

void expect_near(double got, double wanted, const std::string& where) {
  EXPECT_NEAR(got, wanted, 1e-6 + 1e-5 * std::abs(wanted)) << where;
}

AnyLoss loss_of(const Json& c) {
  return loss_from_json(Json::object({{"class_name", c.at("loss")}, {"config", c.at("options")}}));
}

void expect_as_keras(const Json& c, const std::string& precision, Backend backend, DType dtype) {
  const std::string where = c.at("loss").as_string() + c.at("options").dump() +
                            (c.contains("weights") ? " weighted " : " ") + precision;
  const bool labels = c.at("target").at(0).is_integer();
  const Tensor weights = c.contains("weights") ? tensor_of(c.at("weights"), false) : Tensor();
  const Tensor output = tensor_of(c.at("output"), false);
  const Json& wanted = c.at(precision);

  const Measured all =
      measure(*loss_of(c), tensor_of(c.at("target"), labels), output, backend, dtype, weights);

  const auto count = static_cast<double>(output.shape()[0]);
  expect_near(all.sum / count, wanted.at("mean").as_number(), where);
  const std::vector<double> gradient = flat(wanted.at("gradient"));
  ASSERT_EQ(all.gradient.size(), gradient.size());
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    expect_near(all.gradient[i] / count, gradient[i], where + " gradient " + std::to_string(i));
  }
}

Json golden_cases() {
  const std::string path = CARNYX_SOURCE_DIR "/tests/golden/losses.json";
  return Json::parse(read_file(path, 1 << 20), path).at("cases");
}

TEST(Losses, AreKerassWeightedOrNotAndInTheirGradients) {
  const Json cases = golden_cases();
  for (const Json& c : cases.items()) {
    expect_as_keras(c, "float32", Backend::Cpu, DType::Float32);
    expect_as_keras(c, "float32", Backend::Reference, DType::Float32);
    expect_as_keras(c, "float64", Backend::Reference, DType::Float64);
  }
}

TEST(Losses, HaveTheValuesThatKeras3HadForThreeSamples) {
  const std::string path = CARNYX_SOURCE_DIR "/tests/golden/keras3_losses.json";
  const Json cases = Json::parse(read_file(path, 1 << 20), path);
  struct Named {
    const char *name, *loss, *options;
  };
  const std::vector<Named> losses = {
      {"cce", "CategoricalCrossentropy", "{}"},
      {"cce_ls", "CategoricalCrossentropy", R"({"label_smoothing": 0.1})"},
      {"cce_logits", "CategoricalCrossentropy", R"({"from_logits": true})"},
      {"scce", "SparseCategoricalCrossentropy", "{}"},
      {"bce", "BinaryCrossentropy", "{}"},
      {"mse", "MeanSquaredError", "{}"},
      {"mae", "MeanAbsoluteError", "{}"},
      {"huber", "Huber", R"({"delta": 0.2})"},
      {"kld", "KLDivergence", "{}"},
      {"hinge", "Hinge", "{}"},
      {"poisson", "Poisson", "{}"},
      {"logcosh", "LogCosh", "{}"},
      {"cosine", "CosineSimilarity", "{}"}};
  ASSERT_EQ(cases.members().size(), losses.size());
  for (const Named& named : losses) {
    const Json& c = cases.at(named.name);
    const AnyLoss loss = loss_from_json(Json::object(
        {{"class_name", named.loss}, {"config", Json::parse(named.options, named.name)}}));
    const bool labels = !c.at("y_true").at(0).is_array();
    const Tensor output = tensor_of(c.at("y_pred"), false);

    const double sum = measure(*loss, tensor_of(c.at("y_true"), labels), output).sum;

    expect_near(
        sum / static_cast<double>(output.shape()[0]), c.at("value").as_number(), named.name);
  }
}

TEST(Losses, WriteWhatKerasWrites) {
  const Json cases = golden_cases();
  for (const Json& c : cases.items()) {
    const Json written = loss_to_json(*loss_of(c)).at("config");
    for (const auto& [key, value] : c.at("config").members()) {
      ASSERT_TRUE(written.contains(key)) << c.at("loss").as_string() << ' ' << key;
      const Json& own = written.at(key);
      const bool same_number =
          own.is_number() && value.is_number() && own.as_number() == value.as_number();
      const bool same_axis = own == Json::array({value});
      EXPECT_TRUE(own == value || same_number || same_axis)
          << c.at("loss").as_string() << ' ' << key << ": " << own.dump();
    }
  }
}

/// On the layers' own softmax and sigmoid, losses are those of the logits.
TEST(Losses, KeepTheirDigitsWhereProbabilitiesHaveNoneLeft) {
  const Tensor logits = Tensor::from<float>({1, 2}, std::vector<float>{-60, 60});
  const auto loss_of = [&](const Loss& loss, const Tensor& target, bool softmax) {
    GraphBuilder builder(Mode::Training, 1);
    const Value y = builder.input("y", {2});
    const Value x = builder.input("x", {2});
    builder.result(
        "sum",
        loss.build(builder, y, softmax ? ops::softmax(x) : ops::unary(x, ops::UnaryKind::Sigmoid)));
    const auto graph = builder.finish();
    StateStore states;
    kernels::ThreadPool pool(1);
    Program program(*graph, states, pool, {});
    program.bind("y", {.rows = target.bytes()});
    program.bind("x", {.rows = logits.bytes()});
    const std::vector<std::int64_t> rows = {0};
    program.prime(rows);
    program.run({.valid_rows = 1});
    return program.number("sum");
  };
  const Tensor target = Tensor::from<float>({1, 2}, std::vector<float>{1, 0});
  EXPECT_FLOAT_EQ(static_cast<float>(loss_of(CategoricalCrossentropy({}), target, true)), 120);
  EXPECT_FLOAT_EQ(static_cast<float>(loss_of(BinaryCrossentropy({}), target, false)), 60);
}

TEST(Losses, TakeLabelsWhereProbabilitiesAreMeant) {
  const Tensor labels = Tensor::from<std::int32_t>({3}, std::vector<std::int32_t>{2, 0, 1});
  const Tensor one_hot = Tensor::from<float>({3, 3}, std::vector<float>{0, 0, 1, 1, 0, 0, 0, 1, 0});
  const Tensor output =
      Tensor::from<float>({3, 3}, std::vector<float>{0.2F, 0.3F, 0.5F, 1, 0, 0, 0.4F, 0.4F, 0.2F});
  for (const double smoothing : {0.0, 0.2}) {
    const CategoricalCrossentropy loss({.label_smoothing = smoothing});
    const auto sum = [&](const Tensor& target) { return measure(loss, target, output).sum; };
    EXPECT_NEAR(sum(labels), sum(one_hot), 1e-6);
  }
}

TEST(Losses, TakeOneLabelARowWithOrWithoutAnAxisOfItsOwn) {
  const Tensor labels = Tensor::from<float>({2}, std::vector<float>{1, 0});
  const Tensor column = labels.reshaped({2, 1});
  const Tensor output = Tensor::from<float>({2, 1}, std::vector<float>{0.75F, 0.5F});
  const Tensor classes = Tensor::from<float>({2, 2}, std::vector<float>{0.5F, 0.5F, 0.25F, 0.75F});
  const auto sum = [](const Loss& loss, const Tensor& target, const Tensor& of) {
    return measure(loss, target, of).sum;
  };
  for (const Tensor& target : {labels, column}) {
    EXPECT_NEAR(sum(MeanSquaredError(), target, output), 0.0625 + 0.25, 1e-6);
    EXPECT_NEAR(sum(BinaryCrossentropy({}), target, output), -std::log(0.75 * 0.5), 1e-6);
    EXPECT_NEAR(
        sum(SparseCategoricalCrossentropy({}), target, classes), -std::log(0.5 * 0.25), 1e-6);
  }
}

TEST(Losses, RefuseTargetsThatDoNotFit) {
  const Tensor target = Tensor(DType::Float32, {2, 3});
  const Tensor output = Tensor(DType::Float32, {2, 4});
  const auto build = [&](const Loss& loss) { return [&] { measure(loss, target, output); }; };
  const CategoricalCrossentropy categorical({});
  const SparseCategoricalCrossentropy sparse({});
  const MeanSquaredError squares;
  EXPECT_THAT(build(categorical),
              ThrowsMessage<InvalidArgument>(HasSubstr("CategoricalCrossentropy")));
  EXPECT_THAT(build(sparse), ThrowsMessage<InvalidArgument>(HasSubstr("(2, 3) and (2, 4)")));
  EXPECT_THAT(build(squares), ThrowsMessage<InvalidArgument>(HasSubstr("MeanSquaredError")));
}

TEST(Losses, RefuseOptionsOutOfRange) {
  EXPECT_THROW(CategoricalCrossentropy({.label_smoothing = 1.5}), InvalidArgument);
  EXPECT_THROW(BinaryCrossentropy({.label_smoothing = -0.1}), InvalidArgument);
  EXPECT_THROW(CategoricalCrossentropy({.label_smoothing = std::nan("")}), InvalidArgument);
  EXPECT_THROW(Huber({.delta = 0}), InvalidArgument);
  EXPECT_THROW(BinaryFocalCrossentropy({.gamma = -1}), InvalidArgument);
  EXPECT_THROW(CategoricalFocalCrossentropy({.alpha = {{}}}), InvalidArgument);
  EXPECT_THROW(CategoricalGeneralizedCrossEntropy({.q = 1}), InvalidArgument);
}

TEST(Losses, HaveKerassStrings) {
  const auto class_of = [](const char* name) { return loss_from_json(Json(name))->class_name(); };
  EXPECT_EQ(class_of("categorical_crossentropy"), "CategoricalCrossentropy");
  EXPECT_EQ(class_of("sparse_categorical_crossentropy"), "SparseCategoricalCrossentropy");
  for (const char* name : {"binary_crossentropy", "bce", "BCE"}) {
    EXPECT_EQ(class_of(name), "BinaryCrossentropy");
  }
  for (const char* name : {"mse", "MSE", "mean_squared_error", "MeanSquaredError"}) {
    EXPECT_EQ(class_of(name), "MeanSquaredError");
  }
  EXPECT_EQ(class_of("mae"), "MeanAbsoluteError");
  EXPECT_EQ(class_of("MAPE"), "MeanAbsolutePercentageError");
  EXPECT_EQ(class_of("msle"), "MeanSquaredLogarithmicError");
  EXPECT_EQ(class_of("kld"), "KLDivergence");
  EXPECT_EQ(class_of("huber"), "Huber");
  EXPECT_EQ(class_of("log_cosh"), "LogCosh");
  EXPECT_THAT([&] { class_of("categorical_crossentrop"); },
              ThrowsMessage<InvalidArgument>(HasSubstr("categorical_crossentropy")));
}

TEST(Losses, ReadAFunctionThatKerasWroteByItsName) {
  const Json function = Json::object({{"module", "builtins"},
                                      {"class_name", "function"},
                                      {"config", "mean_absolute_error"},
                                      {"registered_name", "function"}});
  EXPECT_EQ(loss_from_json(function)->class_name(), "MeanAbsoluteError");
}

TEST(Losses, RefuseWhatTheyWouldHaveToDrop) {
  const auto read = [](const char* config) {
    return [config] {
      loss_from_json(
          Json::object({{"class_name", "Huber"}, {"config", Json::parse(config, "test")}}));
    };
  };
  EXPECT_THAT(read(R"({"reduction": "sum"})"),
              ThrowsMessage<InvalidArgument>(
                  HasSubstr("loss Huber: reduction must be sum_over_batch_size")));
  EXPECT_THAT(read(R"({"delt": 2})"), ThrowsMessage<InvalidArgument>(HasSubstr("delta")));
}

}  // namespace
}  // namespace carnyx
