#include "carnyx/layers/image_shapes.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/ops.h"

#include "layers/config_fields.h"
#include "layers/images.h"
#include "layers/option_values.h"

namespace carnyx {

template <class V>
void visit_fields(V& visit, ZeroPadding2DOptions& o) {
  visit("padding", o.padding);
  visit("data_format", o.data_format);
}

template <class V>
void visit_fields(V& visit, Cropping2DOptions& o) {
  visit("cropping", o.cropping);
  visit("data_format", o.data_format);
}

template <class V>
void visit_fields(V& visit, UpSampling2DOptions& o) {
  visit("size", o.size);
  visit("data_format", o.data_format);
  visit("interpolation", o.interpolation);
}

template <class V>
void visit_fields(V& visit, PermuteOptions& o) {
  visit("dims", o.dims);
}

namespace {

/// Weights of the pixels that become a larger row: [extent, extent * times], a column for each new
/// pixel. A new one's middle lies between two old middles, or at the edge on the last.
Value interpolation(Graph& graph, std::int64_t extent, std::int64_t times) {
  constexpr std::int64_t kMostWeights = std::int64_t{1} << 24;
  if (extent > kMostWeights / (extent * times)) {
    throw InvalidArgument(format(
        "UpSampling2D: bilinear interpolation of {} to {} pixels needs a matrix of over 2^24 "
        "weights; take interpolation \"nearest\"",
        extent,
        extent * times));
  }
  const std::int64_t larger = extent * times;
  std::vector<double> weights(static_cast<std::size_t>(extent * larger), 0.0);
  for (std::int64_t to = 0; to < larger; ++to) {
    const double middle = (static_cast<double>(to) + 0.5) / static_cast<double>(times) - 0.5;
    const double clamped = std::clamp(middle, 0.0, static_cast<double>(extent - 1));
    const auto first = static_cast<std::int64_t>(clamped);
    const double share = clamped - static_cast<double>(first);
    weights[static_cast<std::size_t>(first * larger + to)] += 1 - share;
    if (share > 0) weights[static_cast<std::size_t>((first + 1) * larger + to)] += share;
  }
  return ops::constant(graph, {extent, larger}, std::move(weights));
}

/// Each product works on the last axis; three turns bring all axes home.
Value bilinear(GraphBuilder& builder, Value image, const Size2D& size) {
  const Shape shape = image.shape();
  const auto turned = [](Value x) { return ops::transpose(x, {0, 2, 3, 1}); };
  Value y = turned(image);  // [B, W, C, H]
  y = ops::matmul(y, interpolation(builder.graph(), shape[1], size[0]));
  y = turned(y);  // [B, C, H, W]
  y = ops::matmul(y, interpolation(builder.graph(), shape[2], size[1]));
  return turned(y);
}

}  // namespace

ZeroPadding2D::ZeroPadding2D(ZeroPadding2DOptions options) : options_(std::move(options)) {
  for (const Size2D& margins : options_.padding) check_option(class_name(), "padding", margins, 0);
}

Value ZeroPadding2D::build(GraphBuilder&, Value x) const {
  const Value image = channels_last(class_name(), x, options_.data_format);
  const auto& [rows, columns] = options_.padding;
  const Shape shape = image.shape();
  check_image(
      class_name(),
      {shape[0], shape[1] + rows[0] + rows[1], shape[2] + columns[0] + columns[1], shape[3]});
  return in_layout(ops::pad(image, {0, rows[0], columns[0], 0}, {0, rows[1], columns[1], 0}),
                   options_.data_format);
}

Json ZeroPadding2D::config() const {
  return config_of(options_);
}

std::optional<Shape> ZeroPadding2D::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer zero_padding2d_from(const LayerConfig& config) {
  return ZeroPadding2D(options_from<ZeroPadding2DOptions>(config));
}

Cropping2D::Cropping2D(Cropping2DOptions options) : options_(std::move(options)) {
  for (const Size2D& margins : options_.cropping) {
    check_option(class_name(), "cropping", margins, 0);
  }
}

Value Cropping2D::build(GraphBuilder&, Value x) const {
  const Value image = channels_last(class_name(), x, options_.data_format);
  const auto& [rows, columns] = options_.cropping;
  const Shape shape = image.shape();
  const Shape left = {
      shape[0], shape[1] - rows[0] - rows[1], shape[2] - columns[0] - columns[1], shape[3]};
  if (left[1] < 1 || left[2] < 1) {
    throw InvalidArgument(
        format("Cropping2D: cropping must leave at least a pixel of the image, got (({}, {}), ({}, "
               "{})) of {} x {} pixels",
               rows[0],
               rows[1],
               columns[0],
               columns[1],
               shape[1],
               shape[2]));
  }
  return in_layout(ops::slice(image, {0, rows[0], columns[0], 0}, left), options_.data_format);
}

Json Cropping2D::config() const {
  return config_of(options_);
}

std::optional<Shape> Cropping2D::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer cropping2d_from(const LayerConfig& config) {
  return Cropping2D(options_from<Cropping2DOptions>(config));
}

UpSampling2D::UpSampling2D(UpSampling2DOptions options) : options_(std::move(options)) {
  check_option(class_name(), "size", options_.size);
}

Value UpSampling2D::build(GraphBuilder& builder, Value x) const {
  const Value image = channels_last(class_name(), x, options_.data_format);
  const Shape shape = image.shape();
  check_image(class_name(),
              {shape[0], shape[1] * options_.size[0], shape[2] * options_.size[1], shape[3]});
  const Value y = options_.interpolation == Interpolation::Nearest
                      ? ops::repeat_pixels(image, options_.size)
                      : bilinear(builder, image, options_.size);
  return in_layout(y, options_.data_format);
}

Json UpSampling2D::config() const {
  return config_of(options_);
}

std::optional<Shape> UpSampling2D::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer up_sampling2d_from(const LayerConfig& config) {
  return UpSampling2D(options_from<UpSampling2DOptions>(config));
}

Permute::Permute(PermuteOptions options) : options_(std::move(options)) {
  std::vector<std::int64_t> sorted = options_.dims;
  std::ranges::sort(sorted);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i] == static_cast<std::int64_t>(i) + 1) continue;
    throw InvalidArgument("Permute: dims must have each number from 1 on once, got " +
                          Shape(options_.dims).to_string());
  }
}

Value Permute::build(GraphBuilder&, Value x) const {
  if (x.shape().rank() != std::ssize(options_.dims) + 1) {
    throw InvalidArgument(format("Permute: expected samples of {} axes, got a batch {}",
                                 options_.dims.size(),
                                 x.shape().to_string()));
  }
  std::vector<std::int64_t> permutation = options_.dims;
  permutation.insert(permutation.begin(), 0);
  return ops::transpose(x, std::move(permutation));
}

Json Permute::config() const {
  return config_of(options_);
}

std::optional<Shape> Permute::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer permute_from(const LayerConfig& config) {
  return Permute(options_from<PermuteOptions>(config));
}

}  // namespace carnyx
