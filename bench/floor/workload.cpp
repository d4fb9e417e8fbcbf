#include "workload.h"

#include <array>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

#include <zlib.h>

namespace carnyx::bench {
namespace {

struct GzClose {
  void operator()(gzFile file) const { gzclose(file); }
};

/// The bytes behind an IDX header of the given length; their count is checked against it.
std::vector<std::uint8_t> read_idx(const std::filesystem::path& path,
                                   std::size_t axes,
                                   std::size_t expected_bytes) {
  const std::unique_ptr<gzFile_s, GzClose> file(gzopen(path.c_str(), "rb"));
  std::array<std::uint8_t, 16> header{};
  std::vector<std::uint8_t> content(expected_bytes);
  const auto read = [&](std::uint8_t* into, std::size_t bytes) {
    return gzread(file.get(), into, static_cast<unsigned>(bytes)) == static_cast<int>(bytes);
  };
  if (!file || !read(header.data(), 4 + 4 * axes) || header[3] != axes ||
      !read(content.data(), content.size())) {
    throw std::runtime_error(path.string() + ": expected MNIST's IDX file of " +
                             std::to_string(axes) + " axes and " + std::to_string(expected_bytes) +
                             " bytes, gzip-compressed");
  }
  return content;
}

Examples read_part(const std::filesystem::path& folder, const std::string& name, std::size_t rows) {
  const auto labels = read_idx(folder / (name + "-labels-idx1-ubyte.gz"), 1, rows);
  return {.images = read_idx(folder / (name + "-images-idx3-ubyte.gz"), 3, rows * 784),
          .labels = {labels.begin(), labels.end()}};
}

Examples random_part(const Network& network, std::int64_t rows, std::mt19937& bits) {
  Examples part;
  part.images.resize(rows * network.widths.front());
  part.labels.resize(rows);
  for (auto& byte : part.images) byte = static_cast<std::uint8_t>(bits() >> 24);
  for (auto& label : part.labels) {
    label = static_cast<std::int32_t>(bits() % static_cast<unsigned>(network.widths.back()));
  }
  return part;
}

}  // namespace

Network network(std::string_view name) {
  if (name == "mnist_mlp")
    return {.widths = {784, 512, 512, 10}, .dropout = 0.2F, .global_clipnorm = std::nullopt};
  if (name == "off_menu") {
    return {.widths = {257, 511, 129, 7},
            .activation = Activation::Tanh,
            .optimizer = Optimizer::Adam,
            .global_clipnorm = 1.0F,
            .batch_size = 100};
  }
  throw std::invalid_argument("--network: expected mnist_mlp or off_menu, got " +
                              std::string(name));
}

Data read_mnist(const std::filesystem::path& folder) {
  return {.train = read_part(folder, "train", 60'000), .test = read_part(folder, "t10k", 10'000)};
}

Data synthetic(const Network& network) {
  std::mt19937 bits(0);
  Data data;
  data.train = random_part(network, 60'000, bits);
  data.test = random_part(network, 10'000, bits);
  return data;
}

}  // namespace carnyx::bench
