#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/data/dataset.h"

namespace carnyx {

/// How labelled images lie on disk. In the order of the names that `data convert --format` takes.
enum class DataFormat {
  Idx,     ///< MNIST's four files
  Npz,     ///< x_train, y_train, x_test, y_test in a NumPy archive, as Keras's mnist.npz
  Pickle,  ///< ((x_train, y_train), (x_test, y_test)), as Keras's mnist.pkl, also .gz
  Csv,     ///< images/part-* of "0,0,12" and labels/part-* of one-hot "0.0,1.0"
  Csv2,    ///< part-* of "5|0,0,12"
  Csv3,    ///< part-* of "5,0,0,12"
  Tfr,     ///< part-* or *.tfrecord of tf.Example
  Images,  ///< a folder a class of PNG or JPEG files
  Cifar,   ///< CIFAR-10's batches of records or pickles, in a folder or an archive (.tar.gz)
};

/// "idx", "npz", "pickle", "csv", "csv2", "csv3", "tfr", "images", "cifar".
std::string_view name_of(DataFormat format);

/// A data set on disk: one part (train alone) or two.
struct FoundData {
  DataFormat format = DataFormat::Idx;
  std::string path;        ///< the file, or the folder that holds it
  std::string train = {};  ///< the training part's folder or file; empty if `path` holds both
  std::string test = {};   ///< empty if there is none
};

/// What lies at `place`, by its content: a file, a folder with one of the formats, with `train` and
/// `test` folders of it, or with a subfolder mnist, csv, tfr, tfrecord, cifar10 or one of
/// CIFAR-10's own that has. Nothing if no format is recognised; throws IoError.
std::optional<FoundData> find_data(const std::string& place);

/// A data set in memory. `parts.test.x` is empty if there is one part.
struct LoadedData {
  FoundData source;
  TrainTest parts;
  std::vector<std::string> class_names = {};  ///< empty: classes have numbers only
  [[nodiscard]] bool has_test() const { return !parts.test.x.empty(); }
};

/// Reads what find_data() found. Throws NotFound, IoError, or CorruptData naming the file, the line
/// or byte, what was expected and what came.
LoadedData read_data(const FoundData& found);

/// TensorFlowOnSpark's pair of folders: part files of "0,0,12" and of one-hot "0.0,1.0". Row i of
/// part p of both belong together, so parts must agree in number and rows. Throws as read_data().
Dataset read_csv_pairs(const std::string& images_folder, const std::string& labels_folder);

/// find_data() and read_data(); NotFound with a list of what is understood if there is nothing.
LoadedData read_data(const std::string& place);

}  // namespace carnyx
