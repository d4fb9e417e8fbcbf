#pragma once

#include <memory>
#include <string>

#include "data/streams/stream_source.h"

namespace carnyx {

/// A folder a class of PNG or JPEG files; as read_image_folder(). The list of files is in memory.
std::unique_ptr<StreamSource> open_image_folder(const std::string& folder);

}  // namespace carnyx
