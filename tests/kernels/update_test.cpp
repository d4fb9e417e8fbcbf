#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/rng.h"
#include "carnyx/kernels/steps.h"
#include "carnyx/kernels/update_rules.h"

#include "tests/kernels/guarded_buffers.h"
#include "tests/kernels/guarded_matrix.h"

namespace carnyx::kernels {
namespace {

constexpr double kRate = 0.01;
constexpr std::int64_t kStep = 3;

/// One element and what moves it, in double.
struct Element {
  double weight, gradient;
  std::array<double, 3> slots;
};

struct Rule {
  std::string name;
  std::function<void(const UpdateBlock<float>&)> fast;
  std::function<void(Element&)> definition;
  double rounding = 1.2e-7;  ///< of sums of numbers near 1
};

// The formulas of Keras 3's optimizers, in double.

void sgd(const SgdParameters& p, Element& e) {
  auto& [w, g, slots] = e;
  if (p.momentum == 0) return static_cast<void>(w -= kRate * g);
  slots[0] = p.momentum * slots[0] - kRate * g;
  w += p.nesterov ? p.momentum * slots[0] - kRate * g : slots[0];
}

void rmsprop(const RmspropParameters& p, Element& e) {
  auto& [w, g, slots] = e;
  double& average = slots[p.momentum > 0 ? 2 : 1];
  slots[0] = p.rho * slots[0] + (1 - p.rho) * g * g;
  double variance = slots[0];
  if (p.centered) {
    average = p.rho * average + (1 - p.rho) * g;
    variance -= average * average;
  }
  double change = p.epsilon_outside_root ? kRate * g / (std::sqrt(variance) + p.epsilon)
                                         : kRate * g / std::sqrt(variance + p.epsilon);
  if (p.momentum > 0) change = slots[1] = p.momentum * slots[1] + change;
  w -= change;
}

void adam(const AdamParameters& p, Element& e) {
  auto& [w, g, slots] = e;
  const double alpha =
      kRate * std::sqrt(1 - std::pow(p.beta_2, kStep)) / (1 - std::pow(p.beta_1, kStep));
  slots[0] += (g - slots[0]) * (1 - p.beta_1);
  slots[1] += (g * g - slots[1]) * (1 - p.beta_2);
  if (p.amsgrad) slots[2] = std::max(slots[2], slots[1]);
  w -= slots[0] * alpha / (std::sqrt(p.amsgrad ? slots[2] : slots[1]) + p.epsilon);
}

void adamax(const AdamaxParameters& p, Element& e) {
  auto& [w, g, slots] = e;
  slots[0] += (g - slots[0]) * (1 - p.beta_1);
  slots[1] = std::max(p.beta_2 * slots[1], std::abs(g));
  w -= kRate * slots[0] / ((1 - std::pow(p.beta_1, kStep)) * (slots[1] + p.epsilon));
}

void nadam(const NadamParameters& p, Element& e) {
  auto& [w, g, slots] = e;
  const auto u = [&](std::int64_t s) { return p.beta_1 * (1 - 0.5 * std::pow(0.96, s)); };
  double product = 1;
  for (std::int64_t s = 1; s <= kStep; ++s) product *= u(s);
  slots[0] += (g - slots[0]) * (1 - p.beta_1);
  slots[1] += (g * g - slots[1]) * (1 - p.beta_2);
  const double momentum =
      u(kStep + 1) * slots[0] / (1 - product * u(kStep + 1)) + (1 - u(kStep)) * g / (1 - product);
  const double velocity = slots[1] / (1 - std::pow(p.beta_2, kStep));
  w -= kRate * momentum / (std::sqrt(velocity) + p.epsilon);
}

void adadelta(const AdadeltaParameters& p, Element& e) {
  auto& [w, g, slots] = e;
  slots[0] = p.rho * slots[0] + (1 - p.rho) * g * g;
  const double change = -std::sqrt(slots[1] + p.epsilon) * g / std::sqrt(slots[0] + p.epsilon);
  slots[1] = p.rho * slots[1] + (1 - p.rho) * change * change;
  w += kRate * change;
}

void adagrad(const AdagradParameters& p, Element& e) {
  auto& [w, g, slots] = e;
  slots[0] += g * g;
  w -= kRate * g / std::sqrt(slots[0] + p.epsilon);
}

void ftrl(const FtrlParameters& p, Element& e) {
  auto& [w, g, slots] = e;
  const double accumulator = slots[0] + g * g;
  const double power = -p.learning_rate_power;
  const double growth = (std::pow(accumulator, power) - std::pow(slots[0], power)) / kRate;
  slots[1] += g + 2 * p.l2_shrinkage * w - growth * w;
  const double quadratic = std::pow(accumulator, power) / kRate + 2 * (p.l2 + p.beta / (2 * kRate));
  w = (std::clamp(slots[1], -p.l1, p.l1) - slots[1]) / quadratic;
  slots[0] = accumulator;
}

void lion(const LionParameters& p, Element& e) {
  auto& [w, g, slots] = e;
  const double direction = p.beta_1 * slots[0] + (1 - p.beta_1) * g;
  w -= direction > 0 ? kRate : direction < 0 ? -kRate : 0;
  slots[0] = p.beta_2 * slots[0] + (1 - p.beta_2) * g;
}

std::vector<Rule> all_rules() {
  std::vector<Rule> rules;
  for (const SgdParameters& p : {SgdParameters{},
                                 SgdParameters{.momentum = 0.9},
                                 SgdParameters{.momentum = 0.9, .nesterov = true}}) {
    rules.push_back(
        {"sgd", [p](const auto& b) { apply_update(p, b); }, [p](auto& e) { sgd(p, e); }});
  }
  for (const RmspropParameters& p : {RmspropParameters{},
                                     RmspropParameters{.epsilon_outside_root = true},
                                     RmspropParameters{.centered = true},
                                     RmspropParameters{.momentum = 0.8},
                                     RmspropParameters{.momentum = 0.8, .centered = true}}) {
    rules.push_back(
        {"rmsprop", [p](const auto& b) { apply_update(p, b); }, [p](auto& e) { rmsprop(p, e); }});
  }
  for (const AdamParameters& p : {AdamParameters{}, AdamParameters{.amsgrad = true}}) {
    rules.push_back(
        {"adam", [p](const auto& b) { apply_update(p, b); }, [p](auto& e) { adam(p, e); }});
  }
  const auto add = [&](const char* name, auto p, auto definition, double rounding = 1.2e-7) {
    rules.push_back({name,
                     [p](const auto& b) { apply_update(p, b); },
                     [p, definition](auto& e) { definition(p, e); },
                     rounding});
  };
  add("adamax", AdamaxParameters{.beta_1 = 0.8}, adamax);
  add("nadam", NadamParameters{.beta_2 = 0.9}, nadam);
  add("adadelta", AdadeltaParameters{}, adadelta);
  add("adagrad", AdagradParameters{}, adagrad);
  // A difference of roots, divided by the rate.
  add("ftrl", FtrlParameters{}, ftrl, 1.2e-7 / kRate);
  add("ftrl", FtrlParameters{-0.25, 0.1, 0.2, 0.3, 0.4}, ftrl, 1.2e-7 / kRate);
  add("lion", LionParameters{}, lion);
  return rules;
}

/// In whatever role: a velocity is positive and exceeds the square of its average.
Element random_element(Rng& rng) {
  return {rng.uniform(-1, 1),
          rng.uniform(-1, 1),
          {rng.uniform(1, 2), rng.uniform(0.1F, 0.9F), rng.uniform(0.1F, 0.9F)}};
}

/// `count` elements as a block: weight, gradient and three slots, one after the other.
struct Elements {
  std::vector<Element> expected;
  std::array<std::vector<float>, 5> fast;

