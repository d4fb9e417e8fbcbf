#include "models/layer_names.h"

#include <cctype>

#include "carnyx/base/error.h"

namespace carnyx {
namespace {

bool is_upper(char c) {
  return std::isupper(static_cast<unsigned char>(c)) != 0;
}
bool is_lower(char c) {
  return std::islower(static_cast<unsigned char>(c)) != 0;
}

}  // namespace

/// The three substitutions of Keras's to_snake_case, one after the other.
std::string to_snake_case(const std::string& class_name) {
  std::string first;  // (.)([A-Z][a-z]+) -> \1_\2
  for (std::size_t i = 0; i < class_name.size(); ++i) {
    const bool word = i > 0 && is_upper(class_name[i]) && i + 1 < class_name.size() &&
                      is_lower(class_name[i + 1]);
    if (word) first += '_';
    first += class_name[i];
  }
  std::string second;  // ([a-z])([A-Z]) -> \1_\2
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (i > 0 && is_lower(first[i - 1]) && is_upper(first[i])) second += '_';
    second += static_cast<char>(std::tolower(static_cast<unsigned char>(first[i])));
  }
  return second;
}

std::string LayerNames::name_of(const Layer& layer) {
  std::string name = layer.name();
  if (name.empty()) {
    const bool is_old_input =
        style_ == NamingStyle::Keras2 && layer.class_name() == "InputLayer";  // "input_1"
    name = numbered(is_old_input ? "input" : to_snake_case(layer.class_name()));
  }
  if (!taken_.insert(name).second) {
    throw InvalidArgument("model: every layer needs a name of its own, got '" + name + "' twice");
  }
  return name;
}

std::string LayerNames::numbered(const std::string& base) {
  const std::int64_t count = counts_[base]++;
  const std::int64_t number = style_ == NamingStyle::Keras2 ? count + 1 : count;
  return number == 0 ? base : base + "_" + std::to_string(number);
}

}  // namespace carnyx
