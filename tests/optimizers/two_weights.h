// A model of two weights, and the files of expectations that Keras wrote for one like it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/base/files.h"
#include "carnyx/graph/program.h"
#include "carnyx/optimizers/optimizers.h"

namespace carnyx {

/// The cases of tests/golden/NAME.json.
inline Json golden_cases(const std::string& name) {
  const std::string path = CARNYX_SOURCE_DIR "/tests/golden/" + name + ".json";
  return Json::parse(read_file(path, 1 << 20), path).at("cases");
}

inline std::vector<double> flat(const Json& json) {
  if (!json.is_array()) return {json.as_number()};
  std::vector<double> numbers;
  for (const Json& item : json.items()) {
    for (const double number : flat(item)) numbers.push_back(number);
  }
  return numbers;
}

inline Tensor tensor(Shape shape, const std::vector<double>& numbers) {
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
    states_.write("w", Tensor::from<double>({2, 2}, std::vector<double>{0.5, -1, 2, 0.25}));
    states_.write("b", Tensor::from<double>({2}, std::vector<double>{0.1, -0.2}));
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

  /// What the end of training does.
  void finish(const Optimizer& optimizer) { optimizer.finalize_variable_values(states_); }

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

}  // namespace carnyx
