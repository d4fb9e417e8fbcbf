// Frames of records and, since checksums keep a fuzzer out, the Examples inside, on any bytes of
// which the first chooses: features or a CorruptData, never a crash, an overrun or a huge
// allocation.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "carnyx/base/error.h"

#include "data/tfrecord/example.h"
#include "data/tfrecord/records.h"

namespace {

void read_example(std::string_view bytes) {
  for (const carnyx::Feature& feature : carnyx::features_of(bytes, "fuzz")) {
    const auto count = static_cast<std::size_t>(feature.shape.count);
    std::vector<std::int64_t> ints(count);
    std::vector<float> floats(count);
    if (feature.shape.kind == carnyx::FeatureKind::Int64) carnyx::copy_ints(feature, ints, "fuzz");
    if (feature.shape.kind == carnyx::FeatureKind::Float) {
      carnyx::copy_floats(feature, floats, "fuzz");
    }
    if (feature.shape.kind == carnyx::FeatureKind::Bytes) carnyx::only_bytes(feature, "fuzz");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  try {
    if (data[0] % 2 == 0) {
      for (const carnyx::Record& record : carnyx::find_records(bytes, "fuzz")) {
        carnyx::check_record(record, "fuzz");
      }
    } else {
      read_example(bytes);
    }
  } catch (const carnyx::CorruptData&) {  // NOLINT(bugprone-empty-catch): the answer to bad bytes
  }
  return 0;
}
