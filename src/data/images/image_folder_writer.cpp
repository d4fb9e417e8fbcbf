#include "data/images/image_folder_writer.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <numeric>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"

#include "data/images/png_writer.h"
#include "data/parallel.h"

namespace carnyx {
namespace {

ImageShape shape_of(const Dataset& part) {
  const Shape sample = part.sample_shape();
  const bool has_channels = sample.rank() == 3;
  const std::int64_t channels = has_channels ? sample[2] : 1;
  const bool is_image = (sample.rank() == 2 || has_channels) && (channels == 1 || channels == 3);
  if (part.x.dtype() != DType::Uint8 || !is_image) {
    throw InvalidArgument(
        format("{}: expected uint8 images [height, width] or [height, width, 1 or 3], got {} {}; "
               "use npz",
               part.name,
               name_of(part.x.dtype()),
               sample.to_string()));
  }
  return {sample[0], sample[1], channels};
}

/// "007": names of one width, so that they are in the numbers' order.
std::string padded(std::int64_t number, std::int64_t most) {
  const std::string text = std::to_string(number);
  return std::string(std::to_string(most).size() - text.size(), '0') + text;
}

/// Without a sync of its own: there are too many of them.
void write_quickly(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw io_error("write", path, errno);
}

/// Makes all that was written to the folder's file system survive a crash.
void sync_all(const std::string& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int error = descriptor < 0 || ::syncfs(descriptor) != 0 ? errno : 0;
  if (descriptor >= 0) ::close(descriptor);
  if (error != 0) throw io_error("sync", folder, error);
}

}  // namespace

void write_image_folder(const std::string& folder, const Dataset& part) {
  const ImageShape shape = shape_of(part);
  for (std::int64_t label = 0; label < part.classes; ++label) {
    create_directories(format("{}/{}", folder, padded(label, part.classes - 1)));
  }
  const auto size = static_cast<std::size_t>(shape.bytes());
  for_each_piece(part.samples(), [&](std::int64_t i) {
    const std::string path =
        format("{}/{}/{}.png",
               folder,
               padded(static_cast<std::int64_t>(part.y.at(i)), part.classes - 1),
               padded(i, part.samples() - 1));
    const auto pixels =
        part.x.data<std::uint8_t>().subspan(static_cast<std::size_t>(i) * size, size);
    write_quickly(path, encode_png(pixels, shape, path));
  });
  sync_all(folder);
}

Dataset in_class_order(const Dataset& part) {
  if (part.x.empty()) return part;
  std::vector<std::int64_t> order(static_cast<std::size_t>(part.samples()));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::int64_t i) { return part.y.at(i); });
  Dataset sorted = part.slice(0, part.samples());
  for (const auto& [from, to] : {std::pair(&part.x, &sorted.x), std::pair(&part.y, &sorted.y)}) {
    const std::int64_t bytes = from->size_bytes() / part.samples();
    for (std::size_t i = 0; i < order.size(); ++i) {
      std::copy_n(from->bytes() + order[i] * bytes,
                  bytes,
                  to->bytes() + static_cast<std::int64_t>(i) * bytes);
    }
  }
  return sorted;
}

}  // namespace carnyx
