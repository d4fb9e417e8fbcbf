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

/// A float32 or, for labels, int32 tensor of nested lists.
Tensor tensor_of(const Json& json, bool labels) {
  const std::vector<double> numbers = flat(json);
  const auto rows = static_cast<std::int64_t>(json.size());
  const auto columns = static_cast<std::int64_t>(numbers.size()) / rows;
  if (labels) {
    const std::vector<std::int32_t> values(numbers.begin(), numbers.end());
    return Tensor::from<std::int32_t>({rows}, values);
  }
  const std::vector<float> values(numbers.begin(), numbers.end());
  return Tensor::from<float>({rows, columns}, values);
}

struct Measured {
  double sum = 0;
  std::vector<double> gradient;
};

/// The loss of rows [first, first + rows), summed, and its gradient with respect to the output.
Measured measure(const Loss& loss,
                 const Tensor& target,
                 const Tensor& output,
                 std::int64_t first,
                 std::int64_t rows,
                 Backend backend,
                 DType dtype) {
  GraphBuilder builder(Mode::Training, rows);
  const bool labels = !is_floating(target.dtype());
  const auto& axes = target.shape().axes();
  const Value y = builder.input("y",
                                Shape(std::vector<std::int64_t>(axes.begin() + 1, axes.end())),
                                labels ? DType::Int32 : DType::Float32);
  const Value x = builder.input("x", {output.shape()[1]});
  const Value sum = loss.build(builder, y, x);
  builder.result("sum", sum);
  builder.result("gradient", gradients(sum, std::vector<Value>{x})[0]);
  const auto graph = builder.finish();
  StateStore states;
  kernels::ThreadPool pool(1);
  Program program(*graph, states, pool, {backend, dtype});
  program.bind("y", {.rows = target.bytes(), .dtype = target.dtype()});
  program.bind("x", {.rows = output.bytes(), .dtype = output.dtype()});
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < rows; ++i) indices.push_back(first + i);
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

void expect_as_keras(const Json& c, const std::string& precision, Backend backend, DType dtype) {
  const std::string where = c.at("loss").as_string() + c.at("options").dump() + " " + precision;
  const AnyLoss loss =
      loss_from_json(Json::object({{"class_name", c.at("loss")}, {"config", c.at("options")}}));
  const bool labels = c.at("loss").as_string() == "SparseCategoricalCrossentropy";
  const Tensor target = tensor_of(c.at("target"), labels);
  const Tensor output = tensor_of(c.at("output"), false);
  const std::int64_t rows = output.shape()[0];
  const Json& wanted = c.at(precision);
  for (std::int64_t row = 0; row < rows; ++row) {
    expect_near(measure(*loss.operator->(), target, output, row, 1, backend, dtype).sum,
                flat(wanted.at("rows"))[static_cast<std::size_t>(row)],
                where);
  }
  const Measured all = measure(*loss.operator->(), target, output, 0, rows, backend, dtype);
  const auto count = static_cast<double>(rows);
  expect_near(all.sum / count, wanted.at("mean").as_number(), where);
  const std::vector<double> gradient = flat(wanted.at("gradient"));
  ASSERT_EQ(all.gradient.size(), gradient.size());
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    expect_near(all.gradient[i] / count, gradient[i], where + " gradient " + std::to_string(i));
  }
}

TEST(Losses, AreKerassRowByRowAndInTheirGradients) {
  const std::string path = CARNYX_SOURCE_DIR "/tests/golden/losses.json";
  const Json golden = Json::parse(read_file(path, 1 << 20), path);
  for (const Json& c : golden.at("cases").items()) {
    expect_as_keras(c, "float32", Backend::Cpu, DType::Float32);
    expect_as_keras(c, "float32", Backend::Reference, DType::Float32);
    expect_as_keras(c, "float64", Backend::Reference, DType::Float64);
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
    const auto sum = [&](const Tensor& target) {
      return measure(loss, target, output, 0, 3, Backend::Cpu, DType::Float32).sum;
    };
    EXPECT_NEAR(sum(labels), sum(one_hot), 1e-6);
  }
}

TEST(Losses, TakeOneLabelARowWithOrWithoutAnAxisOfItsOwn) {
  const Tensor labels = Tensor::from<float>({2}, std::vector<float>{1, 0});
  const Tensor column = labels.reshaped({2, 1});
  const Tensor output = Tensor::from<float>({2, 1}, std::vector<float>{0.75F, 0.5F});
  const Tensor classes = Tensor::from<float>({2, 2}, std::vector<float>{0.5F, 0.5F, 0.25F, 0.75F});
  const auto sum = [](const Loss& loss, const Tensor& target, const Tensor& of) {
    return measure(loss, target, of, 0, 2, Backend::Cpu, DType::Float32).sum;
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
  const auto build = [&](const Loss& loss) {
    return [&] { measure(loss, target, output, 0, 2, Backend::Cpu, DType::Float32); };
  };
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
  EXPECT_THAT([] { SparseCategoricalCrossentropy({.label_smoothing = 0.1}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("use CategoricalCrossentropy")));
}

TEST(Losses, SurviveTheirOwnJson) {
  const std::vector<AnyLoss> losses = {
      CategoricalCrossentropy({.from_logits = true, .label_smoothing = 0.1}),
      SparseCategoricalCrossentropy({.from_logits = true}),
      BinaryCrossentropy({.label_smoothing = 0.2}),
      MeanSquaredError()};
  for (const AnyLoss& loss : losses) {
    const Json json = loss_to_json(*loss.operator->());
    EXPECT_EQ(loss_to_json(*loss_from_json(json).operator->()), json) << json.dump();
  }
}

TEST(Losses, HaveKerassStrings) {
  const auto class_of = [](const char* name) { return loss_from_json(Json(name))->class_name(); };
  EXPECT_EQ(class_of("categorical_crossentropy"), "CategoricalCrossentropy");
  EXPECT_EQ(class_of("sparse_categorical_crossentropy"), "SparseCategoricalCrossentropy");
  EXPECT_EQ(class_of("binary_crossentropy"), "BinaryCrossentropy");
  EXPECT_EQ(class_of("mse"), "MeanSquaredError");
  EXPECT_EQ(class_of("mean_squared_error"), "MeanSquaredError");
  EXPECT_THAT([&] { class_of("categorical_crossentrop"); },
              ThrowsMessage<InvalidArgument>(HasSubstr("categorical_crossentropy")));
}

}  // namespace
}  // namespace carnyx
