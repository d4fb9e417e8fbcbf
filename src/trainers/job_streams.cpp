#include "trainers/job_streams.h"

#include <algorithm>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/data/mnist.h"

namespace carnyx {
namespace {

constexpr std::int64_t kMegabyte = 1'000'000;
constexpr std::int64_t kDefaultMegabytes = 256;
/// Of the limit, for the test samples that are in memory.
constexpr std::int64_t kShareOfSamples = 8;

std::optional<FoundData> found_data(const JobOptions& options) {
  if (options.synthetic) {
    if (!options.stream) return std::nullopt;
    throw InvalidArgument(
        "--stream: the synthetic digits are made in memory and are nowhere to be streamed from; "
        "leave out --synthetic, or --stream");
  }
  try {
    if (!options.data_dir.empty()) {
      if (auto found = find_data(options.data_dir)) return found;
    }
    return datasets::find_mnist({.data_dir = options.data_dir}).source;
  } catch (const NotFound&) {
    if (options.stream) throw;
    return std::nullopt;  // what reads data says what is missing, or has other data
  }
}

/// What is read as a whole is so, however large it is.
bool is_wanted(const FoundData& found, const JobOptions& options, std::int64_t needed) {
  if (options.stream) return true;
  const std::int64_t available = available_memory_bytes();
  return available > 0 && needed > available / 2 && can_stream(found);
}

}  // namespace

std::shared_ptr<const StreamedData> open_job_streams(const Trainer& trainer,
                                                     const JobOptions& options) {
  if (options.shuffle_buffer < 0 || options.memory_limit < 0) {
    throw InvalidArgument(
        format("--shuffle-buffer and --memory-limit can't be negative, got {} and {}",
               options.shuffle_buffer,
               options.memory_limit));
  }
  if (!trainer.can_stream(options)) {
    if (!options.stream) return nullptr;
    throw InvalidArgument(format(
        "--stream: {} reads this data into memory as a whole; leave the flag out", trainer.name()));
  }
  const auto found = found_data(options);
  if (!found) return nullptr;
  const std::int64_t needed = estimated_bytes(*found);
  if (!is_wanted(*found, options, needed)) return nullptr;
  const std::int64_t limit =
      kMegabyte * (options.memory_limit > 0 ? options.memory_limit : kDefaultMegabytes);
  auto streams = std::make_shared<const StreamedData>(open_streams(
      *found,
      {.buffer_samples = options.shuffle_buffer, .memory_bytes = limit - limit / kShareOfSamples}));
  log::info(
      options.stream ? "streaming the data"
                     : "the data would take over half of the memory: streaming it",
      {{"samples", streams->train.samples()},
       {"shuffle_buffer", streams->train.buffer_samples()},
       {"buffer_mb", streams->train.buffer_samples() * streams->train.sample_bytes() / kMegabyte},
       {"data_mb", needed / kMegabyte}});
  return streams;
}

TrainTest first_samples(const StreamedData& streams) {
  constexpr std::int64_t kFirstSamples = 32;  // for their shape
  constexpr std::int64_t kMostTestSamples = 10'000;
  TrainTest parts{.train = streams.train.first_samples(kFirstSamples)};
  if (!streams.test) return parts;
  const std::int64_t fitting =
      std::max<std::int64_t>(streams.test->buffer_samples() / kShareOfSamples, 1);
  parts.test = streams.test->first_samples(std::min(fitting, kMostTestSamples));
  return parts;
}

JobData job_data(TrainTest parts, const JobOptions& options) {
  JobData data{.parts = std::move(parts)};
  if (options.streams == nullptr) return data;
  const auto shaped = [](const SampleStream& stream, const Dataset& as) {
    return stream.with_sample_shape(as.sample_shape()).with_classes(as.classes);
  };
  data.train = shaped(options.streams->train, data.parts.train);
  if (options.streams->test) data.test = shaped(*options.streams->test, data.parts.test);
  return data;
}

std::int64_t JobData::train_samples() const {
  return train ? train->samples() : parts.train.samples();
}

std::int64_t JobData::test_samples() const {
  return test ? test->samples() : parts.test.samples();
}

History JobData::fit(Model& model, FitOptions options) const {
  return train ? model.fit(*train, std::move(options)) : model.fit(parts.train, std::move(options));
}

Logs JobData::evaluate(Model& model, std::int64_t batch_size) const {
  return test ? model.evaluate(*test, {.batch_size = batch_size})
              : model.evaluate(parts.test, {.batch_size = batch_size});
}

void JobData::validate_by(FitOptions& options) const {
  if (test) {
    options.validation_stream = test;
  } else {
    options.validation_data = parts.test;
  }
}

}  // namespace carnyx
