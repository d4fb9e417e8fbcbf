// What the confined reader of an HDF5 file tells its parent: frames, each a tag and then
//   Dataset:  u16 size, path; u8 1 if int64 else float32; u8 rank; u64 extents[rank]; the elements
//   Refusal:  u16 size, text; last
//   End:      last
// Both ends are one program on one machine: the numbers are as memory has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "carnyx/saving/model_file.h"

#include "saving/confinement.h"

namespace carnyx {

enum class Hdf5Frame : std::uint8_t { Dataset = 1, Refusal = 2, End = 3 };

inline constexpr std::size_t kMostPathBytes = 1024;
inline constexpr std::size_t kMostAxes = 8;
inline constexpr std::size_t kMostDatasets = 100'000;

/// Reads the stream to its end. `where` names the file in errors.
/// Throws CorruptData for a refusal, a broken stream, or more than `max_bytes` of elements.
std::vector<NamedTensor> receive_hdf5(ConfinedChild& child,
                                      const std::string& where,
                                      std::uint64_t max_bytes);

}  // namespace carnyx
