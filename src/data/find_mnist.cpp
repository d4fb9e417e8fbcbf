#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/data/mnist.h"

#include "data/environment.h"

namespace carnyx::datasets {
namespace {

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

/// The files of one folder; if some are missing, `lacking` says which.
std::optional<MnistFiles> find_in_folder(const std::string& folder, std::string& lacking) {
  MnistFiles files;
  std::string missing;
  for (const IdxFile& file : kIdxFiles) {
    const std::optional<std::string> path = find_idx(folder, file);
    if (path) {
      files.*file.path = *path;
    } else {
      missing += format("{}{}-{}-ubyte.gz", missing.empty() ? "" : ", ", file.stem, file.axes);
    }
  }
  if (missing.empty()) return files;
  const std::string npz = folder + "/mnist.npz";
  if (exists(npz)) return MnistFiles{.npz = npz};
  const bool is_there = exists(folder);
  lacking += format("\n  {}: {}{}",
                    folder,
                    is_there ? "lacks " : "no such folder",
                    is_there ? missing + " (or mnist.npz)" : "");
  return std::nullopt;
}

std::optional<MnistFiles> find_in_place(const std::string& place, std::string& lacking) {
  if (place.ends_with(".npz") && exists(place)) return MnistFiles{.npz = place};
  std::string here;
  if (auto files = find_in_folder(place, here)) return files;
  std::string below;
  if (auto files = find_in_folder(place + "/mnist", below)) return files;
  lacking += here;
  return std::nullopt;
}

std::vector<std::string> places(const MnistOptions& options) {
  // Who names a folder wants that one: another MNIST found elsewhere would be a silent surprise.
  if (!options.data_dir.empty()) return {options.data_dir};
  std::vector<std::string> all;
  if (std::string named = environment("CARNYX_DATA"); !named.empty()) all.push_back(named);
  all.emplace_back("./data/mnist");
  if (!environment("XDG_CACHE_HOME").empty() || !environment("HOME").empty()) {
    all.push_back(cache_directory() + "/mnist");
  }
  all.emplace_back("../shared/data/mnist");
  return all;
}

}  // namespace

MnistFiles find_mnist(const MnistOptions& options) {
  std::string lacking;
  for (const std::string& place : places(options)) {
    if (auto files = find_in_place(place, lacking)) return *files;
  }
  throw NotFound(
      "MNIST was not found; run `carnyx data fetch mnist`, or name its folder with "
      "--data_dir or CARNYX_DATA. Looked in:" +
      lacking);
}

std::string cache_directory() {
  if (const std::string cache = environment("XDG_CACHE_HOME"); !cache.empty()) {
    return cache + "/carnyx";
  }
  const std::string home = environment("HOME");
  if (home.empty()) {
    throw NotFound("no cache folder: neither XDG_CACHE_HOME nor HOME is set; name a folder");
  }
  return home + "/.cache/carnyx";
}

}  // namespace carnyx::datasets
