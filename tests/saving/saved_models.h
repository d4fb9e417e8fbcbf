// Models, files and errors that the tests of this module share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/files.h"
#include "carnyx/base/rng.h"
#include "carnyx/layers/core.h"
#include "carnyx/saving/model_file.h"

namespace carnyx {

/// A file that Keras 3.9.2 wrote (k315: 3.15.1, tests/oracle/weights.py). k3_mlp: Dense 12-8-8-4
/// with dropout, eight steps of RMSprop; k3_cnn: two convolutions, batch
/// normalization, pooling, Adam.
inline std::string fixture(std::string_view name) {
  return std::string(CARNYX_SOURCE_DIR "/tests/saving/fixtures/") + std::string(name);
}

inline std::string bytes_of_fixture(std::string_view name) {
  return read_file(fixture(name), std::uint64_t{1} << 20);
}

/// What `act` complains of; fails the test if it throws no Kind.
template <class Kind, class Act>
std::string message_of(const Act& act) {
  try {
    act();
  } catch (const Kind& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

inline Tensor numbers(Shape shape, float first) {
  Tensor tensor(DType::Float32, std::move(shape));
  for (float& value : tensor.data<float>()) value = first += 0.125F;
  return tensor;
}

/// Dense 3-2, dropout, Dense 2-1, trained by `optimizer` (a compile_config's object).
inline SavedModel small_model(Json optimizer = {}) {
  SavedModel model{.network = Network({Dense({.units = 2, .input_shape = {{3}}, .name = "hidden"}),
                                       Dropout({.rate = 0.5}),
                                       Dense({.units = 1, .name = "out"})}),
                   .compile_config = {},
                   .weights = {{"hidden/kernel", numbers({3, 2}, 1)},
                               {"hidden/bias", numbers({2}, 2)},
                               {"out/kernel", numbers({2, 1}, 3)},
                               {"out/bias", numbers({1}, 4)}},
                   .optimizer = std::nullopt};
  if (!optimizer.is_null()) {
    model.compile_config =
        Json::object({{"optimizer", std::move(optimizer)}, {"loss", "mse"}, {"metrics", Json()}});
  }
  return model;
}

/// The tensors' names and bytes, for comparison.
inline std::vector<std::pair<std::string, std::string>> contents(
    const std::vector<NamedTensor>& tensors) {
  std::vector<std::pair<std::string, std::string>> contents;
  for (const auto& [name, tensor] : tensors) {
    contents.emplace_back(name + tensor.shape().to_string() + std::string(name_of(tensor.dtype())),
                          std::string(reinterpret_cast<const char*>(tensor.bytes()),
                                      static_cast<std::size_t>(tensor.size_bytes())));
  }
  return contents;
}

/// `bytes` with one to eight of them changed.
inline std::string damaged(std::string bytes, Rng& rng) {
  const std::uint64_t flips = 1 + rng.below(8);
  for (std::uint64_t i = 0; i < flips; ++i) {
    char& byte = bytes[rng.below(bytes.size())];
    byte = static_cast<char>(byte ^ static_cast<char>(1 + rng.below(255)));
  }
  return bytes;
}

}  // namespace carnyx
