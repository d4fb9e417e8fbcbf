// What is inside one checkpoint's folder, and how it is known to be whole.
#pragma once

#include <cstdint>
#include <string>

#include "carnyx/saving/checkpoint.h"

namespace carnyx {

/// Writes tensors.safetensors, state.json and, last, MANIFEST.json into the folder `path`.
void write_checkpoint(const std::string& path, const Checkpoint& checkpoint);

/// Reads a folder that write_checkpoint() wrote for `step`. Throws NotFound, IoError, or
/// CorruptData naming the file and what is wrong: sizes, SHA-256, content.
Checkpoint read_checkpoint(const std::string& path, std::int64_t step);

/// Whether the manifest and files of the sizes it gives are there: what a crash can break, at the
/// price of a few small reads.
bool looks_complete(const std::string& path);

}  // namespace carnyx
