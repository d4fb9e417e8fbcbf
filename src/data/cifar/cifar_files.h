// CIFAR-10 as it is published: five batches to train on and one to test on, as records or as
// Python's pickles, in a folder or still in their archive.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "carnyx/data/dataset.h"
#include "carnyx/data/source.h"

namespace carnyx {

inline constexpr auto kCifarFolder = "cifar-10-batches-bin";
inline constexpr auto kCifarPythonFolder = "cifar-10-batches-py";
inline constexpr auto kCifarArchive = "cifar-10-binary.tar.gz";

/// The files of an unpacked set.
struct CifarFiles {
  std::vector<std::string> train;
  std::string test;
  bool is_pickled = false;
};

/// CIFAR-10 in `place` itself, a file or a folder; in a folder also below it, unpacked or not.
/// Nothing is read but names and sizes. What holds only some of the batches counts, so that
/// read_cifar() can say which are missing; so does a set of CIFAR-100, which it refuses.
std::optional<FoundData> find_cifar(const std::string& place);

/// Throws NotFound naming the batches that a folder lacks.
CifarFiles cifar_files(const std::string& folder);

/// What find_cifar() found. Throws NotFound, IoError or CorruptData.
TrainTest read_cifar(const FoundData& found);

/// An archive from its bytes, packed by gzip or not. Nothing is written to disk.
TrainTest decode_cifar_archive(std::span<const std::byte> file, const std::string& name);

/// Writes the batches of cifar-10-binary.tar.gz into `folder`/cifar-10-batches-bin, which appears
/// whole or not at all; one that is there and whole is left alone. Only files that the set is known
/// to have are written. Returns that folder. Throws NotFound, IoError or CorruptData.
std::string unpack_cifar(const std::string& archive, const std::string& folder);

/// Five batches and a test batch of nearly equal size into the folder, which is there.
/// Throws InvalidArgument unless there are two parts of uint8 images (32, 32, 3) and 10 classes.
void write_cifar(const std::string& folder, const TrainTest& parts);
/// The check alone.
void require_cifar(const TrainTest& parts);

/// "data_batch_1.bin", ..., "test_batch.bin", the last of six; of pickles without ".bin".
std::vector<std::string> cifar_batch_names(bool is_pickled);

}  // namespace carnyx
