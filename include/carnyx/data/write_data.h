#pragma once

#include <string>

#include "carnyx/data/dataset.h"
#include "carnyx/data/source.h"

namespace carnyx {

struct WriteOptions {
  DataFormat format = DataFormat::Csv;
  int num_partitions = 10;  ///< part files of each part, for the formats that have them
  bool overwrite = false;   ///< replace a folder of this name
};

/// Writes a labelled set into the new folder `directory`, in the layout of TensorFlowOnSpark's
/// mnist_data_setup.py for csv, csv2 and tfr, under the usual names for idx, npz, pickle and cifar
/// (batches of records), and as PNG files in a folder a class for images, which are read again
/// class by class. The folder appears whole or not at all. A set of one part (`parts.test.x` empty)
/// becomes `train` alone, where the format can say so. Throws InvalidArgument if the folder exists,
/// or the format can't hold the set, or IoError.
void write_data(const std::string& directory, const TrainTest& parts, const WriteOptions& options);

/// Throws CorruptData naming the part and the first sample that differs in pixels or label from
/// what was written in this format.
void check_same_data(const TrainTest& original, const TrainTest& read, DataFormat format);

}  // namespace carnyx
