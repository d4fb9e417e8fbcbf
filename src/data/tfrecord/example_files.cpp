#include "data/tfrecord/example_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/images/image.h"
#include "data/labelled.h"
#include "data/mapped_file.h"
#include "data/parallel.h"
#include "data/tfrecord/example.h"
#include "data/tfrecord/records.h"

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 4> kImageNames = {
    "image", "image_raw", "image/encoded", "x"};
constexpr std::array<std::string_view, 3> kLabelNames = {"label", "image/class/label", "y"};

struct PlacedRecord {
  Record record;
  std::size_t file = 0;
};

/// What the first record says of all.
struct Schema {
  std::string image_name;
  std::string label_name;
  FeatureShape image;
  FeatureShape label;
  ImageShape decoded = {};     ///< of encoded images; height 0: the bytes are pixels
  std::int64_t raw_bytes = 0;  ///< of images that are bytes
};

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

Schema schema_of(const PlacedRecord& first, const ExampleNames& names, const std::string& path) {
  const std::string where = place_of(path, first.record);
  check_record(first.record, path);
  const std::vector<Feature> features = features_of(text_of(first.record), where);
  const Feature& image = choose(features, names.image, kImageNames, where);
  const Feature& label = choose(features, names.label, kLabelNames, where);
  Schema schema{.image_name = std::string(image.name),
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

std::int64_t sample_elements(const Schema& schema) {
  if (schema.decoded.height > 0) return schema.decoded.bytes();
  return schema.image.kind == FeatureKind::Bytes ? schema.raw_bytes : schema.image.count;
}

/// A short file can't declare a huge array: a number takes a byte at least, and an image no less
/// than deflate's largest ratio allows.
void check_sizes(const Schema& schema,
                 const std::vector<PlacedRecord>& records,
                 const std::string& path) {
  const std::uint64_t ratio = schema.decoded.height > 0 ? 1032 : 1;
  std::uint64_t bytes = 0;
  for (const PlacedRecord& placed : records) bytes += placed.record.bytes.size();
  const auto one = static_cast<std::uint64_t>(sample_elements(schema) + schema.label.count);
  if (one > 0 && records.size() <= ratio * bytes / one) return;
  throw CorruptData(
      format("{}: expected {} records with {} numbers each as the first, found {} "
             "bytes of records",
             path,
             records.size(),
             one,
             bytes));
}

class ExampleReader {
 public:
  ExampleReader(std::span<const std::string> paths, Schema schema, std::int64_t count)
      : paths_(paths), schema_(std::move(schema)), elements_(sample_elements(schema_)) {
    const bool is_float = schema_.image.kind == FeatureKind::Float;
    images_ = Tensor(is_float ? DType::Float32 : DType::Uint8, image_shape_of(count));
    const bool is_one_hot = schema_.label.count > 1;
    labels_ = Tensor(schema_.label.kind == FeatureKind::Float ? DType::Float32 : DType::Int64,
                     is_one_hot ? Shape{count, schema_.label.count} : Shape{count});
  }

  /// Record number `index` to its place; calls for different numbers may run at one time.
  void read(const PlacedRecord& placed, std::int64_t index) {
    const std::string& path = paths_[placed.file];
    check_record(placed.record, path);
    const std::string where = place_of(path, placed.record);
    const std::vector<Feature> features = features_of(text_of(placed.record), where);
    copy_image(expected(features, schema_.image_name, schema_.image, where), index, where);
    copy_label(expected(features, schema_.label_name, schema_.label, where), index, where);
  }

  [[nodiscard]] const Tensor& images() const { return images_; }
  [[nodiscard]] const Tensor& labels() const { return labels_; }

 private:
  [[nodiscard]] Shape image_shape_of(std::int64_t count) const {
    const ImageShape& image = schema_.decoded;
    if (image.height == 0) return {count, elements_};
    if (image.channels == 1) return {count, image.height, image.width};
    return {count, image.height, image.width, image.channels};
  }

  static const Feature& expected(const std::vector<Feature>& features,
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

  void copy_image(const Feature& feature, std::int64_t index, const std::string& where) {
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

  void copy_label(const Feature& feature, std::int64_t index, const std::string& where) {
    const auto size = static_cast<std::size_t>(schema_.label.count);
    const std::size_t first = static_cast<std::size_t>(index) * size;
    if (feature.shape.kind == FeatureKind::Float) {
      return copy_floats(feature, labels_.data<float>().subspan(first, size), where);
    }
    copy_ints(feature, labels_.data<std::int64_t>().subspan(first, size), where);
  }

  std::span<const std::string> paths_;
  Schema schema_;
  std::int64_t elements_;
  Tensor images_;
  Tensor labels_;
};

}  // namespace

Dataset read_examples(std::span<const std::string> paths, const ExampleNames& names) {
  std::vector<FileContent> files;
  files.reserve(paths.size());  // the records look into them
  std::vector<PlacedRecord> records;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    files.emplace_back(paths[i]);
    for (const Record& record : find_records(files.back().text(), paths[i])) {
      records.push_back({record, i});
    }
  }
  const std::string origin = paths.empty() ? "the part files" : paths.front();
  if (records.empty()) throw CorruptData(origin + ": expected records, found none");
  const Schema schema = schema_of(records.front(), names, paths[records.front().file]);
  check_sizes(schema, records, origin);
  const auto count = static_cast<std::int64_t>(records.size());
  ExampleReader reader(paths, schema, count);
  constexpr std::int64_t kAtOnce = 256;
  for_each_piece((count + kAtOnce - 1) / kAtOnce, [&](std::int64_t piece) {
    for (std::int64_t i = piece * kAtOnce; i < std::min(count, (piece + 1) * kAtOnce); ++i) {
      reader.read(records[static_cast<std::size_t>(i)], i);
    }
  });
  return labelled(reader.images(), reader.labels(), {origin, origin});
}

}  // namespace carnyx
