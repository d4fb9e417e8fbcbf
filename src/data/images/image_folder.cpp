#include "data/images/image_folder.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/files_in.h"
#include "data/images/image.h"
#include "data/labelled.h"
#include "data/mapped_file.h"
#include "data/parallel.h"

namespace carnyx {
namespace {

bool is_image_name(std::string name) {
  std::ranges::transform(
      name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name.ends_with(".png") || name.ends_with(".jpg") || name.ends_with(".jpeg");
}

std::vector<std::string> images_in(const std::string& folder) {
  std::vector<std::string> images = content_of(folder).files;
  std::erase_if(images, [](const std::string& name) { return !is_image_name(name); });
  return images;
}

}  // namespace

std::vector<ImageSample> image_samples(const std::string& folder) {
  std::vector<ImageSample> samples;
  const std::vector<std::string> classes = image_classes(folder);
  for (std::size_t label = 0; label < classes.size(); ++label) {
    const std::string place = folder + "/" + classes[label];
    for (const std::string& name : images_in(place)) {
      samples.push_back({.path = place + "/" + name, .label = static_cast<std::int64_t>(label)});
    }
  }
  if (samples.empty()) {
    throw NotFound(format("{}: expected a folder for each class with PNG or JPEG files", folder));
  }
  return samples;
}

ImageShape common_image_shape(std::vector<ImageSample>& samples) {
  for_each_piece(static_cast<std::int64_t>(samples.size()), [&](std::int64_t i) {
    ImageSample& sample = samples[static_cast<std::size_t>(i)];
    sample.shape = image_shape(MappedFile(sample.path).text(), sample.path);
  });
  ImageShape common = samples.front().shape;
  for (const ImageSample& sample : samples) {
    common.channels = std::max(common.channels, sample.shape.channels);
    if (sample.shape.height == common.height && sample.shape.width == common.width) continue;
    throw CorruptData(
        format("{}: expected an image of {} x {} as {}, found {} x {}; scale them to "
               "one size",
               sample.path,
               common.height,
               common.width,
               samples.front().path,
               sample.shape.height,
               sample.shape.width));
  }
  return common;
}

std::vector<std::string> image_classes(const std::string& folder) {
  return content_of(folder).folders;
}

bool is_image_folder(const std::string& folder) {
  const std::vector<std::string> classes = image_classes(folder);
  return std::any_of(classes.begin(), classes.end(), [&](const std::string& name) {
    return !images_in(folder + "/" + name).empty();
  });
}

Dataset read_image_folder(const std::string& folder) {
  std::vector<ImageSample> samples = image_samples(folder);
  const ImageShape shape = common_image_shape(samples);
  const auto count = static_cast<std::int64_t>(samples.size());
  std::vector<std::int64_t> axes = {count, shape.height, shape.width};
  if (shape.channels > 1) axes.push_back(shape.channels);
  Tensor images(DType::Uint8, Shape(std::move(axes)));
  Tensor labels(DType::Int64, {count});
  const auto size = static_cast<std::size_t>(shape.bytes());
  for_each_piece(count, [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    const MappedFile file(samples[at].path);
    decode_image(
        file.text(), samples[at].path, shape, images.data<std::uint8_t>().subspan(at * size, size));
    labels.data<std::int64_t>()[at] = samples[at].label;
  });
  const auto classes = static_cast<std::int64_t>(image_classes(folder).size());
  return labelled(std::move(images), labels, {folder, folder}, {.classes = classes});
}

}  // namespace carnyx
