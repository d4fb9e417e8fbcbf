#include "carnyx/data/image_file.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "data/images/image.h"
#include "data/mapped_file.h"

namespace carnyx {

bool is_image_file(const std::string& path) {
  return looks_like_image(MappedFile(path).text());
}

Tensor read_image_file(const std::string& path, std::int64_t channels) {
  const MappedFile file(path);
  ImageShape shape = image_shape(file.text(), path);
  shape.channels = std::max(shape.channels, channels == 3 ? channels : 1);
  std::vector<std::int64_t> axes = {1, shape.height, shape.width};
  if (shape.channels > 1) axes.push_back(shape.channels);
  Tensor image(DType::Uint8, Shape(std::move(axes)));
  decode_image(file.text(), path, shape, image.data<std::uint8_t>());
  return image;
}

}  // namespace carnyx