  explicit Elements(std::size_t count) : expected(count) {
    Rng rng(9);
    for (auto& values : fast) values.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      const Element e = random_element(rng);
      const std::array values = {e.weight, e.gradient, e.slots[0], e.slots[1], e.slots[2]};
      for (std::size_t k = 0; k < 5; ++k) fast[k][i] = static_cast<float>(values[k]);
      expected[i] = {fast[0][i], fast[1][i], {fast[2][i], fast[3][i], fast[4][i]}};
    }
  }
  UpdateBlock<float> block() {
    return {.weight = fast[0],
            .gradient = fast[1],
            .slots = {fast[2], fast[3], fast[4]},
            .learning_rate = kRate,
            .step = kStep};
  }
};

void check_rule(const Rule& rule, std::size_t count) {
  Elements elements(count);

  rule.fast(elements.block());

  for (std::size_t i = 0; i < count; ++i) {
    Element expected = elements.expected[i];
    const double before = expected.weight;
    rule.definition(expected);
    const double change = std::abs(expected.weight - before);
    // Relative to the change, and the rule's own rounding.
    ASSERT_NEAR(elements.fast[0][i], expected.weight, 1e-6 * change + rule.rounding)
        << rule.name << i;
    for (std::size_t slot = 0; slot < 3; ++slot) {
      const double value = expected.slots[slot];
      ASSERT_NEAR(elements.fast[slot + 2][i], value, 1e-6 * std::abs(value) + rule.rounding)
          << rule.name << " slot " << slot << " of " << i;
    }
  }
}

TEST(UpdateRules, FollowKerasWithinFloatRounding) {
  for_each_isa([] {
    for (const Rule& rule : all_rules()) {
      for (const std::size_t count : {0U, 1U, 7U, 16U, 45U, 1000U}) check_rule(rule, count);
    }
  });
}

TEST(UpdateRules, AnElementsBitsDoNotDependOnItsBlock) {
  for_each_isa([] {
    for (const Rule& rule : all_rules()) {
      Elements whole(61);
      Elements parts(61);

      rule.fast(whole.block());
      for (std::size_t first = 0, length = 1; first < 61; first += length++) {
        const std::size_t count = std::min(length, 61 - first);
        UpdateBlock<float> block = parts.block();
        block.weight = block.weight.subspan(first, count);
        block.gradient = block.gradient.subspan(first, count);
        for (auto& slot : block.slots) {
          if (!slot.empty()) slot = slot.subspan(first, count);
        }
        rule.fast(block);
      }

      EXPECT_EQ(parts.fast, whole.fast) << rule.name;
    }
  });
}

TEST(UpdateRules, ACentredVarianceThatRoundsBelowZeroStaysFinite) {
  for_each_isa([] {
    std::vector<float> weight(16, 1), gradient(16, 1000), velocity(16, 1e6F), average(16, 1000.1F);

    apply_update(RmspropParameters{.centered = true},
                 {.weight = weight,
                  .gradient = gradient,
                  .slots = {velocity, average},
                  .learning_rate = 1e-9,
                  .step = 1});

    for (const float w : weight) EXPECT_TRUE(std::isfinite(w));
  });
}

TEST(UpdateRules, TheProductOfNadamsFactorsFollowsFromTheStep) {
  double product = 1;
  for (std::int64_t step = 1; step <= 2000; ++step) {
    product *= 0.999 * (1 - 0.5 * std::pow(0.96, static_cast<double>(step)));
    ASSERT_NEAR(nadam_product(0.999, step) / product, 1, 1e-12) << step;
  }
}

/// weight -= rate gradient + step, slot = gradient: shows all that a rule is given, and makes
/// something of a zero gradient.
class Plain final : public UpdateRule {
 public:
  [[nodiscard]] std::span<const std::string_view> slot_names() const override {
    static constexpr std::array<std::string_view, 1> kNames = {"last"};
    return kNames;
  }
  void apply(const UpdateBlock<float>& block) const override { move(block); }
  void apply(const UpdateBlock<double>& block) const override { move(block); }

