// tf.Example: named features, each a list of bytes, floats or whole numbers.
// Source: TensorFlow, core/example/example.proto and feature.proto.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/tensor/tensor.h"

namespace carnyx {

enum class FeatureKind { None, Bytes, Float, Int64 };

/// "a list of 784 whole numbers" is {Int64, 784}.
struct FeatureShape {
  FeatureKind kind = FeatureKind::None;
  std::int64_t count = 0;

  bool operator==(const FeatureShape&) const = default;
};

std::string describe(const FeatureShape& shape);

/// One feature, still on the wire.
struct Feature {
  std::string_view name;
  FeatureShape shape;
  std::string_view list;  ///< the BytesList, FloatList or Int64List
};

/// The features of an Example, in its order; of a name that comes twice the last one counts.
/// Throws CorruptData beginning with `where`.
std::vector<Feature> features_of(std::string_view example, const std::string& where);

/// Copies a list of as many numbers as `out` has.
void copy_floats(const Feature& feature, std::span<float> out, const std::string& where);
void copy_ints(const Feature& feature, std::span<std::int64_t> out, const std::string& where);
/// Pixels: throws if a number is not in [0, 255].
void copy_pixels(const Feature& feature, std::span<std::uint8_t> out, const std::string& where);
/// The only item of a list of bytes.
std::string_view only_bytes(const Feature& feature, const std::string& where);

/// One feature to be written: whole numbers, or floats if there are no whole numbers.
struct ExampleFeature {
  std::string_view name;
  std::span<const std::int64_t> ints = {};
  std::span<const float> floats = {};
};

/// An Example, its features in the order given.
std::string encode_example(std::span<const ExampleFeature> features);

}  // namespace carnyx
