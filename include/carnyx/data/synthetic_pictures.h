#pragma once

#include <cstdint>

#include "carnyx/data/dataset.h"

namespace carnyx::datasets {

struct SyntheticPicturesOptions {
  std::int64_t train = 50'000;
  std::int64_t test = 10'000;
  std::uint64_t seed = 1;
};

/// Colour pictures of ten figures (disc, ring, square, frame, triangle, plus, bar, two discs, half
/// a disc, checkers), drawn by Carnyx itself, where neither CIFAR-10 nor a network is at hand.
/// Colours say nothing, and a figure may lie anywhere, so that a linear model stays far behind a
/// small convolutional one. x [samples, 32, 32, 3] uint8, divisor 255; y [samples] uint8, 10
/// classes. A sample is a function of (seed, train or test, index) alone, in integer arithmetic:
/// the same bytes on every machine, and a smaller set is the beginning of a larger one. Throws
/// InvalidArgument if a count is negative.
TrainTest synthetic_pictures(const SyntheticPicturesOptions& options = {});

}  // namespace carnyx::datasets
