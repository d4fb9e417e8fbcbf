#include "cli/guesses.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "carnyx/base/format.h"
#include "carnyx/base/json.h"

namespace carnyx::cli {
namespace {

/// As RFC 4180 asks: in quotes if it holds a separator, a quote or a line's end.
std::string field(const std::string& text, char separator) {
  const bool is_plain = text.find_first_of(std::string("\"\r\n") + separator) == text.npos;
  if (is_plain) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::vector<float> outputs_of(const Tensor& outputs, std::int64_t row) {
  const std::int64_t columns = outputs.shape().columns();
  std::vector<float> values;
  for (std::int64_t c = 0; c < columns; ++c) {
    values.push_back(static_cast<float>(outputs.at(row * columns + c)));
  }
  return values;
}

/// One output of two classes is the probability of the second one.
std::vector<float> probabilities(std::vector<float> outputs, const TableMapping& table) {
  if (outputs.size() == 1 && table.label.categories.size() == 2) {
    return {1 - outputs[0], outputs[0]};
  }
  return outputs;
}

struct Guess {
  std::string name;
  float probability = 0;
};

Guess guess_of(const std::vector<float>& outputs, const TableMapping& table) {
  const std::vector<float> each = probabilities(outputs, table);
  const auto best = static_cast<std::size_t>(std::ranges::max_element(each) - each.begin());
  const auto& classes = table.label.categories;
  return {best < classes.size() ? classes[best] : std::to_string(best), each[best]};
}

}  // namespace

std::string guesses_header(const TableMapping& table) {
  const std::string s(1, table.separator);
  return "file" + s + "row" + s + field(table.label.name, table.separator) +
         (table.label.is_categorical ? s + "probability\n" : "\n");
}

std::string guesses_csv(const std::string& file, const Tensor& outputs, const TableMapping& table) {
  const std::string s(1, table.separator);
  std::string text;
  for (std::int64_t row = 0; row < outputs.shape().rows(); ++row) {
    const std::vector<float> values = outputs_of(outputs, row);
    text += field(file, table.separator) + s + std::to_string(row + 1) + s;
    if (table.label.is_categorical) {
      const Guess guess = guess_of(values, table);
      text += field(guess.name, table.separator) + s + format("{}\n", guess.probability);
    } else {
      text += format("{}\n", values[0]);
    }
  }
  return text;
}

std::string guesses_json(const std::string& file,
                         const Tensor& outputs,
                         const TableMapping& table) {
  std::string text;
  for (std::int64_t row = 0; row < outputs.shape().rows(); ++row) {
    const std::vector<float> values = outputs_of(outputs, row);
    Json line = Json::object({{"file", file}, {"row", row + 1}});
    if (table.label.is_categorical) {
      const Guess guess = guess_of(values, table);
      line.set("class", guess.name).set("probability", guess.probability);
    } else {
      line.set("value", values[0]);
    }
    text += line.set("outputs", Json::array_of(values)).dump() + "\n";
  }
  return text;
}

}  // namespace carnyx::cli
