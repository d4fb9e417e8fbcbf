#include "carnyx/data/fetch.h"

#include <algorithm>
#include <array>
#include <span>
#include <sstream>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"
#include "carnyx/data/mnist.h"

#include "data/cifar/cifar_files.h"
#include "data/environment.h"
#include "data/fetcher.h"
#include "data/publication.h"

namespace carnyx {
namespace {

constexpr std::array<RemoteFile, 4> kMnistIdx = {{
    {.name = "train-images-idx3-ubyte.gz",
     .is_gzip = true,
     .size_bytes = 47'040'016,
     .sha256 = "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
    {.name = "train-labels-idx1-ubyte.gz",
     .is_gzip = true,
     .size_bytes = 60'008,
     .sha256 = "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
    {.name = "t10k-images-idx3-ubyte.gz",
     .is_gzip = true,
     .size_bytes = 7'840'016,
     .sha256 = "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
    {.name = "t10k-labels-idx1-ubyte.gz",
     .is_gzip = true,
     .size_bytes = 10'008,
     .sha256 = "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
}};
constexpr std::array<RemoteFile, 1> kMnistNpz = {{
    {.name = "mnist.npz",
     .size_bytes = 11'490'434,
     .sha256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"},
}};
constexpr std::array<std::string_view, 2> kIdxMirrors = {
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/"};
constexpr std::array<std::string_view, 1> kNpzMirrors = {
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"};

constexpr std::array<RemoteFile, 1> kCifarBinary = {{
    {.name = kCifarArchive,
     .size_bytes = 170'052'171,  // packed: no mirror packs it anew
     .sha256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
}};
constexpr std::array<std::string_view, 1> kCifarMirrors = {"https://www.cs.toronto.edu/~kriz/"};

/// A form that a data set is published in, by both their names. The first of a set is its default.
struct NamedPublication {
  std::string_view set;
  std::string_view format;
  Publication published;
};

constexpr std::array<NamedPublication, 3> kPublications = {{
    {"mnist", "idx", {.files = kMnistIdx, .mirrors = kIdxMirrors}},
    {"mnist", "npz", {.files = kMnistNpz, .mirrors = kNpzMirrors}},
    {"cifar10",
     "binary",
     {.files = kCifarBinary, .mirrors = kCifarMirrors, .unpack = unpack_cifar}},
}};

const Publication& publication(std::string_view set, std::string_view format_name) {
  std::vector<std::string_view> sets;
  std::vector<std::string_view> formats;
  for (const NamedPublication& named : kPublications) {
    if (sets.empty() || sets.back() != named.set) sets.push_back(named.set);
    if (named.set != set) continue;
    if (format_name.empty() || format_name == named.format) return named.published;
    formats.push_back(named.format);
  }
  if (formats.empty()) throw InvalidArgument(unknown_name("data set", set, sets));
  throw InvalidArgument(unknown_name(format("format of {}", set), format_name, formats));
}

std::vector<std::string> mirrors_of(const FetchOptions& options, const Publication& published) {
  std::vector<std::string> mirrors = options.mirrors;
  if (mirrors.empty()) {
    std::istringstream named(environment("CARNYX_MIRROR"));
    for (std::string url; named >> url;) mirrors.push_back(url);
  }
  if (mirrors.empty()) mirrors.assign(published.mirrors.begin(), published.mirrors.end());
  for (std::string& url : mirrors) {
    const auto begins = [&](std::string_view scheme) { return url.starts_with(scheme); };
    if (!begins("https://") && !begins("http://") && !begins("file://")) {
      throw InvalidArgument(
          format("mirror: expected an URL with https://, http:// or file://, got {}", url));
    }
    if (!url.ends_with('/')) url += '/';
  }
  return mirrors;
}

}  // namespace

FetchReport fetch_publication(const Publication& published, const FetchOptions& options) {
  Fetcher fetcher(options.directory, mirrors_of(options, published), options);
  FetchReport report = fetcher.fetch(published.files);
  if (published.unpack != nullptr) {
    report.unpacked = published.unpack(report.files.front().path, report.directory);
  }
  return report;
}

FetchReport fetch_dataset(std::string_view name, const FetchOptions& options) {
  if (options.connect_timeout.count() < 1 || options.stall_timeout.count() < 1) {
    throw InvalidArgument(
        format("fetch: timeouts must be positive, got {} ms to connect and {} ms without bytes",
               options.connect_timeout.count(),
               options.stall_timeout.count()));
  }
  const Publication& published = publication(name, options.format);
  FetchOptions placed = options;
  if (placed.directory.empty())
    placed.directory = format("{}/{}", datasets::cache_directory(), name);
  return fetch_publication(published, placed);
}

}  // namespace carnyx
