// Whether a job's data stays on disk, and what of it is in memory then.
#pragma once

#include <cstdint>
#include <memory>

#include "carnyx/data/sample_stream.h"
#include "carnyx/trainers/trainer.h"
#include "carnyx/training/model.h"

namespace carnyx {

/// The data as streams, if that was asked for or it would take over half of the memory; null: it is
/// to be read into memory. Says how large the buffer is. Throws what opening the files meets, and
/// InvalidArgument for options that contradict each other, or data that the trainer needs in
/// memory.
std::shared_ptr<const StreamedData> open_job_streams(const Trainer& trainer,
                                                     const JobOptions& options);

/// The first samples of each part, for what looks at samples one by one: the shape that a network
/// reads, the report's pictures. No test part: test.x is empty.
TrainTest first_samples(const StreamedData& streams);

/// A job's data: all in memory, or the first samples and streams shaped as they are.
struct JobData {
  TrainTest parts;
  std::optional<SampleStream> train = std::nullopt;
  std::optional<SampleStream> test = std::nullopt;

  [[nodiscard]] bool has_test() const { return !parts.test.x.empty(); }
  [[nodiscard]] std::int64_t train_samples() const;
  [[nodiscard]] std::int64_t test_samples() const;
  History fit(Model& model, FitOptions options) const;
  [[nodiscard]] Logs evaluate(Model& model, std::int64_t batch_size) const;
  /// Validates on the test part.
  void validate_by(FitOptions& options) const;
};
/// `parts` as a trainer shaped them.
JobData job_data(TrainTest parts, const JobOptions& options);

}  // namespace carnyx
