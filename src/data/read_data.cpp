#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/mapped_file.h"
#include "carnyx/data/idx.h"
#include "carnyx/data/npz.h"
#include "carnyx/data/pickle.h"
#include "carnyx/data/source.h"

#include "data/cifar/cifar_files.h"
#include "data/cifar/cifar_records.h"
#include "data/csv/part_files.h"
#include "data/files_in.h"
#include "data/idx_files.h"
#include "data/images/image_folder.h"
#include "data/labelled.h"
#include "data/tfrecord/example_files.h"

namespace carnyx {
namespace {

TrainTest read_idx_files(const std::string& folder) {
  std::string missing;
  const auto files = find_idx_files(folder, missing);
  if (!files) throw NotFound(format("{}: lacks {}", folder, missing));
  const auto part = [](const std::string& images, const std::string& labels) {
    return labelled(read_idx(images), read_idx(labels), {images, labels});
  };
  return {.train = part(files->train_images, files->train_labels),
          .test = part(files->test_images, files->test_labels)};
}

TrainTest read_npz_parts(const std::string& path) {
  constexpr std::array<std::string_view, 4> kArrays = {"x_train", "y_train", "x_test", "y_test"};
  std::vector<Tensor> arrays = read_npz(path, kArrays);
  const auto part = [&](std::size_t x) {
    const Origin origin = {format("{}: {}", path, kArrays[x]),
                           format("{}: {}", path, kArrays[x + 1])};
    return labelled(std::move(arrays[x]), arrays[x + 1], origin);
  };
  return {.train = part(0), .test = part(2)};
}

Dataset read_part(DataFormat format, const std::string& place) {
  switch (format) {
    case DataFormat::Csv:
      return read_csv_pairs(place + "/images", place + "/labels");
    case DataFormat::Csv2:
      return read_csv_rows(place, '|');
    case DataFormat::Csv3:
      return read_csv_rows(place, ',');
    case DataFormat::Tfr:
      return read_examples(part_files(place));
    case DataFormat::Images:
      return read_image_folder(place);
    default:
      ensure_failed("a format of parts", __FILE__, __LINE__);
  }
}

/// Both parts have the same classes: one may lack samples of the last ones.
void share_classes(TrainTest& parts) {
  const std::int64_t classes = std::max(parts.train.classes, parts.test.classes);
  for (Dataset* part : {&parts.train, &parts.test}) {
    part->classes = classes;
    if (classes > 256 && part->y.dtype() == DType::Uint8) part->y = part->y.as(DType::Int32);
  }
}

void check_same_samples(const TrainTest& parts) {
  if (parts.train.sample_shape() != parts.test.sample_shape()) {
    throw CorruptData(format("{}: expected images of the shape {} as in {}, found {}",
                             parts.test.name,
                             parts.train.sample_shape().to_string(),
                             parts.train.name,
                             parts.test.sample_shape().to_string()));
  }
  if (parts.train.x.dtype() == parts.test.x.dtype()) return;
  throw CorruptData(format("{}: expected images of {} as in {}, found {}",
                           parts.test.name,
                           name_of(parts.train.x.dtype()),
                           parts.train.name,
                           name_of(parts.test.x.dtype())));
}

void check_same_classes(const FoundData& found) {
  if (found.test.empty()) return;
  if (image_classes(found.train) == image_classes(found.test)) return;
  throw CorruptData(format(
      "{}: expected the same class folders as in {}, found others", found.test, found.train));
}

TrainTest read_parts(const FoundData& found) {
  switch (found.format) {
    case DataFormat::Idx:
      return read_idx_files(found.path);
    case DataFormat::Npz:
      return read_npz_parts(found.path);
    case DataFormat::Pickle:
      return read_pickled_digits(found.path);
    case DataFormat::Cifar:
      return read_cifar(found);
    default:
      return {.train = read_part(found.format, found.train),
              .test = found.test.empty() ? Dataset{} : read_part(found.format, found.test)};
  }
}

}  // namespace

LoadedData read_data(const FoundData& found) {
  LoadedData loaded{.source = found, .parts = read_parts(found)};
  if (loaded.has_test()) {
    check_same_samples(loaded.parts);
    share_classes(loaded.parts);
    // A part without a number above 1 is not on another scale than the other one.
    const float divisor = std::max(loaded.parts.train.divisor, loaded.parts.test.divisor);
    loaded.parts.train.divisor = divisor;
    loaded.parts.test.divisor = divisor;
  }
  if (found.format == DataFormat::Images) {
    check_same_classes(found);
    loaded.class_names = image_classes(found.train);
  }
  if (found.format == DataFormat::Cifar) {
    loaded.class_names.assign(kCifarClasses.begin(), kCifarClasses.end());
  }
  return loaded;
}

LoadedData read_data(const std::string& place) {
  if (!exists(place)) throw NotFound(place + ": no such file or folder; check the path");
  if (is_file(place) && MappedFile(place).text().empty()) {
    throw CorruptData(place + ": an empty file; expected a data set");
  }
  if (const auto found = find_data(place)) return read_data(*found);
  throw NotFound(format(
      "{}: no data set; expected MNIST's four IDX files, an .npz or .pkl file, a folder with train "
      "and test of CSV or TFRecord part files (part-*), a folder a class of PNG or JPEG files, or "
      "CIFAR-10's batches, unpacked or as their .tar.gz",
      place));
}

}  // namespace carnyx
