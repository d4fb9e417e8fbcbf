#include "data/labelled.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

template <class T>
Tensor bytes_from(const Tensor& whole, const std::string& where) {
  Tensor bytes(DType::Uint8, whole.shape());
  const auto from = whole.data<T>();
  const auto to = bytes.data<std::uint8_t>();
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] < 0 || from[i] > 255) {
      throw CorruptData(format("{}: expected pixels in [0, 255], found {} at element {}",
                               where,
                               static_cast<std::int64_t>(from[i]),
                               i));
    }
    to[i] = static_cast<std::uint8_t>(from[i]);
  }
  return bytes;
}

/// uint8 or float32.
Tensor readable_images(Tensor images, const std::string& where) {
  switch (images.dtype()) {
    case DType::Int32:
      return bytes_from<std::int32_t>(images, where);
    case DType::Int64:
      return bytes_from<std::int64_t>(images, where);
    case DType::Float64:
      return images.as(DType::Float32);
    default:
      return images;
  }
}

float divisor_of(const Tensor& images, const std::string& where) {
  if (images.dtype() == DType::Uint8) return 255;
  const auto values = images.data<float>();
  const auto bad =
      std::find_if_not(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
  if (bad != values.end()) {
    throw CorruptData(format(
        "{}: expected finite numbers, found {} at element {}", where, *bad, bad - values.begin()));
  }
  return std::any_of(values.begin(), values.end(), [](float v) { return v > 1; }) ? 255 : 1;
}

/// The place of the 1 in row `row` of one-hot labels.
std::int64_t hot_class(const Tensor& labels, std::int64_t row, const std::string& where) {
  const std::int64_t classes = labels.shape().back();
  std::int64_t hot = -1;
  bool is_one_hot = true;
  for (std::int64_t c = 0; c < classes; ++c) {
    const double value = labels.at(row * classes + c);
    if (value == 0) continue;
    is_one_hot = is_one_hot && value == 1 && hot < 0;
    hot = c;
  }
  if (is_one_hot && hot >= 0) return hot;
  throw CorruptData(format("{}: expected one 1 and zeros as the label of sample {}", where, row));
}

/// One class a sample.
std::vector<std::int64_t> classes_of(const Tensor& labels, const std::string& where) {
  const Shape& shape = labels.shape();
  const bool is_one_hot = shape.rank() == 2 && shape[1] > 1;
  if (!is_one_hot && shape.rank() != 1 && !(shape.rank() == 2 && shape[1] == 1)) {
    throw CorruptData(
        format("{}: expected labels [samples] or one-hot [samples, classes], found {}",
               where,
               shape.to_string()));
  }
  if (!is_one_hot && is_floating(labels.dtype())) {
    throw CorruptData(format(
        "{}: expected labels that are whole numbers, found {}", where, name_of(labels.dtype())));
  }
  std::vector<std::int64_t> classes(static_cast<std::size_t>(shape[0]));
  for (std::size_t row = 0; row < classes.size(); ++row) {
    const auto at = static_cast<std::int64_t>(row);
    classes[row] =
        is_one_hot ? hot_class(labels, at, where) : static_cast<std::int64_t>(labels.at(at));
  }
  return classes;
}

constexpr std::int64_t kMostClasses = 1'000'000;

std::int64_t count_classes(const std::vector<std::int64_t>& labels,
                           const Tensor& given,
                           const LabelledOptions& options) {
  if (options.classes > 0) return options.classes;
  if (given.shape().rank() == 2 && given.shape()[1] > 1) return given.shape()[1];
  const auto largest = std::max_element(labels.begin(), labels.end());
  return largest == labels.end() ? 1 : std::clamp<std::int64_t>(*largest + 1, 1, kMostClasses);
}

Tensor label_tensor(const std::vector<std::int64_t>& labels,
                    std::int64_t classes,
                    const std::string& where) {
  const auto count = static_cast<std::int64_t>(labels.size());
  Tensor tensor(classes <= 256 ? DType::Uint8 : DType::Int32, {count});
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || labels[i] >= classes) {
      throw CorruptData(format(
          "{}: expected labels below {}, found {} for sample {}", where, classes, labels[i], i));
    }
    store_element(tensor.bytes(),
                  tensor.dtype(),
                  static_cast<std::int64_t>(i),
                  static_cast<double>(labels[i]));
  }
  return tensor;
}

Tensor joined(const Tensor& first, const Tensor& second) {
  std::vector<std::int64_t> axes = first.shape().axes();
  axes[0] += second.shape()[0];
  Tensor both(first.dtype(), Shape(std::move(axes)));
  const auto size = static_cast<std::size_t>(first.size_bytes());
  if (size > 0) std::memcpy(both.bytes(), first.bytes(), size);
  const auto rest = static_cast<std::size_t>(second.size_bytes());
  if (rest > 0) std::memcpy(both.bytes() + size, second.bytes(), rest);
  return both;
}

}  // namespace

Tensor as_squares(const Tensor& rows) {
  if (rows.shape().rank() != 2) return rows;
  const std::int64_t columns = rows.shape()[1];
  const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(columns))));
  if (side < 2 || side * side != columns) return rows;
  return rows.reshaped({rows.shape()[0], side, side});
}

ClassLabels class_labels(const Tensor& labels,
                         const std::string& where,
                         const LabelledOptions& options) {
  const std::vector<std::int64_t> numbers = classes_of(labels, where);
  const std::int64_t classes = count_classes(numbers, labels, options);
  return {.y = label_tensor(numbers, classes, where), .classes = classes};
}

Dataset labelled(Tensor images,
                 const Tensor& labels,
                 const Origin& origin,
                 const LabelledOptions& options) {
  if (images.shape().rank() < 2 || images.elements() == 0) {
    throw CorruptData(format("{}: expected images [samples, ...], found {} {}",
                             origin.images,
                             name_of(images.dtype()),
                             images.shape().to_string()));
  }
  images = as_squares(readable_images(std::move(images), origin.images));
  ClassLabels classes = class_labels(labels, origin.labels, options);
  if (classes.y.elements() != images.shape()[0]) {
    throw CorruptData(format("{}: expected {} labels, one for each image of {}, found {}",
                             origin.labels,
                             images.shape()[0],
                             origin.images,
                             classes.y.elements()));
  }
  const float divisor = divisor_of(images, origin.images);
  return {.x = std::move(images),
          .y = std::move(classes.y),
          .divisor = divisor,
          .classes = classes.classes,
          .name = origin.images};
}

Dataset joined(const Dataset& first, const Dataset& second) {
  if (first.sample_shape() != second.sample_shape() || first.x.dtype() != second.x.dtype() ||
      first.y.dtype() != second.y.dtype() || first.divisor != second.divisor) {
    throw CorruptData(format("{}: expected samples {} {} as in {}, found {} {}",
                             second.name,
                             name_of(first.x.dtype()),
                             first.sample_shape().to_string(),
                             first.name,
                             name_of(second.x.dtype()),
                             second.sample_shape().to_string()));
  }
  Dataset both = first;
  both.x = joined(first.x, second.x);
  both.y = joined(first.y, second.y);
  both.classes = std::max(first.classes, second.classes);
  return both;
}

}  // namespace carnyx
