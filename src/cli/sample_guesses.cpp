#include "cli/sample_guesses.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/json.h"
#include "carnyx/models/output_activation.h"

namespace carnyx::cli {
namespace {

Shape only_output(const Network& network) {
  const std::vector<Shape> outputs = network.output_shapes();
  if (outputs.size() == 1) return outputs[0];
  throw InvalidArgument(
      format("model '{}': it has {} outputs, and carnyx predict writes one; in C++, "
             "predict_outputs() has all",
             network.name(),
             outputs.size()));
}

std::vector<float> numbers_of(const Tensor& outputs, std::int64_t row, std::int64_t count) {
  std::vector<float> numbers;
  for (std::int64_t i = 0; i < count; ++i) {
    numbers.push_back(static_cast<float>(outputs.at(row * count + i)));
  }
  return numbers;
}

struct SampleGuess {
  std::int64_t label = 0;
  float number = 0;
};

SampleGuess likeliest(std::span<const float> numbers) {
  const auto best = std::ranges::max_element(numbers);
  return {best - numbers.begin(), *best};
}

SampleGuess of_two(float probability) {
  return probability >= 0.5F ? SampleGuess{1, probability} : SampleGuess{0, 1 - probability};
}

}  // namespace

SampleGuesses::SampleGuesses(const Network& network, bool json)
    : kind_(Kind::Array), shape_(only_output(network)), json_(json) {
  const std::string activation = output_activation(network);
  if (shape_.rank() == 1 && shape_[0] == 1) {
    kind_ = activation == "sigmoid" ? Kind::TwoClasses : Kind::Value;
  } else if (shape_.rank() == 1) {
    kind_ = activation == "softmax" || activation == "sigmoid" ? Kind::Classes : Kind::Scores;
  } else if (!json) {
    throw InvalidArgument(
        format("model '{}': its output is {} for each sample, which is no line of CSV; add --json",
               network.name(),
               shape_.to_string()));
  }
}

std::string SampleGuesses::header() const {
  if (json_) return "";
  if (kind_ == Kind::Value) return "file,index,value\n";
  return kind_ == Kind::Scores ? "file,index,class,score\n" : "file,index,class,probability\n";
}

std::string SampleGuesses::lines(const std::string& file, const Tensor& outputs) const {
  const std::int64_t samples = outputs.shape()[0];
  std::string text;
  for (std::int64_t row = 0; row < samples; ++row) {
    const std::vector<float> numbers = numbers_of(outputs, row, shape_.elements());
    Json line = Json::object({{"file", file}, {"index", row}});
    if (kind_ == Kind::Value) {
      line.set("value", numbers[0]);
      if (!json_) text += format("{},{},{}\n", file, row, numbers[0]);
    } else if (kind_ == Kind::Array) {
      line.set("shape", Json::array_of(shape_.axes()));
    } else {
      const SampleGuess guess = kind_ == Kind::TwoClasses ? of_two(numbers[0]) : likeliest(numbers);
      line.set("class", guess.label)
          .set(kind_ == Kind::Scores ? "score" : "probability", guess.number);
      if (!json_) text += format("{},{},{},{}\n", file, row, guess.label, guess.number);
    }
    if (json_) text += line.set("outputs", Json::array_of(numbers)).dump() + "\n";
  }
  return text;
}

}  // namespace carnyx::cli
