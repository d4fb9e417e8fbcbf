// Compares our outputs and gradients with those that random_networks.py computed in real Keras.
//
//   random_networks_check DIR/?.keras DIR/??.keras
//
// Loads each model from its file and takes x and what Keras made of it from the .json beside it: at
// inference, in training, the gradients of a weighted sum of the output, and the statistics that
// training moved; on the reference in float64 and on the kernels in float32. Prints a line a model,
// and leaves with 1 if a number is farther from Keras's than 1e-5 of the larger of 1 and the
// largest of its tensor. Saves each model as NAME.again.keras and .h5, for random_networks.py
// --again.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/base/files.h"
#include "carnyx/carnyx.h"
#include "carnyx/graph/program.h"

namespace {

using namespace carnyx;  // NOLINT(google-build-using-namespace): a program, not a library

constexpr double kTolerance = 1e-5;

std::vector<double> flat(const Json& json) {
  if (!json.is_array()) return {json.as_number()};
  std::vector<double> numbers;
  for (const Json& item : json.items()) {
    for (const double number : flat(item)) numbers.push_back(number);
  }
  return numbers;
}

/// The float32 numbers whose shortest texts these are.
std::vector<double> floats(const Json& json) {
  std::vector<double> numbers = flat(json);
  for (double& number : numbers) number = double{static_cast<float>(number)};
  return numbers;
}

/// The farthest that a tensor is from Keras's, in shares of the larger of 1 and its largest number.
double distance(const Tensor& ours, const Json& keras) {
  const std::vector<double> wanted = flat(keras);
  if (ours.elements() != std::ssize(wanted)) return INFINITY;
  double largest = 1;
  double farthest = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const double difference = std::abs(ours.at(static_cast<std::int64_t>(i)) - wanted[i]);
    largest = std::max(largest, std::abs(wanted[i]));
    farthest = std::isnan(difference) ? INFINITY : std::max(farthest, difference);
  }
  return farthest / largest;
}

struct Precision {
  Backend backend;
  DType dtype;
};

/// A loaded network on one batch, and the gradients of coefficients * output.
class Pass {
 public:
  Pass(const Model& model, const Json& expected, Mode mode, const Precision& precision) {
    std::vector<std::int64_t> axes = {std::ssize(expected.at("x").items())};
    for (const std::int64_t extent : model.network().input_shape()) axes.push_back(extent);
    GraphBuilder builder(mode, axes[0]);
    const Value x = builder.statistic("x", Shape(axes), nullptr);
    const Value y = model.network().build(builder, x);
    builder.result("y", y);
    const Value weighted = ops::multiply(
        y, ops::constant(builder.graph(), y.shape(), floats(expected.at("coefficients"))));
    const std::vector<Value> weights = builder.trainable_weights();
    const std::vector<Value> slopes = gradients(ops::sum_all(weighted), weights);
    for (std::size_t i = 0; i < slopes.size(); ++i) {
      builder.result("slope/" + std::to_string(i), slopes[i]);
    }
    for (const Graph::State& state : builder.graph().states()) {
      if (state.spec.trainable) trainable_.push_back(state.spec.name);
    }
    graph_ = builder.finish();
    states_ = StateStore(graph_->states(), state_format(precision.backend, precision.dtype), 1);
    for (const std::string& name : model.weight_names()) states_.write(name, model.weight(name));
    states_.write("x", Tensor::from<double>(Shape(axes), floats(expected.at("x"))));
    program_.emplace(*graph_, states_, pool_, ProgramOptions{precision.backend, precision.dtype});
    program_->run({.valid_rows = axes[0]});
  }

  [[nodiscard]] double output(const Json& keras) const {
    return distance(program_->value("y"), keras);
  }
  [[nodiscard]] double slopes(const Json& keras) const {
    if (keras.size() != trainable_.size()) return INFINITY;
    double farthest = 0;
    for (std::size_t i = 0; i < trainable_.size(); ++i) {
      if (keras.at(i).at(std::size_t{0}).as_string() != trainable_[i]) return INFINITY;
      farthest = std::max(
          farthest, distance(program_->value("slope/" + std::to_string(i)), keras.at(i).at(1)));
    }
    return farthest;
  }
  [[nodiscard]] double moved(const Json& keras) const {
    double farthest = 0;
    for (const Json& weight : keras.items()) {
      const std::string& name = weight.at(std::size_t{0}).as_string();
      if (!states_.contains(name)) return INFINITY;
      farthest = std::max(farthest, distance(states_.read(name), weight.at(1)));
    }
    return farthest;
  }

 private:
  std::vector<std::string> trainable_;
  std::unique_ptr<Graph> graph_;
  StateStore states_;
  kernels::ThreadPool pool_{1};
  std::optional<Program> program_;
};

/// The farthest of all that is compared.
double farthest_of(const Model& model, const Json& expected, const Precision& precision) {
  const Mode mode = expected.at("is_random").as_bool() ? Mode::Inference : Mode::Training;
  const Pass inference(model, expected, Mode::Inference, precision);
  const Pass training(model, expected, mode, precision);
  return std::max({inference.output(expected.at("inference")),
                   training.output(expected.at("training")),
                   training.slopes(expected.at("slopes")),
                   training.moved(expected.at("moved"))});
}

bool agrees(const std::string& path) {
  const std::string numbers = path.substr(0, path.rfind('.')) + ".json";
  const Json expected = Json::parse(read_file(numbers, std::uint64_t{1} << 28), numbers);
  const Model model = load_model(path, {.threads = 1});
  const double exact = farthest_of(model, expected, {Backend::Reference, DType::Float64});
  const double fast = farthest_of(model, expected, {Backend::Cpu, DType::Float32});
  const std::string again = path.substr(0, path.rfind('.')) + ".again";
  model.save(again + ".keras");
  model.save(again + ".h5");
  const bool fine = exact <= kTolerance && fast <= kTolerance;
  std::printf("%-9s seed %-4s float64 %.1e  float32 %.1e  %s\n",
              fine ? "agrees" : "DISAGREES",
              expected.at("seed").dump().c_str(),
              exact,
              fast,
              expected.at("layers").dump().c_str());
  return fine;
}

}  // namespace

int main(int argc, char** argv) {
  int disagreeing = 0;
  for (int i = 1; i < argc; ++i) {
    try {
      disagreeing += agrees(argv[i]) ? 0 : 1;
    } catch (const std::exception& error) {
      std::printf("FAILED    %s: %s\n", argv[i], error.what());
      ++disagreeing;
    }
  }
  std::printf("%d of %d models agree with Keras within %.0e\n",
              argc - 1 - disagreeing,
              argc - 1,
              kTolerance);
  return disagreeing == 0 && argc > 1 ? 0 : 1;
}