 private:
  template <class T>
  static void move(const UpdateBlock<T>& block) {
    for (std::size_t i = 0; i < block.weight.size(); ++i) {
      const auto rate = static_cast<T>(block.learning_rate);
      block.weight[i] -= rate * block.gradient[i] + static_cast<T>(block.step);
      block.slots[0][i] = block.gradient[i] + 1;
    }
  }
};

struct UpdateProblem {
  Plain rule;
  GuardedMatrix weight, gradient, slot, float_copy, bfloat_copy;

  UpdateProblem(Layout layout, const Shape& shape)
      : weight({layout, DType::Float32}, shape),
        gradient({layout, DType::Float32}, shape),
        slot({layout, DType::Float32}, shape),
        float_copy({layout == Layout::Rows ? Layout::Panels : Layout::Rows, DType::Float32}, shape),
        bfloat_copy({layout, DType::Bfloat16}, shape) {
    Rng rng(10);
    weight.fill([&](std::int64_t, std::int64_t) { return double{rng.uniform(-1, 1)}; });
    gradient.fill([&](std::int64_t, std::int64_t) { return std::floor(rng.uniform(-64, 64)); });
    slot.fill([](std::int64_t, std::int64_t) { return 0; });
  }

  void run(int threads) {
    StepContext context;
    context.step = 4;
    context.learning_rate = 0.5;
    context.gradient_scale = 1.0 / 128;
    const auto kernel = make_update(gradient.operand(1),
                                    {.rule = &rule,
                                     .weight = weight.operand(0),
                                     .slots = {slot.operand(2)},
                                     .copies = {float_copy.operand(3), bfloat_copy.operand(4)}});
    run_on_pool(
        *kernel,
        {weight.bytes(), gradient.bytes(), slot.bytes(), float_copy.bytes(), bfloat_copy.bytes()},
        context,
        threads);
  }
};

TEST(Update, GivesTheRuleScaledGradientsAndWritesCopies) {
  for_each_isa([] {
    for (const Layout layout : {Layout::Rows, Layout::Panels}) {
      for (const Shape& shape : {Shape({70, 37}),
                                 Shape({3, 2100}),
                                 Shape({1500, 3}),
                                 Shape({10}),
                                 Shape({0, 4}),
                                 Shape({300, 300})}) {
        UpdateProblem problem(layout, shape);
        SCOPED_TRACE(describe(problem.weight.operand(0)));
        UpdateProblem before(layout, shape);

        problem.run(2);

        for (std::int64_t row = 0; row < shape.rows(); ++row) {
          for (std::int64_t column = 0; column < shape.columns(); ++column) {
            const auto w = static_cast<float>(before.weight.at(row, column));
            const auto g = static_cast<float>(before.gradient.at(row, column)) / 128;
            const double moved = problem.weight.at(row, column);
            ASSERT_NEAR(moved, w - (0.5F * g + 5), 1e-6);
            ASSERT_EQ(problem.slot.at(row, column), g + 1);
            ASSERT_EQ(problem.float_copy.at(row, column), moved);
            ASSERT_EQ(problem.bfloat_copy.at(row, column), rounded(moved, DType::Bfloat16));
          }
        }
        EXPECT_EQ(problem.gradient.memory(), before.gradient.memory());
        for (const GuardedMatrix* matrix :
             {&problem.weight, &problem.slot, &problem.float_copy, &problem.bfloat_copy}) {
          EXPECT_TRUE(matrix->padding_is_zero());
          EXPECT_TRUE(matrix->guards_are_intact());
        }
      }
    }
  });
}

TEST(Update, HasTheSameBitsAtAnyNumberOfThreads) {
  UpdateProblem one(Layout::Panels, {500, 100});
  one.run(1);
  for (const int threads : {2, 7}) {
    UpdateProblem several(Layout::Panels, {500, 100});

    several.run(threads);

    EXPECT_EQ(several.weight.memory(), one.weight.memory());
    EXPECT_EQ(several.slot.memory(), one.slot.memory());
  }
}

}  // namespace
}  // namespace carnyx::kernels
