#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/data/mnist.h"
#include "carnyx/data/synthetic_digits.h"
#include "carnyx/trainers/trainer.h"

#include "trainers/digits_trainer.h"
#include "trainers/job_fetch.h"
#include "trainers/job_streams.h"

namespace carnyx {
namespace {

/// As datasets::mnist(), of what the files have first.
TrainTest first_digits(const StreamedData& streams) {
  constexpr std::int64_t kClasses = 10;
  if (!streams.test) {
    throw NotFound(
        format("{}: expected a training and a test part, found one; put them into the folders "
               "train and test",
               streams.source.path));
  }
  const StreamedData digits{.source = streams.source,
                            .train = streams.train.with_classes(kClasses),
                            .test = streams.test->with_classes(kClasses)};
  return first_samples(digits);
}

}  // namespace

bool has_digits(const JobOptions& options) {
  try {
    datasets::find_mnist({.data_dir = options.data_dir});
    return true;
  } catch (const NotFound&) {
    return false;
  }
}

void DigitsTrainer::fetch_data(const JobOptions& job, const JobEnvironment& environment) const {
  if (job.fetch && !job.synthetic && !has_digits(job)) fetch_digits("", job, environment);
}

TrainTest load_given_digits(const JobOptions& options) {
  if (options.streams != nullptr) return first_digits(*options.streams);
  if (options.synthetic) return datasets::synthetic_digits();
  return datasets::mnist({.data_dir = options.data_dir});
}

TrainTest load_digits(const JobOptions& options) {
  if (options.streams != nullptr) return load_given_digits(options);
  const bool given = options.synthetic || !options.data_dir.empty();
  if (given || has_digits(options)) return load_given_digits(options);
  log::warning("MNIST is not here; training on the built-in synthetic digits instead",
               {{"remedy", "carnyx data fetch mnist, or --data-dir DIR"}});
  return datasets::synthetic_digits();
}

}  // namespace carnyx
