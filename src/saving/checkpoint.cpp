// A folder has its final name only once all in it is durable. Whatever is given up, a failed
// attempt or a checkpoint too old to keep, goes by a name that no reader looks at before any of it
// is removed, so a crash never leaves half a checkpoint under a final name.
#include "carnyx/saving/checkpoint.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "carnyx/base/error.h"
#include "carnyx/base/failpoint.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"

#include "saving/checkpoint_files.h"

namespace carnyx {
namespace {

constexpr std::string_view kStepPrefix = "step-";
constexpr std::string_view kTemporaryPrefix = ".tmp-";
constexpr std::size_t kStepDigits = 8;

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::string step_name(std::int64_t step) {
  const std::string digits = std::to_string(step);
  const std::size_t zeros = digits.size() < kStepDigits ? kStepDigits - digits.size() : 0;
  return std::string(kStepPrefix) + std::string(zeros, '0') + digits;
}

std::string temporary_name(std::int64_t step, std::string_view kind = "") {
  return format("{}{}{}-{}", kTemporaryPrefix, step, kind, ::getpid());
}

/// The process that `.tmp-STEP-PID` belongs to.
std::optional<std::int64_t> owner_of(std::string_view name) {
  if (!name.starts_with(kTemporaryPrefix)) return std::nullopt;
  const auto dash = name.rfind('-');
  if (dash < kTemporaryPrefix.size()) return std::nullopt;
  const auto pid = number(name.substr(dash + 1));
  return pid && *pid <= std::numeric_limits<pid_t>::max() ? pid : std::nullopt;
}

/// Whether someone else may still be writing. A temporary of our own number is a leftover of a
/// process that had it before: a restarted container counts from 1 again.
bool is_alive(std::int64_t pid) {
  if (pid == ::getpid()) return false;
  return ::kill(static_cast<pid_t>(pid), 0) == 0 || errno != ESRCH;
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    names.push_back(entries->path().filename().string());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw io_error("list the folder", folder, error.value());
  }
  return names;
}

void remove_leftovers(const std::string& folder) {
  for (const std::string& name : names_in(folder)) {
    if (const auto owner = owner_of(name); owner && !is_alive(*owner)) {
      remove_all(folder + "/" + name);
    }
  }
}

/// Room may come or go while we write, so too little is only a warning.
void warn_if_space_is_short(const std::string& folder, const Checkpoint& checkpoint) {
  std::uint64_t needed = 0;
  for (const NamedTensor& named : checkpoint.tensors) {
    needed += static_cast<std::uint64_t>(named.tensor.size_bytes());
  }
  const std::uint64_t free = free_bytes(folder);
  if (free > needed) return;
  log::warning("the disk may be too full for the next checkpoint",
               {{"path", folder}, {"needed_bytes", needed}, {"free_bytes", free}});
}

/// Removes a folder, if it is there; one that stays costs space and nothing else.
void remove_quietly(const std::string& path) {
  try {
    remove_all(path);
  } catch (const Error& error) {
    log::warning("what is left of a checkpoint could not be removed", {{"reason", error.what()}});
  }
}

/// Gives the finished folder `from` its name. An older one of the same step is then called `from`
/// or `aside`.
void publish(const std::string& from, const std::string& to, const std::string& aside) {
  if (exists(to)) {
    failpoint("files.rename");
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) {
      return sync_directory(parent_directory(to));
    }
    if (errno != EINVAL && errno != ENOSYS) throw io_error("exchange " + from + " with", to, errno);
    rename_durably(to, aside);  // some network file systems can't exchange
  }
  rename_durably(from, to);
}

}  // namespace

CheckpointDirectory::CheckpointDirectory(std::string path, CheckpointOptions options)
    : path_(std::move(path)), options_(options) {
  if (options_.keep < 1) {
    throw InvalidArgument(
        format("CheckpointDirectory: keep must be at least 1, got {}", options_.keep));
  }
}

void CheckpointDirectory::save(const Checkpoint& checkpoint) {
  if (checkpoint.step < 0) {
    throw InvalidArgument(
        format("CheckpointDirectory: step must be at least 0, got {}", checkpoint.step));
  }
  create_directories(path_);
  remove_leftovers(path_);
  warn_if_space_is_short(path_, checkpoint);
  const std::string temporary = path_ + "/" + temporary_name(checkpoint.step);
  const std::string aside = path_ + "/" + temporary_name(checkpoint.step, ".old");
  try {
    failpoint("checkpoint.begin");
    create_directories(temporary);
    write_checkpoint(temporary, checkpoint);
    failpoint("checkpoint.rename");
    publish(temporary, path_ + "/" + step_name(checkpoint.step), aside);
  } catch (...) {
    remove_quietly(temporary);
    throw;
  }
  remove_quietly(temporary);  // an older one of the same step, if there was one
  remove_quietly(aside);
  failpoint("checkpoint.after_rename");
  prune(checkpoint.step);
}

/// The new checkpoint is safe by now, so nothing that fails here is an error.
void CheckpointDirectory::prune(std::int64_t newest) const {
  std::int64_t kept = 1;
  std::vector<std::int64_t> older = steps();
  std::erase_if(older, [=](std::int64_t step) { return step >= newest; });
  std::ranges::reverse(older);
  for (const std::int64_t step : older) {
    const std::string path = path_ + "/" + step_name(step);
    if (kept < options_.keep && looks_complete(path)) {
      ++kept;
      continue;
    }
    const std::string doomed = path_ + "/" + temporary_name(step);
    try {
      failpoint("checkpoint.prune");
      rename_durably(path, doomed);
    } catch (const IoError& error) {
      log::warning("an old checkpoint could not be removed",
                   {{"step", step}, {"reason", error.what()}});
    }
    remove_quietly(doomed);
  }
}

std::optional<Checkpoint> CheckpointDirectory::load_latest() const {
  std::vector<std::int64_t> newest_first = steps();
  std::ranges::reverse(newest_first);
  std::exception_ptr unreadable;
  for (const std::int64_t step : newest_first) {
    const std::string path = path_ + "/" + step_name(step);
    try {
      return read_checkpoint(path, step);
    } catch (const IoError& error) {
      log::warning("a checkpoint can't be read; trying an older one", {{"reason", error.what()}});
      unreadable = std::current_exception();
    } catch (const Error& error) {
      log::warning("a checkpoint is damaged; trying an older one", {{"reason", error.what()}});
    }
  }
  // The disk's refusal may pass; to begin again from nothing would be wrong.
  if (unreadable != nullptr) std::rethrow_exception(unreadable);
  return std::nullopt;
}

std::string CheckpointDirectory::newest() const {
  const std::vector<std::int64_t> oldest_first = steps();
  for (auto step = oldest_first.rbegin(); step != oldest_first.rend(); ++step) {
    std::string path = path_ + "/" + step_name(*step);
    if (looks_complete(path)) return path;
  }
  return {};
}

std::vector<std::int64_t> CheckpointDirectory::steps() const {
  std::vector<std::int64_t> steps;
  for (const std::string& name : names_in(path_)) {
    if (!name.starts_with(kStepPrefix)) continue;
    const auto step = number(std::string_view(name).substr(kStepPrefix.size()));
    if (step && name == step_name(*step)) steps.push_back(*step);
  }
  std::ranges::sort(steps);
  return steps;
}

}  // namespace carnyx
