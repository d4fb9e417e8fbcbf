// Examples of one file or many, to arrays: the first one's schema, and every other by it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "carnyx/tensor/tensor.h"

#include "data/images/image.h"
#include "data/tfrecord/example.h"
#include "data/tfrecord/example_files.h"
#include "data/tfrecord/records.h"

namespace carnyx {

/// What the first record says of all.
struct ExampleSchema {
  std::string image_name;
  std::string label_name;
  FeatureShape image;
  FeatureShape label;
  ImageShape decoded = {};     ///< of encoded images; height 0: the bytes are pixels
  std::int64_t raw_bytes = 0;  ///< of images that are bytes

  /// Numbers of one sample's image.
  [[nodiscard]] std::int64_t elements() const;
};

/// Throws CorruptData naming the file and the record's byte.
ExampleSchema schema_of(const Record& first, const ExampleNames& names, const std::string& path);

/// Images and labels as the records have them, [count, ...].
class ExampleReader final {
 public:
  ExampleReader(const ExampleSchema& schema, std::int64_t count);

  /// A record of the file `path` to place `index`; calls for different places may run at one time.
  /// Throws CorruptData naming the file and the record's byte.
  void read(const Record& record, const std::string& path, std::int64_t index);

  [[nodiscard]] const Tensor& images() const { return images_; }
  [[nodiscard]] const Tensor& labels() const { return labels_; }

 private:
  void copy_image(const Feature& feature, std::int64_t index, const std::string& where);
  void copy_label(const Feature& feature, std::int64_t index, const std::string& where);

  ExampleSchema schema_;
  std::int64_t elements_;
  Tensor images_;
  Tensor labels_;
};

}  // namespace carnyx
