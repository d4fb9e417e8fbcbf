// The tensors that a model is to be written from.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/saving/model_file.h"

#include "saving/keras_layout.h"

namespace carnyx {

/// Takes tensors out of a model by name, as float32. It borrows them. Throws InvalidArgument that
/// calls them `what`, a literal: not there, of another shape, or left when none should be.
class GivenTensors {
 public:
  GivenTensors(const std::vector<NamedTensor>& tensors, std::string_view what);

  Tensor take(const VariableSpec& spec);
  void expect_none_left() const;

 private:
  [[noreturn]] void fail(const std::string& name, const std::string& problem) const;

  std::string_view what_;
  std::map<std::string_view, const Tensor*> by_name_;
};

}  // namespace carnyx
