#include "trainers/cifar_data.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/rng.h"
#include "carnyx/data/cifar10.h"
#include "carnyx/data/synthetic_pictures.h"

#include "trainers/job_fetch.h"

namespace carnyx {
namespace {

constexpr auto kOriginalPlace = "/tmp/cifar10_data/cifar-10-batches-bin";
constexpr std::int64_t kExtent = 32;
constexpr std::int64_t kChannels = 3;

bool is_here(const std::string& place) {
  try {
    datasets::find_cifar10({.data_dir = place});
    return true;
  } catch (const NotFound&) {
    return false;
  }
}

Dataset checked(Dataset data) {
  constexpr std::int64_t kClasses = 10;
  if (data.classes > kClasses) {
    throw CorruptData(
        format("{}: expected pictures of 10 classes, found {}", data.name, data.classes));
  }
  data.classes = kClasses;
  return data.with_sample_shape({kExtent, kExtent, kChannels});
}

}  // namespace

void fetch_cifar(const JobOptions& options, const JobEnvironment& environment) {
  if (!options.fetch || options.synthetic || is_here(options.data_dir)) return;
  if (options.data_dir.empty() && exists(kOriginalPlace)) return;
  fetch_for_job("cifar10", {.directory = options.data_dir}, options, environment);
}

TrainTest load_cifar(const JobOptions& options) {
  if (options.synthetic) return datasets::synthetic_pictures();
  std::string place = options.data_dir;
  if (place.empty() && !is_here(place) && exists(kOriginalPlace)) place = kOriginalPlace;
  try {
    TrainTest data = datasets::cifar10({.data_dir = place});
    return {checked(std::move(data.train)), checked(std::move(data.test))};
  } catch (const NotFound& error) {
    throw NotFound(
        format("{}; 'carnyx data fetch cifar10' downloads it, and --use-synthetic-data "
               "trains without it",
               error.what()));
  }
}

TrainTest one_picture(std::int64_t train_samples, std::int64_t test_samples) {
  constexpr double kMean = 127;
  constexpr double kDeviation = 60;
  constexpr double kFarthest = 2;  // truncated: two deviations at most
  constexpr std::int64_t kPictureBytes = kExtent * kExtent * kChannels;
  constexpr std::uint8_t kLabel = 4;
  Rng rng(1);
  std::vector<std::uint8_t> picture(kPictureBytes);
  for (std::uint8_t& value : picture) {
    double drawn = rng.normal();
    while (std::abs(drawn) > kFarthest) drawn = rng.normal();
    value = static_cast<std::uint8_t>(std::lround(kMean + kDeviation * drawn));
  }
  const auto repeated = [&](std::int64_t samples) {
    Dataset data{.x = Tensor(DType::Uint8, {samples, kExtent, kExtent, kChannels}),
                 .y = Tensor(DType::Uint8, {samples}),
                 .classes = 10,
                 .name = "one picture of noise"};
    for (std::int64_t i = 0; i < samples; ++i) {
      std::ranges::copy(picture, data.x.data<std::uint8_t>().begin() + i * kPictureBytes);
    }
    std::ranges::fill(data.y.data<std::uint8_t>(), kLabel);
    return data;
  };
  return {repeated(train_samples), repeated(test_samples)};
}

Dataset augmented(Dataset data) {
  constexpr std::int64_t kPad = 4;
  data.divisor = 1;  // the bytes themselves are standardised
  data.augmentation = {.pad = kPad, .flip_horizontal = true, .standardise = true};
  return data;
}

Dataset standardised(Dataset data) {
  data.divisor = 1;
  data.augmentation = {.standardise = true};
  return data;
}

}  // namespace carnyx
