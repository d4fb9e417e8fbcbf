#include "trainers/job_directory.h"

#include <cerrno>
#include <filesystem>
#include <utility>

#include <unistd.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/saving/checkpoint.h"

namespace carnyx {
namespace {

/// A file outside that another run may have made.
void refuse_foreign_models(const std::vector<std::string>& models) {
  for (const std::string& path : models) {
    if (!exists(path)) continue;
    throw InvalidArgument(
        format("{}: it exists, and the job directory holds no run that made it; add --overwrite "
               "to replace it, or move it away",
               path));
  }
}

/// `path` and the folders above it, as far as they are not there, the deepest first.
std::vector<std::string> missing_folders(std::string path) {
  std::vector<std::string> missing;
  for (; !exists(path); path = parent_directory(path)) missing.push_back(path);
  return missing;
}

void remove_empty(const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    if (::rmdir(folder.c_str()) != 0 && errno != ENOENT) return;  // something came into it
  }
}

std::optional<FileLock> lock_of(const JobDirectory& directory) {
  try {
    auto lock = FileLock::try_lock(directory.lock());
    if (!lock) {
      log::warning("this file system has no locks: let no other job use this job directory",
                   {{"job_dir", directory.path()}});
    }
    return lock;
  } catch (const LockHeld& held) {
    throw IoError(
        format("job directory {}: another job is running in it{}; choose another "
               "--job-dir, or wait for its end",
               directory.path(),
               held.holder().empty() ? "" : " (" + held.holder() + ")"));
  }
}

}  // namespace

void require_folder(const std::string& job_dir) {
  std::string there = job_dir;
  while (!exists(there)) there = parent_directory(there);
  if (std::filesystem::is_directory(there)) return;
  throw InvalidArgument(
      format("job directory {}: expected a folder, but {} is a file; choose "
             "another --job-dir",
             job_dir,
             there == job_dir ? "it" : there));
}

JobHold::JobHold(const JobDirectory& directory) : made_(missing_folders(directory.path())) {
  try {
    create_directories(directory.path());
    if (auto lock = lock_of(directory)) lock_.emplace(std::move(*lock));
  } catch (...) {
    remove_empty(made_);
    throw;
  }
}

JobHold::~JobHold() {
  lock_.reset();
  remove_empty(made_);
}

void keep_results(const JobDirectory& directory, const std::function<void()>& write) {
  try {
    write();
  } catch (const IoError& error) {
    const std::string checkpoint = CheckpointDirectory(directory.checkpoints()).newest();
    throw IoError(
        checkpoint.empty()
            ? format("{}; the training had ended, and there is no checkpoint to go on from",
                     error.what())
            : format("{}; the last checkpoint is {}; once that is mended the same command goes on "
                     "from there",
                     error.what(),
                     checkpoint));
  }
}

void remove_earlier_run(const JobDirectory& directory) {
  for (const std::string& path : {directory.checkpoints(),
                                  directory.model(),
                                  directory.table(),
                                  directory.pictures(),
                                  directory.history(),
                                  directory.events(),
                                  directory.report(),
                                  directory.logs()}) {
    remove_all(path);
  }
}

void check_directory(const JobDirectory& directory,
                     const JobOptions& options,
                     const std::vector<std::string>& models) {
  if (options.overwrite) return;
  const bool has_checkpoints = exists(directory.checkpoints());
  if (options.resume == ResumePolicy::Never && (exists(directory.model()) || has_checkpoints)) {
    throw InvalidArgument(
        format("job directory {}: it holds an earlier run and --resume is never; add "
               "--overwrite to replace it, or choose another --job-dir",
               directory.path()));
  }
  if (exists(directory.model()) && !has_checkpoints) {
    throw InvalidArgument(
        format("job directory {}: it holds a model but no checkpoint to go on from; "
               "add --overwrite to replace it, or choose another --job-dir",
               directory.path()));
  }
  if (!has_checkpoints) refuse_foreign_models(models);
}

}  // namespace carnyx
