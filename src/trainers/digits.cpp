#include "carnyx/base/error.h"
#include "carnyx/base/log.h"
#include "carnyx/data/fetch.h"
#include "carnyx/data/mnist.h"
#include "carnyx/data/synthetic_digits.h"
#include "carnyx/trainers/trainer.h"

namespace carnyx {
namespace {

bool found(const datasets::MnistOptions& options) {
  try {
    datasets::find_mnist(options);
    return true;
  } catch (const NotFound&) {
    return false;
  }
}

/// A download that fails is no reason not to train: the caller falls back.
void fetch_quietly(const JobOptions& options) {
  try {
    fetch_dataset("mnist", {.directory = options.data_dir});
  } catch (const Error& error) {
    log::warning("MNIST could not be fetched", {{"reason", error.what()}});
  }
}

}  // namespace

TrainTest load_given_digits(const JobOptions& options) {
  if (options.synthetic) return datasets::synthetic_digits();
  return datasets::mnist({.data_dir = options.data_dir});
}

TrainTest load_digits(const JobOptions& options) {
  const datasets::MnistOptions place{.data_dir = options.data_dir};
  const bool given = options.synthetic || !options.data_dir.empty();
  if (!given && options.fetch && !found(place)) fetch_quietly(options);
  if (given || found(place)) return load_given_digits(options);
  log::warning("MNIST is not here; training on the built-in synthetic digits instead",
               {{"remedy", "carnyx data fetch mnist, or --data-dir DIR"}});
  return datasets::synthetic_digits();
}

}  // namespace carnyx
