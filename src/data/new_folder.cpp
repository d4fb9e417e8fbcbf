#include "data/new_folder.h"

#include <utility>

#include <unistd.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"

namespace carnyx {

NewFolder::NewFolder(std::string wanted, bool overwrite) : wanted_(std::move(wanted)) {
  while (wanted_.size() > 1 && wanted_.ends_with('/')) wanted_.pop_back();
  if (exists(wanted_) && !overwrite) {
    throw InvalidArgument(
        format("{}: it exists already; add --overwrite or choose another --output", wanted_));
  }
  path_ = format("{}.tmp-{}", wanted_, getpid());
  remove_all(path_);
  create_directories(path_);
}

NewFolder::~NewFolder() {
  if (is_committed_) return;
  try {
    remove_all(path_);
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): what failed before is told already
  }
}

void NewFolder::commit() {
  const std::string old = format("{}.old-{}", wanted_, getpid());
  const bool replaces = exists(wanted_);
  if (replaces) rename_durably(wanted_, old);
  rename_durably(path_, wanted_);
  is_committed_ = true;
  if (replaces) remove_all(old);
}

}  // namespace carnyx
