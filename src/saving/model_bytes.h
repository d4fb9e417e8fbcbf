// Model files without the file system.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "carnyx/saving/model_file.h"

namespace carnyx {

/// The bytes of a `.weights.h5` file. Throws InvalidArgument if the tensors are not the network's.
std::string encode_weights(const SavedModel& model);

/// Replaces a model's weights and optimizer by those of a `.weights.h5` file, which takes
/// `stored_bytes` on the disk (0: its size). Throws CorruptData naming `where` and the layer that
/// does not fit, and before anything is unpacked for a size that the network can't have.
void decode_weights(std::string_view file,
                    const std::string& where,
                    SavedModel& model,
                    std::uint64_t stored_bytes = 0);

/// The bytes of a `.keras` file. `date` is as Keras writes it: "2026-11-21@00:29:36".
std::string encode_model(const SavedModel& model, const std::string& date);

/// Throws CorruptData naming `where`, the member and what is wrong.
SavedModel decode_model(std::string_view file, const std::string& where);

/// decode_weights() for the bytes of a `.weights.h5` or a `.keras` file.
void decode_weights_of_any(std::string_view file, const std::string& where, SavedModel& model);

}  // namespace carnyx
