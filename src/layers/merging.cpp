#include "carnyx/layers/merging.h"

#include <algorithm>
#include <array>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/image_ops.h"
#include "carnyx/graph/ops.h"

#include "layers/layer_config.h"

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 6> kMergingNames = {
    "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"};
// A few calls of a file's merging layers could ask for any memory, each squaring what came before.
constexpr std::int64_t kMostElements = std::int64_t{1} << 31;

std::string list_of(std::span<const Value> xs) {
  constexpr std::size_t kMost = 8;
  std::string list;
  for (std::size_t i = 0; i < std::min(xs.size(), kMost); ++i) {
    list += (i == 0 ? "" : ", ") + xs[i].shape().to_string();
  }
  return xs.size() > kMost ? list + ", ..." : list;
}

/// The axes with as many of 1 behind the first as make them `rank`.
std::vector<std::int64_t> with_rank(const Shape& shape, std::int64_t rank) {
  std::vector<std::int64_t> axes = shape.axes();
  axes.insert(axes.begin() + 1, static_cast<std::size_t>(rank - shape.rank()), 1);
  return axes;
}

void require_size(std::string_view layer,
                  const std::vector<std::int64_t>& axes,
                  std::span<const Value> xs) {
  if (checked_elements(axes, std::string(layer)) <= kMostElements) return;
  throw InvalidArgument(format(
      "{}: expected at most {} elements, got inputs of {}", layer, kMostElements, list_of(xs)));
}

/// Throws InvalidArgument unless all broadcast together to something of a size that models have.
void require_broadcast(std::string_view layer, std::span<const Value> xs, std::int64_t rank) {
  std::vector<std::int64_t> whole = with_rank(xs[0].shape(), rank);
  for (const Value x : xs) {
    const std::vector<std::int64_t> axes = with_rank(x.shape(), rank);
    for (std::size_t i = 0; i < axes.size(); ++i) {
      if (axes[i] == whole[i] || (axes[i] == 1 && i > 0)) continue;
      if (whole[i] != 1 || i == 0) {
        throw InvalidArgument(
            format("{}: the inputs' axes must be alike or 1, got {}", layer, list_of(xs)));
      }
      whole[i] = axes[i];
    }
  }
  require_size(layer, whole, xs);
}

Value merged(MergeKind kind, Value a, Value b) {
  switch (kind) {
    case MergeKind::Add:
    case MergeKind::Average:
      return ops::add(a, b);
    case MergeKind::Subtract:
      return ops::subtract(a, b);
    case MergeKind::Multiply:
      return ops::multiply(a, b);
    case MergeKind::Maximum:
      return ops::binary(a, b, ops::BinaryKind::Maximum);
    case MergeKind::Minimum:
      return ops::binary(a, b, ops::BinaryKind::Minimum);
  }
  return a;
}

}  // namespace

std::string Merge::class_name() const {
  return std::string(kMergingNames[static_cast<std::size_t>(kind_)]);
}

Value Merge::build(GraphBuilder& builder, Value x) const {
  return build_from(builder, std::span(&x, 1));
}

Value Merge::build_from(GraphBuilder&, std::span<const Value> xs) const {
  const bool fits = kind_ == MergeKind::Subtract ? xs.size() == 2 : !xs.empty();
  if (!fits) {
    throw InvalidArgument(format("{}: expected {} inputs, got {}",
                                 class_name(),
                                 kind_ == MergeKind::Subtract ? "2" : "some",
                                 xs.size()));
  }
  std::int64_t rank = 1;
  for (const Value x : xs) rank = std::max(rank, x.shape().rank());
  require_broadcast(class_name(), xs, rank);
  std::optional<Value> sum;
  for (const Value x : xs) {
    const bool is_flat = x.shape().rank() < rank;
    const Value next = is_flat ? ops::reshape(x, Shape(with_rank(x.shape(), rank))) : x;
    sum = sum ? merged(kind_, *sum, next) : next;
  }
  const auto count = static_cast<double>(xs.size());
  return kind_ == MergeKind::Average ? ops::scale(*sum, 1 / count) : *sum;
}

Concatenate::Concatenate(ConcatenateOptions options) : options_(std::move(options)) {
  if (options_.axis == 0) {
    throw InvalidArgument(
        "Concatenate: axis must not be 0, the samples'; of one sample's first axis "
        "it is 1");
  }
}

Value Concatenate::build(GraphBuilder& builder, Value x) const {
  return build_from(builder, std::span(&x, 1));
}

Value Concatenate::build_from(GraphBuilder&, std::span<const Value> xs) const {
  if (xs.empty()) throw InvalidArgument("Concatenate: expected some inputs, got none");
  const std::int64_t rank = xs[0].shape().rank();
  const std::int64_t axis = options_.axis < 0 ? options_.axis + rank : options_.axis;
  if (axis < 1 || axis >= rank) {
    throw InvalidArgument(
        format("Concatenate: no axis {} behind the samples' in {}", options_.axis, list_of(xs)));
  }
  std::vector<std::int64_t> axes = xs[0].shape().axes();
  for (const Value x : xs.subspan(1)) {
    if (x.shape().rank() != rank) {
      throw InvalidArgument(
          format("Concatenate: expected inputs of one rank, got {}", list_of(xs)));
    }
    axes[static_cast<std::size_t>(axis)] += x.shape()[axis];
  }
  require_size("Concatenate", axes, xs);
  return xs.size() == 1 ? xs[0] : ops::concatenate(xs, axis);
}

Json Concatenate::config() const {
  return Json::object({{"axis", options_.axis}});
}

namespace {

template <class L>
AnyLayer merge_from(const LayerConfig& config) {
  config.allow({});
  return L({.name = config.name()});
}

}  // namespace

AnyLayer add_from(const LayerConfig& config) {
  return merge_from<Add>(config);
}
AnyLayer subtract_from(const LayerConfig& config) {
  return merge_from<Subtract>(config);
}
AnyLayer multiply_from(const LayerConfig& config) {
  return merge_from<Multiply>(config);
}
AnyLayer average_from(const LayerConfig& config) {
  return merge_from<Average>(config);
}
AnyLayer maximum_from(const LayerConfig& config) {
  return merge_from<Maximum>(config);
}
AnyLayer minimum_from(const LayerConfig& config) {
  return merge_from<Minimum>(config);
}

AnyLayer concatenate_from(const LayerConfig& config) {
  constexpr std::array<std::string_view, 1> kKeys = {"axis"};
  config.allow(kKeys);
  const Json* axis = config.find("axis");
  return Concatenate({.axis = axis == nullptr ? -1 : axis->as_int(), .name = config.name()});
}

}  // namespace carnyx
