#include "trainers/run_record.h"

#include <algorithm>
#include <chrono>

#include <sys/resource.h>

#include "carnyx/base/fields.h"
#include "carnyx/base/files.h"
#include "carnyx/training/model.h"

namespace carnyx {

RunRecord keep_record(const std::string& path, RunRecord record) {
  constexpr std::uint64_t kMostBytes = 1 << 20;
  if (record.trained_samples == 0 && exists(path)) {
    return from_json<RunRecord>(Json::parse(read_file(path, kMostBytes), path), path);
  }
  create_directories(parent_directory(path));
  write_file_atomically(path, to_json(record).dump(2) + "\n");
  return record;
}

std::int64_t peak_memory_bytes() {
  struct rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} << 10;  // Linux counts KiB
}

void Meter::on_train_begin(CallbackContext& context) {
  first_iteration_ = context.model.iterations();
  samples_ = 0;
  epoch_seconds_.clear();
}

void Meter::on_epoch_begin(CallbackContext&, std::int64_t) {
  epoch_began_ = clock_.steady();
}

void Meter::on_epoch_end(CallbackContext& context, std::int64_t, Logs&) {
  const RunInfo& run = context.run;
  const std::int64_t epoch_samples =
      std::min(run.samples, run.steps_per_epoch * run.batch_size);  // the last batch may be short
  const std::int64_t steps = context.model.iterations() - first_iteration_;
  samples_ = steps * epoch_samples / run.steps_per_epoch;
  if (!epoch_began_) return;  // the epoch in whose middle a resumed run went on
  const std::chrono::duration<double> seconds = clock_.steady() - *epoch_began_;
  epoch_seconds_.push_back(seconds.count());
  epoch_began_.reset();
}

}  // namespace carnyx
