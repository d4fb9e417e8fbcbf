// One request for one file: the only code that knows libcurl.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "data/part_file.h"

namespace carnyx {

class StopFlag;

struct TransferOptions {
  std::int64_t most_bytes = 0;  ///< of the whole file; a server that sends more is cut off
  std::chrono::milliseconds connect_timeout{4'000};
  std::chrono::milliseconds stall_timeout{20'000};
  std::function<void(std::int64_t done_bytes, std::int64_t total_bytes)> progress = {};
  const StopFlag* stop = nullptr;
};

enum class TransferOutcome {
  Done,         ///< the server says that this is all
  Cut,          ///< the connection broke in the middle; asking again may help
  Stalled,      ///< nothing came for the stall timeout
  Unreachable,  ///< no connection: the other files of this server won't come either
  Refused,      ///< the server answered, but has no such file
  TooLong,      ///< more bytes than most_bytes
};

struct TransferResult {
  TransferOutcome outcome = TransferOutcome::Done;
  std::string reason = {};  ///< for people; empty if done
};

/// Appends what is missing of `url` to `part`; starts again from 0 if the server can't resume.
/// Throws IoError if the bytes can't be written, or Cancelled.
TransferResult transfer(const std::string& url, PartFile& part, const TransferOptions& options);

}  // namespace carnyx
