// The safetensors format: a JSON header that places every tensor, then their bytes.
// Source: the format section of the safetensors project's README.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/saving/model_file.h"

namespace carnyx {

/// Writes the tensors through `write`, piece by piece: wider elements first so that all are
/// aligned, otherwise in the given order. Throws InvalidArgument for a name given twice or
/// a tensor without storage.
void write_safetensors(std::span<const NamedTensor> tensors,
                       const std::function<void(std::string_view bytes)>& write);

/// The tensors in the order of their bytes. `where` names the file in errors.
/// Throws CorruptData naming the tensor: a shape that does not fit its bytes, a gap, an overlap,
/// bytes of no tensor, an element type that we have not.
std::vector<NamedTensor> decode_safetensors(std::string_view file, const std::string& where);

}  // namespace carnyx
