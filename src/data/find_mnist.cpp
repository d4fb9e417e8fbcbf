#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/data/mnist.h"

#include "data/environment.h"
#include "data/idx_files.h"

namespace carnyx::datasets {
namespace {

/// What a place holds; if nothing, `lacking` says why not. A part alone will do only where it was
/// asked for by name: mnist() then says what it lacks.
std::optional<MnistFiles> find_in_place(const std::string& place,
                                        bool is_named,
                                        std::string& lacking) {
  auto found = find_data(place);
  // A folder of many sets that all programs look in may hold CIFAR-10 alone.
  if (found && found->format == DataFormat::Cifar && !is_named) found.reset();
  const bool is_one_part = found && !found->train.empty() && found->test.empty();
  if (found && (is_named || !is_one_part)) {
    std::string missing;
    MnistFiles files;
    if (found->format == DataFormat::Idx) files = *find_idx_files(found->path, missing);
    files.source = *found;
    return files;
  }
  std::string missing;
  find_idx_files(place, missing);
  const bool is_there = exists(place);
  lacking += format("\n  {}: {}{}",
                    place,
                    is_there ? "lacks " : "no such folder",
                    is_there ? missing +
                                   " (or mnist.npz, mnist.pkl, or train and test of CSV, "
                                   "TFRecord or images)"
                             : "");
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
    if (auto files = find_in_place(place, !options.data_dir.empty(), lacking)) return *files;
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
