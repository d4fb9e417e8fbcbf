#include "layers/layer_config.h"

#include <algorithm>
#include <array>

#include "carnyx/base/error.h"
#include "carnyx/base/nearest.h"

namespace carnyx {

void LayerConfig::allow(std::span<const std::string_view> known) const {
  constexpr std::array kEverywhere = {std::string_view("name"),
                                      std::string_view("trainable"),
                                      std::string_view("dtype"),
                                      std::string_view("batch_input_shape"),
                                      std::string_view("input_shape"),
                                      std::string_view("batch_shape"),
                                      std::string_view("input_dtype"),
                                      std::string_view("input_dim")};
  for (const auto& [key, value] : config_.members()) {
    const auto is_key = [&k = key](std::string_view name) { return name == k; };
    if (std::ranges::any_of(kEverywhere, is_key) || std::ranges::any_of(known, is_key)) continue;
    throw InvalidArgument("layer '" + layer_ + "': " + unknown_name("option", key, known));
  }
}

void LayerConfig::require_null(std::string_view key) const {
  const Json* found = config_.find(key);
  if (found == nullptr || found->is_null()) return;
  throw InvalidArgument("layer '" + layer_ + "': option '" + std::string(key) +
                        "' is not supported yet, got " + found->describe() +
                        "; leave it out of the model");
}

const Json* LayerConfig::find(std::string_view key) const {
  const Json* found = config_.find(key);
  return found == nullptr || found->is_null() ? nullptr : found;
}

double LayerConfig::number(std::string_view key, double otherwise) const {
  const Json* found = find(key);
  return found == nullptr ? otherwise : found->as_number();
}

bool LayerConfig::boolean(std::string_view key, bool otherwise) const {
  const Json* found = find(key);
  return found == nullptr ? otherwise : found->as_bool();
}

std::optional<AnyRegularizer> LayerConfig::regularizer(std::string_view key) const {
  const Json* found = find(key);
  return found == nullptr ? std::nullopt : std::optional(regularizer_from_json(*found));
}

std::optional<AnyConstraint> LayerConfig::constraint(std::string_view key) const {
  const Json* found = find(key);
  return found == nullptr ? std::nullopt : std::optional(constraint_from_json(*found));
}

std::optional<std::int64_t> LayerConfig::seed() const {
  const Json* found = find("seed");
  return found == nullptr || !found->is_integer() ? std::nullopt : std::optional(found->as_int());
}

std::vector<std::int64_t> LayerConfig::axes(std::string_view key,
                                            std::vector<std::int64_t> otherwise) const {
  const Json* found = config_.find(key);
  if (found == nullptr) return otherwise;
  if (found->is_integer()) return {found->as_int()};
  std::vector<std::int64_t> axes;
  if (found->is_null()) return axes;
  for (const Json& axis : found->items()) axes.push_back(axis.as_int());
  return axes;
}

std::string LayerConfig::name() const {
  const Json* found = find("name");
  return found == nullptr ? std::string() : found->as_string();
}

SampleShape LayerConfig::input_shape() const {
  for (const std::string_view key : {"batch_shape", "batch_input_shape"}) {
    if (const Json* shape = find(key)) return sample_axes(*shape, 1);
  }
  if (const Json* shape = find("input_shape")) return sample_axes(*shape, 0);
  if (const Json* dim = find("input_dim")) return std::vector<std::int64_t>{dim->as_int()};
  return std::nullopt;
}

SampleShape LayerConfig::sample_axes(const Json& shape, std::size_t first) const {
  std::vector<std::int64_t> axes;
  for (std::size_t i = first; i < shape.size(); ++i) {
    if (shape.at(i).is_null()) {
      throw InvalidArgument("layer '" + layer_ + "': every axis of the input but the batch's " +
                            "needs a size, got null; save the model with a fixed input shape");
    }
    axes.push_back(shape.at(i).as_int());
  }
  return axes;
}

}  // namespace carnyx
