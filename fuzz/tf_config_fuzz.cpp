// Any text is either rejected as InvalidArgument or describes a cluster that can be said again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "carnyx/base/error.h"

#include "trainers/cluster.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto cluster = carnyx::read_cluster({reinterpret_cast<const char*>(data), size});
    if (!cluster) return 0;
    const std::string said = cluster->config.dump();
    if (carnyx::read_cluster(said)->config.dump() != said) __builtin_trap();
  } catch (
      const carnyx::InvalidArgument&) {  // NOLINT(bugprone-empty-catch): the answer to bad text
  }
  return 0;
}
