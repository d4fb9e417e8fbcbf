#pragma once

#include <string>
#include <vector>

#include "carnyx/data/dataset.h"

namespace carnyx {

/// Whether a folder has folders with PNG or JPEG files in them.
bool is_image_folder(const std::string& folder);

/// A folder a class, classes and files in the order of their names: x [samples, height, width], or
/// [samples, height, width, 3] if an image has colours, uint8. Throws NotFound, IoError, or
/// CorruptData naming the file that is damaged or of another size than the first.
Dataset read_image_folder(const std::string& folder);

/// The names of its classes.
std::vector<std::string> image_classes(const std::string& folder);

}  // namespace carnyx
