#include "carnyx/optimizers/optimizers.h"

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/graph/program.h"

namespace carnyx {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double kTolerance = 1e-6;  // the fixture is float32, of values below 3

Json golden() {
  const std::string path = CARNYX_SOURCE_DIR "/tests/golden/keras3_optimizers.json";
  return Json::parse(read_file(path, 1 << 20), path).at("cases");
}

std::vector<double> flat(const Json& json) {
  if (!json.is_array()) return {json.as_number()};
  std::vector<double> numbers;
  for (const Json& item : json.items()) {
    for (const double number : flat(item)) numbers.push_back(number);
  }
  return numbers;
}

Tensor tensor(Shape shape, const std::vector<double>& numbers) {
  const std::vector<float> values(numbers.begin(), numbers.end());
  return Tensor::from<float>(std::move(shape), values);
}

/// Weights w [2, 2] and b [2], and an optimizer that moves them by gradients given from outside.
class TwoWeights {
 public:
  TwoWeights(const Optimizer& optimizer, Backend backend, DType dtype) {
    GraphBuilder builder(Mode::Training, 2);
    const std::vector<Value> weights = {builder.weight("w", {2, 2}, nullptr),
                                        builder.weight("b", {2}, nullptr)};
    const std::vector<Value> slopes = {builder.input("w", {2}), builder.input("b", {})};
    optimizer.build(builder, weights, slopes);
    graph_ = builder.finish();
    states_ = StateStore(graph_->states(), state_format(backend, dtype), 1);
    states_.write("w", tensor({2, 2}, {0.5, -1, 2, 0.25}));
    states_.write("b", tensor({2}, {0.1, -0.2}));
    program_.emplace(*graph_, states_, pool_, ProgramOptions{backend, dtype});
  }

  void step(const std::vector<double>& w,
            const std::vector<double>& b,
            double rate,
            double scale = 1) {
    const Tensor w_slope = tensor({2, 2}, w);
    const Tensor b_slope = tensor({2}, b);
    program_->bind("w", {.rows = w_slope.bytes()});
    program_->bind("b", {.rows = b_slope.bytes()});
    const std::vector<std::int64_t> rows = {0, 1};
    program_->prime(rows);
    program_->run(
        {.step = steps_++, .valid_rows = 2, .gradient_scale = scale, .learning_rate = rate});
  }

  [[nodiscard]] std::vector<double> read(const std::string& name) const {
    const Tensor values = states_.read(name);
    std::vector<double> numbers;
    for (std::int64_t i = 0; i < values.elements(); ++i) numbers.push_back(values.at(i));
    return numbers;
  }

  [[nodiscard]] std::vector<std::string> slots() const {
    std::vector<std::string> names;
    for (const auto& entry : states_.entries()) {
      if (entry.spec.kind == StateSpec::Kind::Slot) names.push_back(entry.spec.name);
    }
    return names;
  }

 private:
  std::unique_ptr<Graph> graph_;
  StateStore states_;
  kernels::ThreadPool pool_{1};
  std::optional<Program> program_;
  std::int64_t steps_ = 0;
};

void expect_near(const std::vector<double>& got,
                 const std::vector<double>& wanted,
                 const std::string& where) {
  ASSERT_EQ(got.size(), wanted.size()) << where;
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], kTolerance) << where;
}

class OptimizerOfKeras : public testing::TestWithParam<std::string> {};

TEST_P(OptimizerOfKeras, MovesWeightsAsKerasDoes) {
  const Json cases = golden();
  const Json& expected = cases.at(GetParam());
  const AnyOptimizer optimizer =
      optimizer_from_json(Json::object({{"class_name",
                                         GetParam().substr(0, 3) == "sgd"   ? "SGD"
                                         : GetParam().substr(0, 3) == "rms" ? "RMSprop"
                                                                            : "Adam"},
                                        {"config", expected.at("config")}}));
  for (const auto& [backend, dtype] : {std::pair(Backend::Cpu, DType::Float32),
                                       std::pair(Backend::Reference, DType::Float32),
                                       std::pair(Backend::Reference, DType::Float64)}) {
    TwoWeights model(*optimizer, backend, dtype);
    for (const Json& step : expected.at("steps").items()) {
      model.step(flat(step.at("grads").at(std::size_t{0})),
                 flat(step.at("grads").at(1)),
                 optimizer->common().learning_rate);
      expect_near(model.read("w"), flat(step.at("vars").at(std::size_t{0})), "w");
      expect_near(model.read("b"), flat(step.at("vars").at(1)), "b");
    }
  }
}

