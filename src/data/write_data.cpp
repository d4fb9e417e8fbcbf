#include "carnyx/data/write_data.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/data/idx.h"
#include "carnyx/data/npz.h"
#include "carnyx/data/pickle.h"

#include "data/cifar/cifar_files.h"
#include "data/images/image_folder_writer.h"
#include "data/new_folder.h"
#include "data/part_writer.h"

namespace carnyx {
namespace {

void write_idx_files(const std::string& folder, const TrainTest& parts) {
  for (const auto& [stem, part] :
       {std::pair("train", &parts.train), std::pair("t10k", &parts.test)}) {
    write_idx(format("{}/{}-images-idx3-ubyte.gz", folder, stem), part->x);
    write_idx(format("{}/{}-labels-idx1-ubyte.gz", folder, stem), part->y);
  }
}

void write_archive(const std::string& path, const TrainTest& parts) {
  constexpr std::array<std::string_view, 4> kArrays = {"x_train", "y_train", "x_test", "y_test"};
  write_npz(path, kArrays, std::array{parts.train.x, parts.train.y, parts.test.x, parts.test.y});
}

bool needs_two_parts(DataFormat format) {
  return format == DataFormat::Idx || format == DataFormat::Npz || format == DataFormat::Pickle ||
         format == DataFormat::Cifar;
}

void check_can_hold(const TrainTest& parts, const WriteOptions& options) {
  validate(parts.train);
  if (parts.train.classes < 1)
    throw InvalidArgument(parts.train.name + ": expected classes as labels");
  if (options.num_partitions < 1 || options.num_partitions > 99'999) {
    throw InvalidArgument(
        format("--num-partitions must be in [1, 99999], got {}", options.num_partitions));
  }
  if (parts.test.x.empty() && needs_two_parts(options.format)) {
    throw InvalidArgument(
        format("{}: {} holds a training and a test part, got one; use csv2 or tfr",
               parts.train.name,
               name_of(options.format)));
  }
  if (options.format == DataFormat::Cifar) require_cifar(parts);
  const bool are_bytes =
      parts.train.x.dtype() == DType::Uint8 && parts.train.y.dtype() == DType::Uint8;
  if (options.format == DataFormat::Idx && !are_bytes) {
    throw InvalidArgument(format(
        "{}: idx holds uint8, got {}; use npz", parts.train.name, name_of(parts.train.x.dtype())));
  }
}

void check_same_part(std::string_view which, const Dataset& written, const Dataset& read) {
  const auto fail = [&](const std::string& what) {
    throw CorruptData(format("{}: {} part: {}", read.name, which, what));
  };
  if (written.samples() != read.samples()) {
    fail(format("expected {} samples, found {}", written.samples(), read.samples()));
  }
  if (written.x.dtype() != read.x.dtype() || written.x.elements() != read.x.elements()) {
    fail(format("expected samples {} {}, found {} {}",
                name_of(written.x.dtype()),
                written.sample_shape().to_string(),
                name_of(read.x.dtype()),
                read.sample_shape().to_string()));
  }
  const std::int64_t size = written.samples() == 0 ? 0 : written.x.size_bytes() / written.samples();
  for (std::int64_t i = 0; i < written.samples(); ++i) {
    if (written.y.at(i) != read.y.at(i)) {
      fail(format("sample {}: expected the label {}, found {}", i, written.y.at(i), read.y.at(i)));
    }
    const bool is_same = std::memcmp(written.x.bytes() + i * size,
                                     read.x.bytes() + i * size,
                                     static_cast<std::size_t>(size)) == 0;
    if (!is_same) fail(format("sample {}: found other pixels", i));
  }
}

}  // namespace

void write_data(const std::string& directory, const TrainTest& parts, const WriteOptions& options) {
  check_can_hold(parts, options);
  NewFolder folder(directory, options.overwrite);
  switch (options.format) {
    case DataFormat::Idx:
      write_idx_files(folder.path(), parts);
      break;
    case DataFormat::Npz:
      write_archive(folder.path() + "/mnist.npz", parts);
      break;
    case DataFormat::Images:
      write_image_folder(folder.path() + "/train", parts.train);
      if (!parts.test.x.empty()) write_image_folder(folder.path() + "/test", parts.test);
      break;
    case DataFormat::Pickle:
      write_pickled_digits(folder.path() + "/mnist.pkl", parts);
      break;
    case DataFormat::Cifar:
      write_cifar(folder.path(), parts);
      break;
    default:
      write_parts(folder.path() + "/train", parts.train, options.format, options.num_partitions);
      if (parts.test.x.empty()) break;
      write_parts(folder.path() + "/test", parts.test, options.format, options.num_partitions);
  }
  folder.commit();
}

void check_same_data(const TrainTest& original, const TrainTest& read, DataFormat format) {
  const bool by_class = format == DataFormat::Images;
  const TrainTest written{by_class ? in_class_order(original.train) : original.train,
                          by_class ? in_class_order(original.test) : original.test};
  check_same_part("training", written.train, read.train);
  if (written.test.x.empty() && read.test.x.empty()) return;
  if (written.test.x.empty() != read.test.x.empty()) {
    throw CorruptData(read.train.name + ": expected as many parts as were written");
  }
  check_same_part("test", written.test, read.test);
}

}  // namespace carnyx
