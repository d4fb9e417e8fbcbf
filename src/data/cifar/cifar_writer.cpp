#include <algorithm>
#include <string>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"

#include "data/cifar/cifar_files.h"
#include "data/cifar/cifar_records.h"

namespace carnyx {
namespace {

void require_cifar_part(const Dataset& part) {
  const Shape wanted{kCifarSide, kCifarSide, kCifarChannels};
  if (part.x.dtype() == DType::Uint8 && part.sample_shape() == wanted &&
      part.classes <= std::ssize(kCifarClasses)) {
    return;
  }
  throw InvalidArgument(
      format("{}: cifar holds uint8 images {} of at most {} classes, got {} {} of {}; use npz",
             part.name,
             wanted.to_string(),
             kCifarClasses.size(),
             name_of(part.x.dtype()),
             part.sample_shape().to_string(),
             part.classes));
}

/// Samples [first, end) as records.
void write_batch(const std::string& path,
                 const Dataset& part,
                 std::int64_t first,
                 std::int64_t end) {
  FileSink file(path);
  std::vector<std::byte> record(kCifarRecordBytes);
  const auto images = part.x.data<std::uint8_t>();
  for (std::int64_t i = first; i < end; ++i) {
    record[0] = static_cast<std::byte>(static_cast<std::uint8_t>(part.y.at(i)));
    put_planes(images.subspan(static_cast<std::size_t>(i) * kCifarImageBytes, kCifarImageBytes),
               std::span(record).subspan(1));
    file.write(std::span<const std::byte>(record));
  }
  file.commit();
}

}  // namespace

void require_cifar(const TrainTest& parts) {
  require_cifar_part(parts.train);
  require_cifar_part(parts.test);
  const std::int64_t batches = std::ssize(cifar_batch_names(false)) - 1;
  if (parts.train.samples() >= batches) return;
  throw InvalidArgument(format("{}: cifar has {} batches to train on, got {} samples; use npz",
                               parts.train.name,
                               batches,
                               parts.train.samples()));
}

void write_cifar(const std::string& folder, const TrainTest& parts) {
  require_cifar(parts);
  const std::vector<std::string> names = cifar_batch_names(false);
  const std::int64_t batches = std::ssize(names) - 1;
  const std::int64_t samples = parts.train.samples();
  for (std::int64_t i = 0; i < batches; ++i) {
    write_batch(format("{}/{}", folder, names[static_cast<std::size_t>(i)]),
                parts.train,
                samples * i / batches,
                samples * (i + 1) / batches);
  }
  write_batch(format("{}/{}", folder, names.back()), parts.test, 0, parts.test.samples());
  std::string meta;
  for (const std::string_view name : kCifarClasses) meta += format("{}\n", name);
  write_file_atomically(folder + "/batches.meta.txt", meta);
}

}  // namespace carnyx
