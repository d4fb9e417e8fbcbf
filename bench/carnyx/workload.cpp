#include "workload.h"

#include <algorithm>

#include "carnyx/base/rng.h"

#include "networks.h"

namespace carnyx::bench {
namespace {

TrainTest random_rows(const Shape& sample, std::int64_t classes) {
  constexpr std::int64_t kRows = 60'000;
  TrainTest data;
  Rng rng(1);
  for (Dataset* part : {&data.train, &data.test}) {
    std::vector<std::int64_t> shape = {kRows};
    for (int axis = 0; axis < sample.rank(); ++axis) shape.push_back(sample[axis]);
    part->x = Tensor(DType::Uint8, Shape(shape));
    part->y = Tensor(DType::Uint8, {kRows});
    for (auto& pixel : part->x.data<std::uint8_t>())
      pixel = static_cast<std::uint8_t>(rng.below(256));
    for (auto& label : part->y.data<std::uint8_t>())
      label = static_cast<std::uint8_t>(rng.below(classes));
    part->divisor = 255;
    part->classes = classes;
    part->name = "random rows";
  }
  return data;
}

TrainTest mnist(const std::string& directory, const Shape& sample) {
  const TrainTest data = datasets::mnist({.data_dir = directory});
  return {data.train.with_sample_shape(sample), data.test.with_sample_shape(sample)};
}

/// CIFAR-10, with crop_flip: of the raw bytes, the test images only standardised.
TrainTest photographs(const WorkloadOptions& options) {
  TrainTest data = options.data_dir.empty() ? random_rows({32, 32, 3}, 10)
                                            : datasets::cifar10({.data_dir = options.data_dir});
  if (options.crops) {
    data.train.augmentation = {.pad = 4, .flip_horizontal = true, .standardise = true};
    data.test.augmentation = data.train.augmentation.at_rest();
    data.train.divisor = data.test.divisor = 1;
  }
  return data;
}

Workload residual(std::int64_t blocks, const WorkloadOptions& options) {
  constexpr std::int64_t kBatch = 128;
  Workload made{.network = resnet(blocks),
                .data = photographs(options),
                .compile = {.optimizer = SGD({.learning_rate = 0.1, .momentum = 0.9}),
                            .metrics = {Accuracy({})}},
                .batch_size = kBatch};
  // Its program drops an epoch's partial batch.
  const std::int64_t rows = made.data.train.samples();
  const std::int64_t kept = options.rows > 0 ? std::min(options.rows, rows) : rows;
  made.data.train = made.data.train.slice(0, kept - kept % kBatch);
  return made;
}

Workload plain(const WorkloadOptions& options) {
  if (options.network == "mnist_mlp") {
    return {.network = mnist_mlp(),
            .data = mnist(options.data_dir, {784}),
            .compile = {.optimizer = RMSprop({}), .metrics = {Accuracy({})}},
            .batch_size = 128};
  }
  if (options.network == "mnist_cnn") {
    return {.network = mnist_cnn(),
            .data = mnist(options.data_dir, {28, 28, 1}),
            .compile = {.optimizer = Adadelta({.learning_rate = 1.0}), .metrics = {Accuracy({})}},
            .batch_size = 128};
  }
  if (options.network == "off_menu") {
    return {.network = off_menu(),
            .data = random_rows({257}, 7),
            .compile = {.optimizer = Adam({}, {.global_clipnorm = 1.0}), .metrics = {Accuracy({})}},
            .batch_size = 100};
  }
  throw InvalidArgument(
      "--network: expected mnist_mlp, off_menu, mnist_cnn, resnet20 or resnet56, got " +
      options.network);
}

}  // namespace

Workload make_workload(const WorkloadOptions& options) {
  if (options.network == "resnet20") return residual(3, options);
  if (options.network == "resnet56") return residual(9, options);
  if (options.crops) {
    throw InvalidArgument("--augmentation crop_flip: only the residual networks have it");
  }
  Workload made = plain(options);
  if (options.rows > 0) {
    made.data.train = made.data.train.slice(0, std::min(options.rows, made.data.train.samples()));
  }
  return made;
}

}  // namespace carnyx::bench
