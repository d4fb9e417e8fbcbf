#include "carnyx/data/dataset.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/sample_view.h"

namespace carnyx {
namespace {

Shape with_rows(const Shape& shape, std::int64_t rows) {
  std::vector<std::int64_t> axes = shape.axes();
  axes[0] = rows;
  return Shape(std::move(axes));
}

Tensor copy_rows(const Tensor& source, std::int64_t first, std::int64_t count) {
  Tensor rows(source.dtype(), with_rows(source.shape(), count));
  if (count == 0) return rows;
  const std::int64_t row_bytes = rows.size_bytes() / count;
  std::memcpy(rows.bytes(),
              source.bytes() + first * row_bytes,
              static_cast<std::size_t>(rows.size_bytes()));
  return rows;
}

/// "iris.csv", or "iris.csv, 'kind'" of one among several.
std::string place(const Dataset& dataset, const NamedRows& part) {
  const bool is_alone = part.name == "x" || part.name == "y";
  return is_alone ? dataset.name : format("{}, '{}'", dataset.name, part.name);
}

template <class T>
void check_labels(const Dataset& dataset, const NamedRows& target) {
  const auto labels = target.rows.data<T>();
  const auto inside = [&](T label) { return label >= 0 && label < target.classes; };
  const auto bad = std::find_if_not(labels.begin(), labels.end(), inside);
  if (bad == labels.end()) return;
  throw InvalidArgument(format("{}: labels must be in [0, {}), got {} at sample {}",
                               place(dataset, target),
                               target.classes,
                               *bad,
                               bad - labels.begin()));
}

void check_classes(const Dataset& dataset, const NamedRows& target) {
  if (target.rows.shape().rank() != 1) {
    throw InvalidArgument(format("{}: labels must have one axis, got the shape {}",
                                 place(dataset, target),
                                 target.rows.shape().to_string()));
  }
  switch (target.rows.dtype()) {
    case DType::Uint8:
      return check_labels<std::uint8_t>(dataset, target);
    case DType::Int32:
      return check_labels<std::int32_t>(dataset, target);
    default:
      throw InvalidArgument(format("{}: labels must be uint8 or int32, got {}",
                                   place(dataset, target),
                                   name_of(target.rows.dtype())));
  }
}

void check_target(const Dataset& dataset, const NamedRows& target) {
  if (target.classes > 0) return check_classes(dataset, target);
  if (target.rows.dtype() == DType::Float32) return;
  throw InvalidArgument(format("{}: targets must be float32, got {}; labels need `classes` set",
                               place(dataset, target),
                               name_of(target.rows.dtype())));
}

void check_input(const Dataset& dataset, const NamedRows& input) {
  const DType dtype = input.rows.dtype();
  if (dtype != DType::Uint8 && dtype != DType::Float32) {
    throw InvalidArgument(
        format("{}: x must be uint8 or float32, got {}", place(dataset, input), name_of(dtype)));
  }
  if (!(std::isfinite(input.divisor) && input.divisor != 0)) {
    throw InvalidArgument(format(
        "{}: divisor must be finite and not 0, got {}", place(dataset, input), input.divisor));
  }
}

bool has_rows(const Tensor& rows, std::int64_t samples) {
  return !rows.empty() && rows.shape().rank() > 0 && rows.shape()[0] == samples;
}

void check_several(const Dataset& dataset) {
  if ((!dataset.inputs.empty() && !dataset.x.empty()) ||
      (!dataset.targets.empty() && !dataset.y.empty())) {
    throw InvalidArgument(format("{}: give x or inputs, and y or targets, not both", dataset.name));
  }
  for (const auto& parts : {dataset.input_rows(), dataset.target_rows()}) {
    for (const NamedRows& part : parts) {
      if (has_rows(part.rows, dataset.samples())) continue;
      throw InvalidArgument(format("{}, '{}': expected a row for each of {} samples, got {}",
                                   dataset.name,
                                   part.name,
                                   dataset.samples(),
                                   part.rows.shape().to_string()));
    }
  }
}

void check_rows(const Dataset& dataset) {
  if (!dataset.inputs.empty() || !dataset.targets.empty()) return check_several(dataset);
  const Tensor& x = dataset.x;
  const Tensor& y = dataset.y;
  if (has_rows(x, dataset.samples()) && has_rows(y, dataset.samples())) return;
  throw InvalidArgument(format("{}: x and y must have one row a sample, got x {} and y {}",
                               dataset.name,
                               x.shape().to_string(),
                               y.shape().to_string()));
}

void check_weights(const Dataset& dataset) {
  const Tensor& weights = dataset.sample_weight;
  if (weights.empty()) return;
  if (weights.dtype() != DType::Float32 || weights.shape() != Shape{dataset.samples()}) {
    throw InvalidArgument(format("{}: sample_weight must be float32 {}, got {} {}",
                                 dataset.name,
                                 Shape{dataset.samples()}.to_string(),
                                 name_of(weights.dtype()),
                                 weights.shape().to_string()));
  }
  const auto values = weights.data<float>();
  const auto bad = std::find_if_not(
      values.begin(), values.end(), [](float weight) { return std::isfinite(weight); });
  if (bad == values.end()) return;
  throw InvalidArgument(format("{}: sample_weight must be finite, got {} at sample {}",
                               dataset.name,
                               *bad,
                               bad - values.begin()));
}

/// The label of a sample, or the index of the first largest of its target.
std::int64_t class_of(const Tensor& y, std::int64_t sample) {
  const std::int64_t columns = y.elements() / y.shape()[0];
  if (columns == 1) return static_cast<std::int64_t>(std::lround(y.at(sample)));
  std::int64_t best = 0;
  for (std::int64_t c = 1; c < columns; ++c) {
    if (y.at(sample * columns + c) > y.at(sample * columns + best)) best = c;
  }
  return best;
}

}  // namespace

std::int64_t Dataset::samples() const {
  const Shape& shape = inputs.empty() ? x.shape() : inputs.front().rows.shape();
  return shape.rank() == 0 ? 0 : shape[0];
}

std::vector<NamedRows> Dataset::input_rows() const {
  if (!inputs.empty()) return inputs;
  return {{.name = "x", .rows = x, .divisor = divisor}};
}

std::vector<NamedRows> Dataset::target_rows() const {
  if (!targets.empty()) return targets;
  return {{.name = "y", .rows = y, .classes = classes}};
}

Shape Dataset::sample_shape() const {
  const std::vector<std::int64_t>& axes = x.shape().axes();
  return axes.empty() ? Shape() : Shape(std::vector<std::int64_t>(axes.begin() + 1, axes.end()));
}

Dataset Dataset::slice(std::int64_t first, std::int64_t count) const {
  check_rows(*this);
  if (first < 0 || count < 0 || first > samples() - count) {
    throw InvalidArgument(format(
        "{}: a slice must lie in its {} samples, got {} from {}", name, samples(), count, first));
  }
  Dataset part = *this;
  if (inputs.empty()) part.x = copy_rows(x, first, count);
  if (targets.empty()) part.y = copy_rows(y, first, count);
  for (NamedRows& input : part.inputs) input.rows = copy_rows(input.rows, first, count);
  for (NamedRows& target : part.targets) target.rows = copy_rows(target.rows, first, count);
  if (!sample_weight.empty()) part.sample_weight = copy_rows(sample_weight, first, count);
  return part;
}

Dataset Dataset::with_sample_shape(const Shape& sample_shape) const {
  check_sample_view(name, this->sample_shape(), sample_shape);
  const std::vector<std::int64_t>& wanted = sample_shape.axes();
  std::vector<std::int64_t> axes = {samples()};
  axes.insert(axes.end(), wanted.begin(), wanted.end());
  Dataset view = *this;
  view.x = x.reshaped(Shape(std::move(axes)));
  return view;
}

Dataset with_class_weight(const Dataset& dataset,
                          const std::map<std::int64_t, double>& class_weight) {
  check_rows(dataset);
  if (!dataset.sample_weight.empty()) {
    throw InvalidArgument(format("{}: give sample_weight or class_weight, not both", dataset.name));
  }
  if (!dataset.targets.empty()) {
    throw InvalidArgument(
        format("{}: class_weight needs one target, it has several", dataset.name));
  }
  for (const auto& [label, weight] : class_weight) {
    if (std::isfinite(weight)) continue;
    throw InvalidArgument(
        format("class_weight: the weight of class {} must be finite, got {}", label, weight));
  }
  Dataset weighted = dataset;
  weighted.sample_weight = Tensor(DType::Float32, {dataset.samples()});
  std::int64_t sample = 0;
  for (float& weight : weighted.sample_weight.data<float>()) {
    const auto found = class_weight.find(class_of(dataset.y, sample++));
    weight = found == class_weight.end() ? 1 : static_cast<float>(found->second);
  }
  return weighted;
}

void validate(const Dataset& dataset) {
  check_rows(dataset);
  check_weights(dataset);
  if (dataset.inputs.empty()) {
    validate(dataset.augmentation, dataset.sample_shape(), dataset.name);
  } else if (dataset.augmentation != Augmentation{}) {
    throw InvalidArgument(format(
        "{}: an augmentation is of x, and there are several inputs; leave it out", dataset.name));
  }
  for (const NamedRows& input : dataset.input_rows()) check_input(dataset, input);
  for (const NamedRows& target : dataset.target_rows()) check_target(dataset, target);
}

std::int64_t validation_start(std::int64_t samples, double validation_split) {
  if (!(validation_split > 0 && validation_split < 1)) {
    throw InvalidArgument(format("validation_split must be in (0, 1), got {}", validation_split));
  }
  const double kept = std::floor(static_cast<double>(samples) * (1.0 - validation_split));
  const auto start = static_cast<std::int64_t>(kept);
  if (start <= 0 || start >= samples) {
    throw InvalidArgument(
        format("validation_split {} leaves one part of {} samples empty; give more samples or "
               "another fraction",
               validation_split,
               samples));
  }
  return start;
}

}  // namespace carnyx
