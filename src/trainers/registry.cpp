// The one list of built-in trainers.
#include <array>

#include "carnyx/base/error.h"
#include "carnyx/base/nearest.h"

#include "trainers/mnist_mlp.h"

namespace carnyx {
namespace {

std::array<const Trainer*, 1> built_in() {
  static const MnistMlp kMnistMlp;
  return {&kMnistMlp};
}

}  // namespace

const Trainer& find_trainer(std::string_view name) {
  for (const Trainer* trainer : built_in()) {
    if (trainer->name() == name) return *trainer;
  }
  throw InvalidArgument(unknown_name("trainer", name, trainer_names()));
}

std::vector<std::string_view> trainer_names() {
  std::vector<std::string_view> names;
  for (const Trainer* trainer : built_in()) names.push_back(trainer->name());
  return names;
}

}  // namespace carnyx
