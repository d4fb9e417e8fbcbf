#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carnyx/data/dataset.h"

#include "data/images/image.h"

namespace carnyx {

/// Whether a folder has folders with PNG or JPEG files in them.
bool is_image_folder(const std::string& folder);

/// A folder a class, classes and files in the order of their names: x [samples, height, width], or
/// [samples, height, width, 3] if an image has colours, uint8. Throws NotFound, IoError, or
/// CorruptData naming the file that is damaged or of another size than the first.
Dataset read_image_folder(const std::string& folder);

/// One file of it.
struct ImageSample {
  std::string path;
  std::int64_t label = 0;
  ImageShape shape = {};
};
/// Its files, in the order in which read_image_folder() has them; shapes are not yet known.
std::vector<ImageSample> image_samples(const std::string& folder);
/// The size of all, with colours if one has them; looks at each file's head.
ImageShape common_image_shape(std::vector<ImageSample>& samples);

/// The names of its classes.
std::vector<std::string> image_classes(const std::string& folder);

}  // namespace carnyx
