// Checkpoints: everything a run needs to go on as if it had never stopped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/saving/model_file.h"

namespace carnyx {

struct Checkpoint {
  std::int64_t step = 0;
  std::vector<NamedTensor> tensors;  ///< weights, statistics and slots by their state names
  Json state;  ///< position in the data, seeds, metric sums, callbacks' state, plan's description
};

struct CheckpointOptions {
  std::int64_t keep = 2;  ///< how many to keep; at least 1
};

/// A folder of checkpoints `step-00001234/`, each complete or not there: tensors.safetensors,
/// state.json and, last, MANIFEST.json with every file's size and SHA-256.
/// One process at a time saves to it; the leftovers of a process that died are removed by the next.
class CheckpointDirectory {
 public:
  /// Throws InvalidArgument if options.keep is below 1.
  explicit CheckpointDirectory(std::string path, CheckpointOptions options = {});

  /// Writes aside, syncs, renames, syncs the folder, then removes what is older than `keep`. A
  /// failure leaves all earlier checkpoints as they were and throws IoError with the remedy; one to
  /// remove what is too old is only a warning. A checkpoint of the same step is replaced.
  /// Points of failure: checkpoint.begin, checkpoint.tensors, checkpoint.state,
  /// checkpoint.manifest, checkpoint.rename, checkpoint.after_rename, checkpoint.prune, and those
  /// of files.h.
  void save(const Checkpoint& checkpoint);

  /// The newest complete one; damaged ones are skipped with a warning that names what is wrong.
  /// Nothing if there is none. Throws IoError if one is there and the machine can read none.
  [[nodiscard]] std::optional<Checkpoint> load_latest() const;
  /// The path of the newest complete one, by its files' names and sizes; empty if there is none.
  [[nodiscard]] std::string newest() const;
  /// Steps of the checkpoints that are there, oldest first, complete or not.
  [[nodiscard]] std::vector<std::int64_t> steps() const;

 private:
  void prune(std::int64_t newest) const;

  std::string path_;
  CheckpointOptions options_;
};

}  // namespace carnyx
