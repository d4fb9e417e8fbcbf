#include "data/tfrecord/example_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 4> kImageNames = {
    "image", "image_raw", "image/encoded", "x"};
constexpr std::array<std::string_view, 3> kLabelNames = {"label", "image/class/label", "y"};

std::string_view text_of(const Record& record) {
  return {reinterpret_cast<const char*>(record.bytes.data()), record.bytes.size()};
}

std::string place_of(const std::string& path, const Record& record) {
  return format("{}: record at byte {}", path, record.offset);
}

std::string list_of(const std::vector<Feature>& features) {
  std::string list;
  for (const Feature& feature : features) {
    list += format("{}{} ({})", list.empty() ? "" : ", ", feature.name, describe(feature.shape));
    if (list.size() > 300) break;
  }
  return list.empty() ? "none" : list;
}

const Feature* find(const std::vector<Feature>& features, std::string_view name) {
  const auto found = std::find_if(
      features.begin(), features.end(), [&](const Feature& f) { return f.name == name; });
  return found == features.end() ? nullptr : &*found;
}

const Feature& choose(const std::vector<Feature>& features,
                      const std::string& wanted,
                      std::span<const std::string_view> usual,
                      const std::string& where) {
  if (!wanted.empty()) usual = {};
  if (const Feature* named = find(features, wanted); named != nullptr && !wanted.empty())
    return *named;
  std::string tried = wanted;
  for (const std::string_view name : usual) {
    if (const Feature* feature = find(features, name)) return *feature;
    tried += (tried.empty() ? "" : ", ") + std::string(name);
  }
  throw CorruptData(
      format("{}: expected one of the features {}, found {}", where, tried, list_of(features)));
}

const Feature& expected(const std::vector<Feature>& features,
                        const std::string& name,
                        const FeatureShape& shape,
                        const std::string& where) {
  const Feature* feature = find(features, name);
  if (feature != nullptr && feature->shape == shape) return *feature;
  throw CorruptData(format("{}: feature {}: expected {} as in the first record, found {}",
                           where,
                           name,
                           describe(shape),
                           feature == nullptr ? "none" : describe(feature->shape)));
}

Shape images_shape(const ExampleSchema& schema, std::int64_t count) {
  const ImageShape& image = schema.decoded;
  if (image.height == 0) return {count, schema.elements()};
  if (image.channels == 1) return {count, image.height, image.width};
  return {count, image.height, image.width, image.channels};
}

}  // namespace

std::int64_t ExampleSchema::elements() const {
  if (decoded.height > 0) return decoded.bytes();
  return image.kind == FeatureKind::Bytes ? raw_bytes : image.count;
}

ExampleSchema schema_of(const Record& first, const ExampleNames& names, const std::string& path) {
  const std::string where = place_of(path, first);
  check_record(first, path);
  const std::vector<Feature> features = features_of(text_of(first), where);
  const Feature& image = choose(features, names.image, kImageNames, where);
  const Feature& label = choose(features, names.label, kLabelNames, where);
  ExampleSchema schema{.image_name = std::string(image.name),
                       .label_name = std::string(label.name),
                       .image = image.shape,
                       .label = label.shape};
  if (image.shape.kind == FeatureKind::Bytes) {
    const std::string_view bytes = only_bytes(image, where);
    schema.raw_bytes = static_cast<std::int64_t>(bytes.size());
    if (looks_like_image(bytes)) schema.decoded = image_shape(bytes, where);
  }
  const bool is_label = label.shape.count > 0 && (label.shape.kind == FeatureKind::Int64 ||
                                                  label.shape.kind == FeatureKind::Float);
  if (is_label && (image.shape.count > 0 && image.shape.kind != FeatureKind::None)) return schema;
  throw CorruptData(
      format("{}: expected an image and a label that is a number or one-hot, found {}",
             where,
             list_of(features)));
}

ExampleReader::ExampleReader(const ExampleSchema& schema, std::int64_t count)
    : schema_(schema), elements_(schema.elements()) {
  const bool is_float = schema_.image.kind == FeatureKind::Float;
  images_ = Tensor(is_float ? DType::Float32 : DType::Uint8, images_shape(schema_, count));
  const bool is_one_hot = schema_.label.count > 1;
  labels_ = Tensor(schema_.label.kind == FeatureKind::Float ? DType::Float32 : DType::Int64,
                   is_one_hot ? Shape{count, schema_.label.count} : Shape{count});
}

void ExampleReader::read(const Record& record, const std::string& path, std::int64_t index) {
  check_record(record, path);
  const std::string where = place_of(path, record);
  const std::vector<Feature> features = features_of(text_of(record), where);
  copy_image(expected(features, schema_.image_name, schema_.image, where), index, where);
  copy_label(expected(features, schema_.label_name, schema_.label, where), index, where);
}

void ExampleReader::copy_image(const Feature& feature,
                               std::int64_t index,
                               const std::string& where) {
  const auto size = static_cast<std::size_t>(elements_);
  const std::size_t first = static_cast<std::size_t>(index) * size;
  if (feature.shape.kind == FeatureKind::Float) {
    return copy_floats(feature, images_.data<float>().subspan(first, size), where);
  }
  const auto out = images_.data<std::uint8_t>().subspan(first, size);
  if (feature.shape.kind == FeatureKind::Int64) return copy_pixels(feature, out, where);
  const std::string_view bytes = only_bytes(feature, where);
  if (schema_.decoded.height > 0) return decode_image(bytes, where, schema_.decoded, out);
  if (bytes.size() != size) {
    throw CorruptData(format("{}: feature {}: expected {} bytes as in the first record, found {}",
                             where,
                             feature.name,
                             size,
                             bytes.size()));
  }
  std::memcpy(out.data(), bytes.data(), size);
}

void ExampleReader::copy_label(const Feature& feature,
                               std::int64_t index,
                               const std::string& where) {
  const auto size = static_cast<std::size_t>(schema_.label.count);
  const std::size_t first = static_cast<std::size_t>(index) * size;
  if (feature.shape.kind == FeatureKind::Float) {
    return copy_floats(feature, labels_.data<float>().subspan(first, size), where);
  }
  copy_ints(feature, labels_.data<std::int64_t>().subspan(first, size), where);
}

}  // namespace carnyx
