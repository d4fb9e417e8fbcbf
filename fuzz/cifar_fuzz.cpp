// The forms in which CIFAR-10 is published, on any bytes of which the first chooses: batches of
// records, a pickled batch, a tar archive of either; a part, both or a CorruptData, never a crash,
// an overrun or a huge allocation.
#include <cstddef>
#include <cstdint>
#include <span>

#include "carnyx/base/error.h"

#include "data/byte_reader.h"
#include "data/cifar/cifar_files.h"
#include "data/cifar/cifar_records.h"
#include "data/tar_reader.h"

namespace {

void read_members(std::span<const std::byte> bytes) {
  const auto reader = carnyx::open_bytes(bytes, "fuzz");
  carnyx::TarReader tar(*reader);
  while (const auto entry = tar.next()) {
    if (entry->size_bytes < (1 << 20)) tar.read(1 << 20);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
  try {
    switch (data[0] % 4) {
      case 0: {
        const carnyx::CifarRecords records{.bytes = bytes, .name = "fuzz"};
        carnyx::decode_cifar_records({&records, 1}, "fuzz");
        break;
      }
      case 1:
        carnyx::decode_cifar_pickle(bytes, "fuzz");
        break;
      case 2:
        carnyx::decode_cifar_archive(bytes, "fuzz");
        break;
      default:
        read_members(bytes);
    }
  } catch (const carnyx::CorruptData&) {  // NOLINT(bugprone-empty-catch): the answer to bad bytes
  }
  return 0;
}
