#pragma once

#include <string>

#include "carnyx/data/dataset.h"
#include "carnyx/data/source.h"

namespace carnyx::datasets {

struct MnistOptions {
  /// A folder with the four IDX files, mnist.npz, mnist.pkl, or with CSV, TFRecord or image files
  /// in train and test, or one such file; find_data() says what all. Empty: search for them in
  /// $CARNYX_DATA, ./data/mnist, the cache that `carnyx data fetch` fills, and
  /// ../shared/data/mnist.
  std::string data_dir;
};

/// Where one MNIST lies: `source`, and the four files if it consists of them.
struct MnistFiles {
  FoundData source = {};
  std::string train_images = {};
  std::string train_labels = {};
  std::string test_images = {};
  std::string test_labels = {};
};

/// What mnist() would read; the first place that has all of it. A folder's subfolder `mnist` will
/// do as well, and IDX files may be plain or packed (.gz).
/// Throws NotFound naming the places looked at, what each lacks, and the remedy.
MnistFiles find_mnist(const MnistOptions& options = {});

/// The handwritten digits of MNIST, or a set in its format (Fashion-MNIST).
/// x [samples, rows, columns] uint8, divisor 255 (float32 if the files hold fractions); y [samples]
/// uint8 in [0, 10).
/// Throws NotFound, IoError, or CorruptData if a file is damaged or images and labels disagree.
TrainTest mnist(const MnistOptions& options = {});

/// Where fetched data sets are kept: $XDG_CACHE_HOME/carnyx, or ~/.cache/carnyx.
/// Throws NotFound if neither variable is set.
std::string cache_directory();

}  // namespace carnyx::datasets
