// What the floor trains, and on what: the same networks and data as the peers' workload.py.
#pragma once

#include <array>
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

/// mnist_cnn if it has no blocks, else the ResNet v1 for CIFAR-10 with that many blocks a stage:
/// what bench/peers/workload.py says of them.
struct ImageNetwork {
  std::array<std::int64_t, 3> image;  // height, width, channels
  std::int64_t blocks = 0;
  std::int64_t classes = 10;
  std::int64_t batch_size = 128;

  std::int64_t pixels() const { return image[0] * image[1] * image[2]; }
};

/// mnist_cnn, resnet20 or resnet56; nothing for another name.
std::optional<ImageNetwork> image_network(std::string_view name);

/// mnist_mlp or off_menu. Throws std::invalid_argument for another name.
Network network(std::string_view name);

/// Shapes: images [rows, features] uint8, colours of a pixel side by side; labels [rows].
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

/// CIFAR-10 from its binary batches in `folder` or in cifar-10-batches-bin below it. Throws
/// std::runtime_error naming the file that is no such one.
Data read_cifar10(const std::filesystem::path& folder);

/// 60,000 and 10,000 random rows.
Data synthetic(std::int64_t features, std::int64_t classes);

}  // namespace carnyx::bench
