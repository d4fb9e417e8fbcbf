// CIFAR-10 as the ResNet program reads it.
#pragma once

#include <cstdint>

#include "carnyx/data/dataset.h"
#include "carnyx/trainers/job.h"

namespace carnyx {

/// Fetches CIFAR-10 to where load_cifar() looks, if asked to and not here. Throws Cancelled, and
/// what fetching meets.
void fetch_cifar(const JobOptions& options, const JobEnvironment& environment);

/// CIFAR-10 where the options say or where it is searched for, the original's folder below /tmp
/// among the places; synthetic pictures, if asked to.
/// Throws NotFound saying what to run.
TrainTest load_cifar(const JobOptions& options);

/// One picture of noise and one label, as often as asked for: for measuring speed.
/// x [samples, 32, 32, 3] uint8 in 7 to 247; y [samples] uint8 below 9.
TrainTest one_picture(std::int64_t train_samples, std::int64_t test_samples);

/// Samples that are padded by 4, cropped, flipped and standardised anew each time, by (seed, epoch,
/// sample); and others that are standardised alone.
Dataset augmented(Dataset data);
Dataset standardised(Dataset data);

}  // namespace carnyx
