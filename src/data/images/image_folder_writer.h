#pragma once

#include <string>

#include "carnyx/data/dataset.h"

namespace carnyx {

/// Writes labelled images as PNG files below the new folder `folder`, a folder a class, so that
/// read_image_folder() has the same classes. Throws InvalidArgument unless samples are uint8 of
/// [height, width] or [height, width, 1 or 3].
void write_image_folder(const std::string& folder, const Dataset& part);

/// The samples as an image folder has them: class by class.
Dataset in_class_order(const Dataset& part);

}  // namespace carnyx
