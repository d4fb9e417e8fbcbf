#include "trainers/job_directory.h"

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/saving/checkpoint.h"

namespace carnyx {
namespace {

void remove_earlier_run(const JobDirectory& directory) {
  for (const std::string& path : {directory.checkpoints(),
                                  directory.model(),
                                  directory.table(),
                                  directory.history(),
                                  directory.events(),
                                  directory.report(),
                                  directory.logs()}) {
    remove_all(path);
  }
}

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

}  // namespace

std::optional<FileLock> lock_directory(const JobDirectory& directory) {
  create_directories(directory.path());
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

void prepare_directory(const JobDirectory& directory,
                       const JobOptions& options,
                       const std::vector<std::string>& models) {
  const bool has_checkpoints = exists(directory.checkpoints());
  if (options.overwrite) {
    remove_earlier_run(directory);
  } else if (options.resume == ResumePolicy::Never &&
             (exists(directory.model()) || has_checkpoints)) {
    throw InvalidArgument(
        format("job directory {}: it holds an earlier run and --resume is never; add "
               "--overwrite to replace it, or choose another --job-dir",
               directory.path()));
  } else if (exists(directory.model()) && !has_checkpoints) {
    throw InvalidArgument(
        format("job directory {}: it holds a model but no checkpoint to go on from; "
               "add --overwrite to replace it, or choose another --job-dir",
               directory.path()));
  } else if (!has_checkpoints) {
    refuse_foreign_models(models);
  }
}

}  // namespace carnyx
