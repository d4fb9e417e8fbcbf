// What the floor trains, and on what: the same networks and data as the peers' workload.py.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace carnyx::bench {

enum class Activation { Linear, Relu, Tanh };
enum class Optimizer { RMSprop, Adam };

/// A stack of dense layers; the last one's output is the logits of a softmax crossentropy.
struct Network {
  std::vector<std::int64_t> widths;  // input, hidden..., classes
  Activation activation = Activation::Relu;
  float dropout = 0;  // after every hidden layer
  Optimizer optimizer = Optimizer::RMSprop;
  std::optional<float> global_clipnorm;
  std::int64_t batch_size = 128;
};

/// mnist_mlp or off_menu. Throws std::invalid_argument for another name.
Network network(std::string_view name);

/// Shapes: images [rows, features] uint8; labels [rows].
struct Examples {
  std::vector<std::uint8_t> images;
  std::vector<std::int32_t> labels;
};

struct Data {
  Examples train;
  Examples test;
};

/// MNIST from its four IDX .gz files. Throws std::runtime_error naming the file that is no such
/// one.
Data read_mnist(const std::filesystem::path& folder);

/// 60,000 and 10,000 random rows of the network's shapes.
Data synthetic(const Network& network);

}  // namespace carnyx::bench
