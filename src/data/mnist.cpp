#include "carnyx/data/mnist.h"

#include <algorithm>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/data/source.h"

namespace carnyx::datasets {
namespace {

constexpr std::int64_t kClasses = 10;

void make_digits(Dataset& part) {
  if (part.classes > kClasses) {
    const auto labels = part.y.data<std::uint8_t>();
    const auto bad =
        std::find_if(labels.begin(), labels.end(), [](auto label) { return label >= kClasses; });
    if (bad != labels.end()) {
      throw CorruptData(format("{}: expected labels below {}, found {} for sample {}",
                               part.name,
                               kClasses,
                               *bad,
                               bad - labels.begin()));
    }
  }
  part.classes = kClasses;
}

}  // namespace

TrainTest mnist(const MnistOptions& options) {
  LoadedData loaded = read_data(find_mnist(options).source);
  if (!loaded.has_test()) {
    throw NotFound(
        format("{}: expected a training and a test part, found one; put them into the "
               "folders train and test",
               loaded.source.path));
  }
  if (loaded.parts.train.y.dtype() != DType::Uint8) {
    throw CorruptData(format("{}: expected {} classes, found {}",
                             loaded.source.path,
                             kClasses,
                             loaded.parts.train.classes));
  }
  make_digits(loaded.parts.train);
  make_digits(loaded.parts.test);
  return std::move(loaded.parts);
}

}  // namespace carnyx::datasets
