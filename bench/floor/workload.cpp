#include "workload.h"

#include <array>
#include <fstream>
#include <iterator>
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

/// Appends the records of one binary batch: a label, then the red, green and blue plane.
void append_batch(const std::filesystem::path& path, Examples& part) {
  constexpr std::int64_t kPlane = 32 * 32;
  constexpr std::int64_t kRecord = 1 + 3 * kPlane;
  constexpr std::int64_t kRows = 10'000;
  std::vector<std::uint8_t> records(kRows * kRecord);
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(records.data()), std::ssize(records))) {
    throw std::runtime_error(path.string() + ": expected a binary batch of CIFAR-10, 30,730,000 " +
                             "bytes");
  }
  for (std::int64_t row = 0; row < kRows; ++row) {
    const std::uint8_t* record = &records[row * kRecord];
    part.labels.push_back(record[0]);
    for (std::int64_t pixel = 0; pixel < kPlane; ++pixel) {
      for (std::int64_t c = 0; c < 3; ++c) part.images.push_back(record[1 + c * kPlane + pixel]);
    }
  }
}

Examples random_part(std::int64_t features,
                     std::int64_t classes,
                     std::int64_t rows,
                     std::mt19937& bits) {
  Examples part;
  part.images.resize(rows * features);
  part.labels.resize(rows);
  for (auto& byte : part.images) byte = static_cast<std::uint8_t>(bits() >> 24);
  for (auto& label : part.labels) {
    label = static_cast<std::int32_t>(bits() % static_cast<unsigned>(classes));
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
  throw std::invalid_argument(
      "--network: expected mnist_mlp, off_menu, mnist_cnn, resnet20 or "
      "resnet56, got " +
      std::string(name));
}

std::optional<ImageNetwork> image_network(std::string_view name) {
  if (name == "mnist_cnn") return ImageNetwork{.image = {28, 28, 1}};
  if (name == "resnet20") return ImageNetwork{.image = {32, 32, 3}, .blocks = 3};
  if (name == "resnet56") return ImageNetwork{.image = {32, 32, 3}, .blocks = 9};
  return std::nullopt;
}

Data read_mnist(const std::filesystem::path& folder) {
  return {.train = read_part(folder, "train", 60'000), .test = read_part(folder, "t10k", 10'000)};
}

Data read_cifar10(const std::filesystem::path& folder) {
  const auto below = folder / "cifar-10-batches-bin";
  const auto& place = std::filesystem::is_directory(below) ? below : folder;
  Data data;
  for (const char digit : std::string("12345")) {
    append_batch(place / (std::string("data_batch_") + digit + ".bin"), data.train);
  }
  append_batch(place / "test_batch.bin", data.test);
  return data;
}

Data synthetic(std::int64_t features, std::int64_t classes) {
  std::mt19937 bits(0);
  Data data;
  data.train = random_part(features, classes, 60'000, bits);
  data.test = random_part(features, classes, 10'000, bits);
  return data;
}

}  // namespace carnyx::bench
