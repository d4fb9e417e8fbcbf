#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace carnyx {

class StopFlag;

/// How far one file has come. Told several times a second.
struct FetchProgress {
  std::string_view file;
  std::string_view url = {};    ///< where it comes from
  std::int64_t file_index = 0;  ///< from 0
  std::int64_t files = 0;
  std::int64_t done_bytes = 0;
  std::int64_t total_bytes = 0;  ///< 0 while it is not known
};

struct FetchOptions {
  /// Where the files go; empty: the folder in the cache where mnist() or cifar10() looks.
  std::string directory = {};
  /// Folders (http, https or file URLs) tried in order; empty: $CARNYX_MIRROR, a list separated by
  /// blanks, and without it the public places of the data set.
  std::vector<std::string> mirrors = {};
  /// Of mnist "idx" (the four original files) or "npz" (Keras's mnist.npz), of cifar10 "binary";
  /// empty: the first of these.
  std::string format = {};
  /// How long connecting may take, all mirrors together. None answers: Unavailable by then.
  std::chrono::milliseconds connect_timeout{8'000};
  /// How long a mirror may send nothing; looked at once a second.
  std::chrono::milliseconds stall_timeout{20'000};
  /// Called from the fetching thread.
  std::function<void(const FetchProgress&)> progress = {};
  /// Looked at while bytes come; not owned, may be null.
  const StopFlag* stop = nullptr;
};

struct FetchedFile {
  std::string path;
  std::int64_t size_bytes = 0;
  std::string url = {};  ///< where it came from; empty if it was there already, whole
};

struct FetchReport {
  std::string directory;
  std::vector<FetchedFile> files;
  /// One line for each attempt that failed before another mirror answered; also logged as warnings.
  std::vector<std::string> failures;
  std::string unpacked = {};  ///< the folder with an archive's files; empty if there is none
};

/// Brings the files of a data set ("mnist", "cifar10") into a folder. A file takes its name only
/// once its checksum is right; until then it is NAME.part, from which a later call goes on.
/// CIFAR-10's batches are unpacked beside their archive, into cifar-10-batches-bin, all of them or
/// none. Throws InvalidArgument for a set, format or mirror that is not known, Unavailable with a
/// line for each mirror if none gave the right file (a retry goes on where this one stopped),
/// IoError, CorruptData if an archive does not hold what it should, or Cancelled.
/// **Threads**: one caller a folder; a second one, in any process, gets Unavailable.
FetchReport fetch_dataset(std::string_view name, const FetchOptions& options = {});

}  // namespace carnyx
