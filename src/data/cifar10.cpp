#include "carnyx/data/cifar10.h"

#include <optional>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/data/mnist.h"

#include "data/cifar/cifar_files.h"
#include "data/cifar/cifar_records.h"
#include "data/environment.h"

namespace carnyx::datasets {
namespace {

std::vector<std::string> places() {
  std::vector<std::string> all;
  if (std::string named = environment("CARNYX_DATA"); !named.empty()) {
    all.push_back(named + "/cifar10");
    all.push_back(std::move(named));
  }
  all.emplace_back("./data/cifar10");
  if (!environment("XDG_CACHE_HOME").empty() || !environment("HOME").empty()) {
    all.push_back(cache_directory() + "/cifar10");
  }
  all.emplace_back("../shared/data/cifar10");
  return all;
}

/// Who names a place may have it in any format there; elsewhere only what is sure to be CIFAR-10
/// counts.
FoundData find_named(const std::string& place) {
  if (const auto found = find_data(place)) return *found;
  throw NotFound(format("{}: {}; expected CIFAR-10, fetched with carnyx data fetch cifar10",
                        place,
                        exists(place) ? "no data set" : "no such file or folder"));
}

void require_pictures(const Dataset& part) {
  const Shape wanted{kCifarSide, kCifarSide, kCifarChannels};
  const bool has_bytes = part.x.dtype() == DType::Uint8 && part.y.dtype() == DType::Uint8;
  if (has_bytes && part.sample_shape() == wanted && part.classes <= std::ssize(kCifarClasses)) {
    return;
  }
  throw CorruptData(
      format("{}: expected CIFAR-10's images uint8 {} of {} classes, found {} {} of {}",
             part.name,
             wanted.to_string(),
             kCifarClasses.size(),
             name_of(part.x.dtype()),
             part.sample_shape().to_string(),
             part.classes));
}

}  // namespace

FoundData find_cifar10(const Cifar10Options& options) {
  if (!options.data_dir.empty()) return find_named(options.data_dir);
  std::string looked;
  for (const std::string& place : places()) {
    if (auto found = find_cifar(place)) return *found;
    looked += "\n  " + place;
  }
  throw NotFound(
      "CIFAR-10 was not found; run `carnyx data fetch cifar10`, or name its folder with --data_dir "
      "or CARNYX_DATA. Looked in:" +
      looked);
}

TrainTest cifar10(const Cifar10Options& options) {
  LoadedData loaded = read_data(find_cifar10(options));
  if (!loaded.has_test()) {
    throw NotFound(
        format("{}: expected a training and a test part, found one; name the folder of all batches",
               loaded.source.path));
  }
  for (Dataset* part : {&loaded.parts.train, &loaded.parts.test}) {
    require_pictures(*part);
    part->classes = std::ssize(kCifarClasses);
  }
  return std::move(loaded.parts);
}

std::span<const std::string_view> cifar10_classes() {
  return kCifarClasses;
}

}  // namespace carnyx::datasets
