// A data set as it is published: files, where they are, and what is done with them afterwards.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "carnyx/data/fetch.h"

#include "data/remote_file.h"

namespace carnyx {

struct Publication {
  std::span<const RemoteFile> files;
  std::span<const std::string_view> mirrors;
  /// Makes a folder in `directory` of the first file; returns its path. Null: nothing is unpacked.
  std::string (*unpack)(const std::string& archive, const std::string& directory) = nullptr;
};

/// What fetch_dataset() does once it knows which. options.directory is not empty.
FetchReport fetch_publication(const Publication& published, const FetchOptions& options);

}  // namespace carnyx