TEST_P(OptimizerOfKeras, HasKerassSlotsByTheirNames) {
  const Json cases = golden();
  const Json& expected = cases.at(GetParam());
  const std::string class_name = GetParam().substr(0, 3) == "sgd"   ? "sgd"
                                 : GetParam().substr(0, 3) == "rms" ? "rmsprop"
                                                                    : "adam";
  const AnyOptimizer optimizer = optimizer_from_json(
      Json::object({{"class_name", class_name}, {"config", expected.at("config")}}));
  std::vector<std::string> wanted;  // "adam/w_momentum" is momentum/w
  for (const Json& slot : expected.at("slots").items()) {
    const std::string name = slot.as_string().substr(slot.as_string().find('/') + 1);
    wanted.push_back(slot_name(name.substr(2), name.substr(0, 1)));
  }
  const TwoWeights model(*optimizer, Backend::Cpu, DType::Float32);
  EXPECT_THAT(model.slots(), testing::UnorderedElementsAreArray(wanted));

  // Keras's order, from what the optimizer says of it.
  const auto rule = optimizer->update_rule();
  const auto slots = rule->slot_names();
  std::vector<std::string> order;
  for (const char* weight : {"w", "b"}) {
    for (std::size_t i = 0; i < std::min(slots.size(), optimizer->interleaved_slots()); ++i) {
      order.push_back(slot_name(slots[i], weight));
    }
  }
  for (std::size_t i = optimizer->interleaved_slots(); i < slots.size(); ++i) {
    for (const char* weight : {"w", "b"}) order.push_back(slot_name(slots[i], weight));
  }
  EXPECT_EQ(order, wanted);
}

INSTANTIATE_TEST_SUITE_P(
    Cases,
    OptimizerOfKeras,
    testing::Values(
        "sgd", "sgd_m", "sgd_nest", "rmsprop", "rmsprop_m_c", "adam", "adam_ams", "adam_gclip"),
    [](const auto& test) { return test.param; });

TEST(Optimizer, TakesTheMeanOfTheGradients) {
  TwoWeights model(SGD({}), Backend::Cpu, DType::Float32);
  model.step({1, 2, 3, 4}, {5, 6}, 0.1, 0.5);
  expect_near(model.read("w"), {0.45, -1.1, 1.85, 0.05}, "w");
  expect_near(model.read("b"), {-0.15, -0.5}, "b");
}

TEST(Optimizer, ClipsByTheNormOfTheMeanGradientOverAllWeights) {
  // Means 3 and 4, the others 0: norm 5, so clipping at 1 leaves 0.6 and 0.8.
  TwoWeights clipped(SGD({.global_clipnorm = 1}), Backend::Cpu, DType::Float32);
  clipped.step({6, 0, 0, 0}, {0, 8}, 0.1, 0.5);
  expect_near(clipped.read("w"), {0.44, -1, 2, 0.25}, "w");
  expect_near(clipped.read("b"), {0.1, -0.28}, "b");

  TwoWeights within(SGD({.global_clipnorm = 6}), Backend::Cpu, DType::Float32);
  within.step({6, 0, 0, 0}, {0, 8}, 0.1, 0.5);
  expect_near(within.read("w"), {0.2, -1, 2, 0.25}, "w");
}

