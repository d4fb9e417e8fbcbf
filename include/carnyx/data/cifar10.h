#pragma once

#include <span>
#include <string>
#include <string_view>

#include "carnyx/data/dataset.h"
#include "carnyx/data/source.h"

namespace carnyx::datasets {

struct Cifar10Options {
  /// A folder or archive with CIFAR-10 in any form that find_data() knows. Empty: search for it in
  /// $CARNYX_DATA, ./data/cifar10, the cache that `carnyx data fetch` fills, and
  /// ../shared/data/cifar10.
  std::string data_dir;
};

/// What cifar10() would read: the first place that has it.
/// Throws NotFound naming the places looked at and the remedy.
FoundData find_cifar10(const Cifar10Options& options = {});

/// The 60,000 photographs of CIFAR-10.
/// x [samples, 32, 32, 3] uint8, divisor 255; y [samples] uint8 in [0, 10).
/// Throws NotFound, IoError, or CorruptData if files are damaged or hold something else.
/// Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.
TrainTest cifar10(const Cifar10Options& options = {});

/// "airplane", ..., "truck", in the order of the labels.
std::span<const std::string_view> cifar10_classes();

}  // namespace carnyx::datasets
