// What the confined reader of an HDF5 file tells its parent: frames, each a tag and then
//   Dataset:   u16 size, path; u8 1 if int64 else float32; u8 rank; u64 extents[rank]; the elements
//   Attribute: u16 size, path of the group; u8 its number in kTextAttributes; u32 count of strings;
//              for each u32 size and its bytes
//   Refusal:   u16 size, text; last
//   End:       last
// Both ends are one program on one machine: the numbers are as memory has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "carnyx/saving/model_file.h"

#include "saving/confinement.h"
#include "saving/hdf5_file.h"

namespace carnyx {

enum class Hdf5Frame : std::uint8_t { Dataset = 1, Refusal = 2, End = 3, Attribute = 4 };

inline constexpr std::size_t kMostPathBytes = 1024;
inline constexpr std::size_t kMostAxes = 8;
inline constexpr std::size_t kMostDatasets = 100'000;
inline constexpr std::uint64_t kMostTextBytes = std::uint64_t{32} << 20;  // of all attributes
inline constexpr std::uint64_t kTextOverhead = 8;  // what a string counts beside its bytes

/// Reads the stream to its end. `where` names the file in errors.
/// Throws CorruptData for a refusal, a broken stream, or more than `max_bytes` of elements.
std::vector<NamedTensor> receive_hdf5(ConfinedChild& child,
                                      const std::string& where,
                                      std::uint64_t max_bytes);

/// As above, for a child that was asked for attributes.
std::vector<AttributedGroup> receive_hdf5_attributes(ConfinedChild& child,
                                                     const std::string& where);

}  // namespace carnyx
