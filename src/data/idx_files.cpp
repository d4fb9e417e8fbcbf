#include "data/idx_files.h"

#include <array>
#include <string_view>

#include "carnyx/base/files.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

using datasets::MnistFiles;

struct IdxFile {
  std::string_view stem;
  std::string_view axes;
  std::string MnistFiles::*path;
};

constexpr std::array<IdxFile, 4> kIdxFiles = {{{"train-images", "idx3", &MnistFiles::train_images},
                                               {"train-labels", "idx1", &MnistFiles::train_labels},
                                               {"t10k-images", "idx3", &MnistFiles::test_images},
                                               {"t10k-labels", "idx1", &MnistFiles::test_labels}}};

std::optional<std::string> find_idx(const std::string& folder, const IdxFile& file) {
  for (const std::string_view separator : {"-", "."}) {
    for (const std::string_view packing : {"", ".gz"}) {
      std::string path =
          format("{}/{}{}{}-ubyte{}", folder, file.stem, separator, file.axes, packing);
      if (exists(path)) return path;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<MnistFiles> find_idx_files(const std::string& folder, std::string& missing) {
  MnistFiles files;
  for (const IdxFile& file : kIdxFiles) {
    const std::optional<std::string> path = find_idx(folder, file);
    if (path) {
      files.*file.path = *path;
    } else {
      missing += format("{}{}-{}-ubyte.gz", missing.empty() ? "" : ", ", file.stem, file.axes);
    }
  }
  if (!missing.empty()) return std::nullopt;
  return files;
}

}  // namespace carnyx