TEST(Optimizer, MayAddEpsilonOutsideOfTheRootAsKeras2Did) {
  TwoWeights model(RMSprop({.rho = 0.75, .epsilon = 0.5, .epsilon_outside_root = true}),
                   Backend::Cpu,
                   DType::Float32);
  model.step({2, 0, 0, 0}, {0, 0}, 0.1);
  // velocity 0.25 . 4 = 1; step 0.1 . 2 / (1 + 0.5).
  expect_near(model.read("w"), {0.5 - 0.2 / 1.5, -1, 2, 0.25}, "w");
  expect_near(model.read("velocity/w"), {1, 0, 0, 0}, "velocity");
}

TEST(Optimizer, RefusesOptionsOutOfRange) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT([] { SGD({.learning_rate = 0}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("learning_rate")));
  EXPECT_THROW(Adam({.learning_rate = -1}), InvalidArgument);
  EXPECT_THROW(Adam({.learning_rate = kNan}), InvalidArgument);
  EXPECT_THAT([] { SGD({.momentum = 1.5}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("SGD: momentum")));
  EXPECT_THAT([] { RMSprop({.rho = 1}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("RMSprop: rho")));
  EXPECT_THROW(RMSprop({.momentum = -0.1}), InvalidArgument);
  EXPECT_THROW(RMSprop({.epsilon = -1}), InvalidArgument);
  EXPECT_THAT([] { Adam({.beta_1 = 1}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("Adam: beta_1")));
  EXPECT_THROW(Adam({.beta_2 = kNan}), InvalidArgument);
  EXPECT_THAT([] { Adam({.global_clipnorm = 0}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("global_clipnorm")));
}

TEST(Optimizer, SurvivesItsOwnJson) {
  const std::vector<AnyOptimizer> optimizers = {
      SGD({.learning_rate = 0.3, .momentum = 0.8, .nesterov = true}),
      RMSprop({.rho = 0.8, .momentum = 0.1, .epsilon = 1e-3, .centered = true}),
      RMSprop({.epsilon_outside_root = true, .global_clipnorm = 2}),
      Adam({.beta_1 = 0.8, .beta_2 = 0.99, .amsgrad = true})};
  for (const AnyOptimizer& optimizer : optimizers) {
    const Json json = optimizer_to_json(*optimizer);
    EXPECT_EQ(optimizer_to_json(*optimizer_from_json(json)), json) << json.dump();
    EXPECT_EQ(json.at("module"), Json("keras.optimizers"));
  }
}

TEST(Optimizer, IsReadFromKeras2AndStrings) {
  const auto read = [](const char* text) { return optimizer_from_json(Json::parse(text, "test")); };
  EXPECT_EQ(read(R"("rmsprop")")->class_name(), "RMSprop");
  EXPECT_EQ(read(R"("adam")")->common().learning_rate, 0.001);
  EXPECT_EQ(read(R"({"class_name": "SGD", "config": {"lr": 0.25, "decay": 0.0, "momentum": 0.5}})")
                ->common()
                .learning_rate,
            0.25);
}

TEST(Optimizer, RefusesConfigsItCannotFollow) {
  const auto read = [](const char* text) {
    return [text] { static_cast<void>(optimizer_from_json(Json::parse(text, "test"))); };
  };
  EXPECT_THAT(read(R"("adamm")"), ThrowsMessage<InvalidArgument>(HasSubstr("adam")));
  EXPECT_THAT(read(R"({"class_name": "Adam", "config": {"weight_decay": 0.1}})"),
              ThrowsMessage<InvalidArgument>(HasSubstr("weight_decay")));
  EXPECT_THAT(read(R"({"class_name": "Adam", "config": {"beta_3": 0.1}})"),
              ThrowsMessage<InvalidArgument>(HasSubstr("beta_3")));
  EXPECT_THAT(read(R"({"class_name": "SGD", "config": {"lr": 0.1, "decay": 0.01}})"),
              ThrowsMessage<InvalidArgument>(HasSubstr("'decay'")));
  EXPECT_NO_THROW(read(R"({"class_name": "SGD", "config": {"lr": 0.1, "decay": 0}})")());
  EXPECT_NO_THROW(read(R"({"class_name": "Adam", "config": {"lr": 0.1, "decay": 0.0}})")());
}

}  // namespace
}  // namespace carnyx
