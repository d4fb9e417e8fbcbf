#pragma once

#include <string>

#include "carnyx/data/dataset.h"

namespace carnyx::datasets {

struct MnistOptions {
  /// A folder with the four IDX files or mnist.npz, or an .npz file. Empty: search for them in
  /// $CARNYX_DATA, ./data/mnist, the cache that `carnyx data fetch` fills, and
  /// ../shared/data/mnist.
  std::string data_dir;
};

/// The files of one MNIST: the four IDX files, or one .npz file and the others empty.
struct MnistFiles {
  std::string train_images = {};
  std::string train_labels = {};
  std::string test_images = {};
  std::string test_labels = {};
  std::string npz = {};
};

/// Which files mnist() would read; the first place that has all of them. A folder's subfolder
/// `mnist` will do as well, and IDX files may be plain or packed (.gz).
/// Throws NotFound naming the places looked at, what each lacks, and the remedy.
MnistFiles find_mnist(const MnistOptions& options = {});

/// The handwritten digits of MNIST, or a set in its format (Fashion-MNIST).
/// x [samples, rows, columns] uint8, divisor 255; y [samples] uint8 in [0, 10).
/// Throws NotFound, IoError, or CorruptData if a file is damaged or images and labels disagree.
TrainTest mnist(const MnistOptions& options = {});

/// Where fetched data sets are kept: $XDG_CACHE_HOME/carnyx, or ~/.cache/carnyx.
/// Throws NotFound if neither variable is set.
std::string cache_directory();

}  // namespace carnyx::datasets
