#pragma once

#include <string>

#include "carnyx/tensor/tensor.h"

namespace carnyx::report {

/// A picture as the bytes of a PNG file: [height, width] in grey or [height, width, 3], uint8. Not
/// compressed: for pictures as small as a network's inputs. Source: RFC 1950, 1951, 2083.
std::string png_of(const Tensor& picture);

/// "data:image/png;base64,...".
std::string data_uri(const std::string& png);

}  // namespace carnyx::report
