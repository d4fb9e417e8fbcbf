#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "carnyx/data/dataset.h"

namespace carnyx {

/// A pickle of MNIST, plain or packed by gzip, of Python 2 or 3 and protocol 0 to 5:
/// ((x_train, y_train), (x_test, y_test)) as Keras had it, or deeplearning.net's three pairs, of
/// which the first two become the training part. Arrays of NumPy and plain values are read; a file
/// that asks for anything else by name is refused by that name, and no code of it ever runs.
/// Throws NotFound, IoError, or CorruptData.
TrainTest read_pickled_digits(const std::string& path);

/// The same from the bytes of a file; `name` is for messages.
TrainTest decode_pickled_digits(std::span<const std::byte> file, const std::string& name);

/// Writes ((x_train, y_train), (x_test, y_test)) of protocol 2, which Python 2 and 3 read without
/// further arguments; the file appears whole or not at all. Throws IoError, or InvalidArgument for
/// an array of 2 GiB and more.
void write_pickled_digits(const std::string& path, const TrainTest& digits);

}  // namespace carnyx
