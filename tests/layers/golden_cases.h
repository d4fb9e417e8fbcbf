// What Keras was asked, from tests/golden, and one value computed in a program.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/base/files.h"
#include "carnyx/base/json.h"
#include "carnyx/graph/graph_builder.h"
#include "carnyx/graph/program.h"

namespace carnyx {

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

/// A matrix as a weight, and results made of it.
class MatrixProgram {
 public:
  using Build = std::function<std::vector<Value>(GraphBuilder&, Value)>;

  MatrixProgram(const Json& matrix, const Build& build, Backend backend, DType dtype) {
    const Shape shape = {static_cast<std::int64_t>(matrix.size()),
                         static_cast<std::int64_t>(matrix.at(std::size_t{0}).size())};
    GraphBuilder builder(Mode::Training, 1);
    const auto results = build(builder, builder.weight("x", shape, nullptr));
    for (std::size_t i = 0; i < results.size(); ++i) {
      builder.result(std::to_string(i), results[i]);
    }
    graph_ = builder.finish();
    states_ = StateStore(graph_->states(), state_format(backend, dtype), 1);
    states_.write("x", Tensor::from<double>(shape, flat(matrix)));
    program_.emplace(*graph_, states_, pool_, ProgramOptions{backend, dtype});
    program_->run({.valid_rows = 1});
  }

  [[nodiscard]] std::vector<double> result(std::size_t index) const {
    const Tensor value = program_->value(std::to_string(index));
    std::vector<double> numbers;
    for (std::int64_t i = 0; i < value.elements(); ++i) numbers.push_back(value.at(i));
    return numbers;
  }

 private:
  std::unique_ptr<Graph> graph_;
  StateStore states_;
  kernels::ThreadPool pool_{1};
  std::optional<Program> program_;
};

}  // namespace carnyx
