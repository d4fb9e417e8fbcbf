// Pooling of images, channel by channel. x is [B, H, W, C], or [B, C, H, W] where data_format says
// so.
#pragma once

#include <optional>
#include <string>

#include "carnyx/layers/image_options.h"
#include "carnyx/layers/layer.h"

namespace carnyx {

struct Pooling2DOptions {
  Size2D pool_size = {2, 2};
  std::optional<Size2D> strides = std::nullopt;  ///< null: pool_size
  Padding padding = Padding::Valid;
  ImageLayout data_format = ImageLayout::ChannelsLast;
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// The largest of each window; padding never is.
class MaxPooling2D final : public Layer {
 public:
  /// Throws InvalidArgument unless pool_size and strides are positive.
  explicit MaxPooling2D(Pooling2DOptions options);
  [[nodiscard]] std::string class_name() const override { return "MaxPooling2D"; }
  /// Throws InvalidArgument if x is no image or the window does not fit into it.
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  Pooling2DOptions options_;
};
/// The mean of what each window sees of the image.
class AveragePooling2D final : public Layer {
 public:
  /// Throws InvalidArgument unless pool_size and strides are positive.
  explicit AveragePooling2D(Pooling2DOptions options);
  [[nodiscard]] std::string class_name() const override { return "AveragePooling2D"; }
  /// Throws InvalidArgument if x is no image or the window does not fit into it.
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  Pooling2DOptions options_;
};

struct GlobalPooling2DOptions {
  ImageLayout data_format = ImageLayout::ChannelsLast;
  bool keepdims = false;  ///< height and width stay, as 1
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// The largest of each channel: [B, C]. Of equal ones the first gets the gradient; in Keras they
/// share it.
class GlobalMaxPooling2D final : public Layer {
 public:
  explicit GlobalMaxPooling2D(GlobalPooling2DOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string class_name() const override { return "GlobalMaxPooling2D"; }
  /// Throws InvalidArgument if x is no image.
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  GlobalPooling2DOptions options_;
};
/// The mean of each channel: [B, C].
class GlobalAveragePooling2D final : public Layer {
 public:
  explicit GlobalAveragePooling2D(GlobalPooling2DOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string class_name() const override { return "GlobalAveragePooling2D"; }
  /// Throws InvalidArgument if x is no image.
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  GlobalPooling2DOptions options_;
};

}  // namespace carnyx
