#include "carnyx/data/mnist.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/data/idx.h"
#include "carnyx/data/npz.h"

namespace carnyx::datasets {
namespace {

constexpr std::int64_t kClasses = 10;

/// Where a part's images and labels came from, for messages.
struct Origin {
  std::string images;
  std::string labels;
};

void check_shapes(const Tensor& images, const Tensor& labels, const Origin& origin) {
  const Shape& shape = images.shape();
  if (images.dtype() != DType::Uint8 || shape.rank() != 3 || shape.elements() == 0) {
    throw CorruptData(format("{}: expected uint8 images [samples, rows, columns], found {} {}",
                             origin.images,
                             name_of(images.dtype()),
                             shape.to_string()));
  }
  if (labels.dtype() != DType::Uint8 || labels.shape().rank() != 1) {
    throw CorruptData(format("{}: expected uint8 labels [samples], found {} {}",
                             origin.labels,
                             name_of(labels.dtype()),
                             labels.shape().to_string()));
  }
  if (labels.shape()[0] != shape[0]) {
    throw CorruptData(format("{}: expected {} labels, one for each image of {}, found {}",
                             origin.labels,
                             shape[0],
                             origin.images,
                             labels.shape()[0]));
  }
}

void check_labels(const Tensor& labels, const Origin& origin) {
  const auto values = labels.data<std::uint8_t>();
  const auto bad = std::find_if(values.begin(), values.end(), [](auto v) { return v >= kClasses; });
  if (bad == values.end()) return;
  throw CorruptData(format("{}: expected labels below {}, found {} for sample {}",
                           origin.labels,
                           kClasses,
                           *bad,
                           bad - values.begin()));
}

Dataset dataset_of(Tensor images, Tensor labels, const Origin& origin) {
  check_shapes(images, labels, origin);
  check_labels(labels, origin);
  return {.x = std::move(images),
          .y = std::move(labels),
          .divisor = 255,
          .classes = kClasses,
          .name = origin.images};
}

Dataset read_part(const std::string& images, const std::string& labels) {
  return dataset_of(read_idx(images), read_idx(labels), {images, labels});
}

TrainTest read_mnist_npz(const std::string& path) {
  constexpr std::array<std::string_view, 4> kNames = {"x_train", "y_train", "x_test", "y_test"};
  std::vector<Tensor> arrays = read_npz(path, kNames);
  const auto part = [&](std::size_t x) {
    const Origin origin = {format("{}: {}", path, kNames[x]),
                           format("{}: {}", path, kNames[x + 1])};
    return dataset_of(std::move(arrays[x]), std::move(arrays[x + 1]), origin);
  };
  return {.train = part(0), .test = part(2)};
}

void check_same_samples(const TrainTest& parts) {
  if (parts.train.sample_shape() == parts.test.sample_shape()) return;
  throw CorruptData(format("{}: expected images of the shape {} as in {}, found {}",
                           parts.test.name,
                           parts.train.sample_shape().to_string(),
                           parts.train.name,
                           parts.test.sample_shape().to_string()));
}

}  // namespace

TrainTest mnist(const MnistOptions& options) {
  const MnistFiles files = find_mnist(options);
  TrainTest parts = files.npz.empty()
                        ? TrainTest{.train = read_part(files.train_images, files.train_labels),
                                    .test = read_part(files.test_images, files.test_labels)}
                        : read_mnist_npz(files.npz);
  check_same_samples(parts);
  return parts;
}

}  // namespace carnyx::datasets
