#include <array>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/cifar/cifar_records.h"
#include "data/labelled.h"
#include "data/pickle/pickle.h"

namespace carnyx {
namespace {

std::string_view text_of(const PickleValue& value) {
  if (const auto* text = std::get_if<PickleText>(&value.value)) return text->text;
  if (const auto* bytes = std::get_if<PickleBytes>(&value.value)) return bytes->bytes;
  return {};
}

const PickleValue* find(const PickleDict& dict, std::string_view key) {
  for (const auto& [name, value] : dict.items) {
    if (text_of(*name) == key) return value;
  }
  return nullptr;
}

const PickleDict& batch_of(const PickleValue& root, const std::string& name) {
  const auto* dict = std::get_if<PickleDict>(&root.value);
  if (dict == nullptr) {
    throw CorruptData(
        format("{}: expected a dict with 'data' and 'labels', found {}", name, describe(root)));
  }
  if (find(*dict, "labels") == nullptr && find(*dict, "fine_labels") != nullptr) {
    throw CorruptData(
        format("{}: a batch of CIFAR-100, with fine and coarse labels; expected one of CIFAR-10; "
               "fetch it with carnyx data fetch cifar10",
               name));
  }
  return *dict;
}

const PickleValue& item(const PickleDict& dict, std::string_view key, const std::string& name) {
  const PickleValue* value = find(dict, key);
  if (value != nullptr) return *value;
  throw CorruptData(format("{}: expected '{}' in the dict, found none", name, key));
}

const Tensor& planes_of(const PickleValue& value, const std::string& where) {
  constexpr auto kColumns = static_cast<std::int64_t>(kCifarImageBytes);
  const auto* array = std::get_if<PickleArray>(&value.value);
  if (array != nullptr && array->is_built && array->tensor.dtype() == DType::Uint8 &&
      array->tensor.shape().rank() == 2 && array->tensor.shape()[1] == kColumns) {
    return array->tensor;
  }
  throw CorruptData(format("{}: expected a NumPy array uint8 (images, {}), found {}",
                           where,
                           kCifarImageBytes,
                           describe(value)));
}

Tensor labels_of(const PickleValue& value, const std::string& where) {
  const auto* list = std::get_if<PickleList>(&value.value);
  if (list == nullptr) {
    throw CorruptData(format("{}: expected a list, found {}", where, describe(value)));
  }
  Tensor labels(DType::Int64, {std::ssize(list->items)});
  auto to = labels.data<std::int64_t>();
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const auto* label = std::get_if<std::int64_t>(&list->items[i]->value);
    if (label == nullptr) {
      throw CorruptData(format(
          "{}: expected a number as label {}, found {}", where, i, describe(*list->items[i])));
    }
    to[i] = *label;
  }
  return labels;
}

}  // namespace

Dataset decode_cifar_pickle(std::span<const std::byte> file, const std::string& name) {
  const Pickle pickle = decode_pickle(file, name);
  const PickleDict& batch = batch_of(pickle.root(), name);
  const Origin origin{name + ": 'data'", name + ": 'labels'"};
  const Tensor& planes = planes_of(item(batch, "data", name), origin.images);
  const Tensor labels = labels_of(item(batch, "labels", name), origin.labels);
  const std::int64_t count = planes.shape()[0];
  Tensor images(DType::Uint8, {count, kCifarSide, kCifarSide, kCifarChannels});
  const auto from = std::as_bytes(planes.data<std::uint8_t>());
  const auto to = images.data<std::uint8_t>();
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    put_channels_last(from.subspan(i * kCifarImageBytes, kCifarImageBytes),
                      to.subspan(i * kCifarImageBytes, kCifarImageBytes));
  }
  return labelled(std::move(images), labels, origin, {.classes = kCifarClasses.size()});
}

}  // namespace carnyx
