#include "data/fetcher.h"

#include <algorithm>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/base/stop.h"

namespace carnyx {
namespace {

using namespace std::chrono_literals;

constexpr int kMostCuts = 5;  // connections to one mirror that break in the middle of one file

bool is_whole(const RemoteFile& file, const std::string& path) {
  if (!exists(path)) return false;
  try {
    verify(file, path);
    return true;
  } catch (const CorruptData& error) {
    log::warning("a file that is there is damaged and will be fetched again",
                 {{"reason", error.what()}});
    return false;
  }
}

/// Why `part` is not the file; empty if it is.
std::string fault_of(const RemoteFile& file, const PartFile& part) {
  try {
    verify(file, part.path());
    return "";
  } catch (const CorruptData& error) {
    return error.what();
  }
}

}  // namespace

Fetcher::Fetcher(std::string directory, std::vector<std::string> mirrors, FetchOptions options)
    : directory_(std::move(directory)), options_(std::move(options)) {
  for (std::string& url : mirrors) mirrors_.push_back({.url = std::move(url)});
}

FetchReport Fetcher::fetch(std::span<const RemoteFile> files) {
  create_directories(directory_);
  FetchReport report = {.directory = directory_, .files = {}, .failures = {}};
  FetchProgress progress = {.file = {}, .files = static_cast<std::int64_t>(files.size())};
  for (const RemoteFile& file : files) {
    progress.file = file.name;
    report.files.push_back(fetch_file(file, progress));
    ++progress.file_index;
  }
  report.failures = std::move(failures_);
  return report;
}

FetchedFile Fetcher::fetch_file(const RemoteFile& file, FetchProgress progress) {
  const std::string path = format("{}/{}", directory_, file.name);
  if (is_whole(file, path)) return {.path = path, .size_bytes = file.size_bytes};
  PartFile part(path);
  for (Mirror& mirror : mirrors_) {
    if (!mirror.is_reachable || !fetch_from(mirror, file, part, progress)) continue;
    const std::int64_t size_bytes = part.size();
    part.commit();
    return {.path = path, .size_bytes = size_bytes, .url = mirror.url + std::string(file.name)};
  }
  std::string tried;
  for (const std::string& failure : failures_) tried += (tried.empty() ? "" : "; ") + failure;
  throw Unavailable(format(
      "{} could not be fetched; try again, name another place with --mirror or CARNYX_MIRROR, "
      "or put the file into {} by hand. Tried: {}",
      file.name,
      directory_,
      tried));
}

bool Fetcher::fetch_from(Mirror& mirror,
                         const RemoteFile& file,
                         PartFile& part,
                         FetchProgress progress) {
  const std::string url = mirror.url + std::string(file.name);
  progress.url = url;
  const auto tell = [&](std::int64_t done_bytes, std::int64_t total_bytes) {
    progress.done_bytes = done_bytes;
    progress.total_bytes = total_bytes;
    if (options_.progress) options_.progress(progress);
  };
  const TransferOptions options = {
      .most_bytes = most_bytes(file),
      .connect_timeout = std::max<std::chrono::milliseconds>(
          1ms, options_.connect_timeout / static_cast<std::int64_t>(mirrors_.size())),
      .stall_timeout = options_.stall_timeout,
      .progress = tell,
      .stop = options_.stop};
  while (true) {
    const bool is_resumed = part.size() > 0;
    const TransferResult result = transfer_all(url, part, options);
    mirror.is_reachable = result.outcome != TransferOutcome::Unreachable;
    const bool is_done = result.outcome == TransferOutcome::Done;
    const std::string fault = is_done ? fault_of(file, part) : result.reason;
    if (is_done && fault.empty()) return true;
    note_failure(url, fault);
    const bool is_wrong = is_done || result.outcome == TransferOutcome::TooLong;
    if (!is_wrong) return false;
    part.clear();
    // The bytes before the resumed ones may have been another mirror's, or torn: once more, from 0.
    if (!is_resumed) return false;
  }
}

/// Goes on after a cut as long as each connection brings something.
TransferResult Fetcher::transfer_all(const std::string& url,
                                     PartFile& part,
                                     const TransferOptions& options) {
  for (int cuts = 1;; ++cuts) {
    const std::int64_t before = part.size();
    TransferResult result = transfer(url, part, options);
    const bool is_worth_asking_again =
        result.outcome == TransferOutcome::Cut && part.size() > before && cuts < kMostCuts;
    if (!is_worth_asking_again) return result;
    note_failure(url, result.reason);
  }
}

void Fetcher::note_failure(const std::string& url, const std::string& reason) {
  log::warning("a mirror failed", {{"url", url}, {"reason", reason}});
  failures_.push_back(format("{}: {}", url, reason));
}

}  // namespace carnyx
