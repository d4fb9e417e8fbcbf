#pragma once

#include <cstdint>

#include "carnyx/data/dataset.h"

namespace carnyx::datasets {

struct SyntheticOptions {
  std::int64_t train = 60'000;
  std::int64_t test = 10'000;
  std::uint64_t seed = 1;
};

/// Handwritten-looking digits drawn by Carnyx itself, where neither MNIST nor a network is at hand.
/// x [samples, 28, 28] uint8, white on black as in MNIST, divisor 255; y [samples] uint8, 10
/// classes. A sample is a function of (seed, train or test, index) alone, in integer arithmetic:
/// the same bytes on every machine, and a smaller set is the beginning of a larger one. Throws
/// InvalidArgument if a count is negative.
TrainTest synthetic_digits(const SyntheticOptions& options = {});

}  // namespace carnyx::datasets
