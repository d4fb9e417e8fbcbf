// Brings published files into a folder, from the first mirror that has each of them.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "carnyx/data/fetch.h"

#include "data/part_file.h"
#include "data/remote_file.h"
#include "data/transfer.h"

namespace carnyx {

class Fetcher final {
 public:
  /// `mirrors` end in '/' and are not empty. Of `options`, the mirrors and the format are not read.
  Fetcher(std::string directory, std::vector<std::string> mirrors, FetchOptions options);

  /// Files that are there already, whole, are left alone. Throws as fetch_dataset does.
  FetchReport fetch(std::span<const RemoteFile> files);

 private:
  struct Mirror {
    std::string url;
    bool is_reachable = true;
  };

  FetchedFile fetch_file(const RemoteFile& file, FetchProgress progress);
  bool fetch_from(Mirror& mirror, const RemoteFile& file, PartFile& part, FetchProgress progress);
  TransferResult transfer_all(const std::string& url,
                              PartFile& part,
                              const TransferOptions& options);
  void note_failure(const std::string& url, const std::string& reason);

  std::string directory_;
  std::vector<Mirror> mirrors_;
  FetchOptions options_;
  std::vector<std::string> failures_;
};

}  // namespace carnyx
