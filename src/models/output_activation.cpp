#include "carnyx/models/output_activation.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace carnyx {
namespace {

/// Activations that are layers of their own, and have no option "activation".
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kActivationLayers = {
    {{"Softmax", "softmax"},
     {"ReLU", "relu"},
     {"LeakyReLU", "leaky_relu"},
     {"ELU", "elu"},
     {"PReLU", "prelu"}}};

std::optional<std::string> activation_of(const Layer& layer) {
  const std::string class_name = layer.class_name();
  for (const auto& [name, activation] : kActivationLayers) {
    if (name == class_name) return std::string(activation);
  }
  const Json config = layer.config();
  const Json* activation = config.is_object() ? config.find("activation") : nullptr;
  if (activation == nullptr || activation->is_null()) return std::nullopt;
  return activation->is_string() ? activation->as_string() : "other";
}

}  // namespace

std::string output_activation(const Network& network) {
  const std::size_t inputs = network.inputs().size();
  std::size_t source = network.outputs().front();
  while (source >= inputs) {
    const Network::Call& call = network.calls()[source - inputs];
    if (auto activation = activation_of(*network.layers()[call.layer].layer)) return *activation;
    if (call.sources.size() > 1) break;  // a merged value is no activation's
    source = call.sources.front();
  }
  return "linear";
}

}  // namespace carnyx
