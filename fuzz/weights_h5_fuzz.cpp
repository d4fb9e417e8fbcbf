// Any bytes as an HDF5 file, and as the words of a confined reader that has been taken over:
// tensors within the limit or a CorruptData. What libhdf5 does to its child is the child's affair.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "carnyx/base/error.h"

#include "cpu_second.h"
#include "saving/hdf5_file.h"
#include "saving/hdf5_stream.h"

namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 20;

template <class Read>
void expect_bounded(const Read& read) {
  try {
    std::uint64_t bytes = 0;
    for (const auto& [name, tensor] : read()) {
      bytes += static_cast<std::uint64_t>(tensor.size_bytes());
    }
    if (bytes > kMostBytes) std::abort();
  } catch (const carnyx::CorruptData&) {  // NOLINT(bugprone-empty-catch): the answer to bad bytes
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const carnyx::CpuSecond limit;
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  expect_bounded([&] { return carnyx::read_hdf5(file, "fuzz", kMostBytes); });
  expect_bounded([&] {
    const auto say = [&](carnyx::ConfinedOutput& output) {
      output.write(std::as_bytes(std::span(data, size)));
    };
    carnyx::ConfinedChild child(say, {}, "fuzz");
    return carnyx::receive_hdf5(child, "fuzz", kMostBytes);
  });
  return 0;
}
