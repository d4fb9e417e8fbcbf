#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/data/pickle.h"

#include "data/byte_reader.h"
#include "data/labelled.h"
#include "data/pickle/pickle.h"

namespace carnyx {
namespace {

/// The items of a tuple or a list; null for anything else.
const PickleItems* items_of(const PickleValue& value) {
  if (const auto* tuple = std::get_if<PickleTuple>(&value.value)) return &tuple->items;
  if (const auto* list = std::get_if<PickleList>(&value.value)) return &list->items;
  return nullptr;
}

const Tensor& array_of(const PickleValue& value, const std::string& where) {
  const auto* array = std::get_if<PickleArray>(&value.value);
  if (array != nullptr && array->is_built) return array->tensor;
  throw CorruptData(format("{}: expected a NumPy array, found {}", where, describe(value)));
}

Dataset pair_of(const PickleValue& value, const std::string& where) {
  const PickleItems* pair = items_of(value);
  if (pair == nullptr || pair->size() != 2) {
    throw CorruptData(format("{}: expected (images, labels), found {}", where, describe(value)));
  }
  const Origin origin{where + ": images", where + ": labels"};
  return labelled(
      array_of(*(*pair)[0], origin.images), array_of(*(*pair)[1], origin.labels), origin);
}

}  // namespace

TrainTest decode_pickled_digits(std::span<const std::byte> file, const std::string& name) {
  const bool is_gzip = file.size() >= 2 && file[0] == std::byte{0x1F} && file[1] == std::byte{0x8B};
  std::string unpacked;
  if (is_gzip) {
    unpacked = read_all(*open_gzip(file, name), kMostUnpackedBytes);
    file = std::as_bytes(std::span(unpacked));
  }
  const Pickle pickle = decode_pickle(file, name);
  const PickleItems* parts = items_of(pickle.root());
  if (parts == nullptr || (parts->size() != 2 && parts->size() != 3)) {
    throw CorruptData(format(
        "{}: expected 2 or 3 pairs of images and labels, found {}", name, describe(pickle.root())));
  }
  TrainTest digits{.train = pair_of(*parts->front(), name + ": training part"),
                   .test = pair_of(*parts->back(), name + ": test part")};
  if (parts->size() == 3) {
    digits.train = joined(digits.train, pair_of(*(*parts)[1], name + ": validation part"));
  }
  return digits;
}

TrainTest read_pickled_digits(const std::string& path) {
  const std::string file = read_data_file(path);
  return decode_pickled_digits(std::as_bytes(std::span(file)), path);
}

}  // namespace carnyx
