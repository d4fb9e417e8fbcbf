// Layers that give images other sizes, and Permute. x is [B, H, W, C], or [B, C, H, W] where
// data_format says so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/layers/image_options.h"
#include "carnyx/layers/layer.h"

namespace carnyx {

struct ZeroPadding2DOptions {
  Margins2D padding = {{{1, 1}, {1, 1}}};  ///< {{above, below}, {left, right}}
  ImageLayout data_format = ImageLayout::ChannelsLast;
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// Zeros around the image.
class ZeroPadding2D final : public Layer {
 public:
  /// Throws InvalidArgument if a margin is negative.
  explicit ZeroPadding2D(ZeroPadding2DOptions options);
  [[nodiscard]] std::string class_name() const override { return "ZeroPadding2D"; }
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  ZeroPadding2DOptions options_;
};

struct Cropping2DOptions {
  Margins2D cropping = {{{0, 0}, {0, 0}}};  ///< {{above, below}, {left, right}}
  ImageLayout data_format = ImageLayout::ChannelsLast;
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// The image without its margins.
class Cropping2D final : public Layer {
 public:
  /// Throws InvalidArgument if a margin is negative.
  explicit Cropping2D(Cropping2DOptions options);
  [[nodiscard]] std::string class_name() const override { return "Cropping2D"; }
  /// Throws InvalidArgument if nothing is left.
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  Cropping2DOptions options_;
};

struct UpSampling2DOptions {
  Size2D size = {2, 2};  ///< how many pixels become of one
  ImageLayout data_format = ImageLayout::ChannelsLast;
  Interpolation interpolation = Interpolation::Nearest;
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// Larger images: each pixel repeated, or the mean of its neighbours by distance. Keras's bicubic
/// and Lanczos interpolations are refused.
class UpSampling2D final : public Layer {
 public:
  /// Throws InvalidArgument unless size is positive.
  explicit UpSampling2D(UpSampling2DOptions options);
  [[nodiscard]] std::string class_name() const override { return "UpSampling2D"; }
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  UpSampling2DOptions options_;
};

struct PermuteOptions {
  std::vector<std::int64_t> dims;  ///< axis i of a sample becomes its axis dims[i]; counted from 1
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// The samples' axes in another order.
class Permute final : public Layer {
 public:
  /// Throws InvalidArgument unless dims has each of 1 ... n once.
  explicit Permute(PermuteOptions options);
  [[nodiscard]] std::string class_name() const override { return "Permute"; }
  /// Throws InvalidArgument if x has another number of axes.
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  PermuteOptions options_;
};

}  // namespace carnyx
