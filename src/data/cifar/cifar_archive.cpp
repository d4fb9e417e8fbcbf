#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/mapped_file.h"

#include "data/byte_reader.h"
#include "data/cifar/cifar_files.h"
#include "data/cifar/cifar_records.h"
#include "data/files_in.h"
#include "data/labelled.h"
#include "data/new_folder.h"
#include "data/tar_reader.h"

namespace carnyx {
namespace {

constexpr auto kMetaName = "batches.meta.txt";

/// The number of the batch that a member holds, 5 being the test batch; nothing for the others.
std::optional<std::size_t> batch_index(const TarEntry& entry, bool is_pickled) {
  if (!entry.is_file) return std::nullopt;
  const std::vector<std::string> names = cifar_batch_names(is_pickled);
  const auto found = std::ranges::find(names, entry.base_name());
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

Dataset decode_batch(const std::string& content, bool is_pickled, const std::string& name) {
  const auto bytes = std::as_bytes(std::span(content));
  if (is_pickled) return decode_cifar_pickle(bytes, name);
  const CifarRecords records{.bytes = bytes, .name = name};
  return decode_cifar_records({&records, 1}, name);
}

[[noreturn]] void fail_twice(const std::string& archive, const TarEntry& entry) {
  throw CorruptData(format("{}: {} is in it twice", archive, entry.name));
}

using Batches = std::vector<std::optional<Dataset>>;

/// Parts from the batches, which are let go one after the other.
TrainTest parts_of(Batches& batches, const std::string& name) {
  std::string missing;
  const std::vector<std::string> names = cifar_batch_names(false);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (!batches[i]) missing += (missing.empty() ? "" : ", ") + names[i];
  }
  if (!missing.empty()) {
    throw CorruptData(
        format("{}: expected an archive of CIFAR-10 with six batches, it lacks {}", name, missing));
  }
  Dataset train = std::move(*batches[0]);
  for (std::size_t i = 1; i + 1 < batches.size(); ++i) {
    train = joined(train, *batches[i]);
    batches[i].reset();
  }
  train.name = name;
  return {.train = std::move(train), .test = std::move(*batches.back())};
}

/// Copies the member to a file, piece by piece.
void unpack_member(TarReader& tar, const std::string& path) {
  FileSink file(path);
  std::vector<std::byte> piece(std::size_t{1} << 20);
  while (const std::size_t count = tar.read_some(piece)) {
    file.write(std::span<const std::byte>(piece).first(count));
  }
  file.commit();
}

/// Whether all batches are there, of whole records.
bool is_whole(const std::string& folder) {
  try {
    const CifarFiles files = cifar_files(folder);
    if (files.is_pickled) return false;
    std::vector<std::string> paths = files.train;
    paths.push_back(files.test);
    for (const std::string& path : paths) cifar_record_count(MappedFile(path).bytes().size(), path);
    return true;
  } catch (const NotFound&) {
    return false;
  } catch (const CorruptData&) {
    return false;
  }
}

}  // namespace

TrainTest decode_cifar_archive(std::span<const std::byte> file, const std::string& name) {
  const std::unique_ptr<ByteReader> bytes = open_bytes(file, name);
  TarReader tar(*bytes);
  Batches batches(cifar_batch_names(false).size());
  while (const std::optional<TarEntry> entry = tar.next()) {
    for (const bool is_pickled : {false, true}) {
      const auto index = batch_index(*entry, is_pickled);
      if (!index) continue;
      if (batches[*index]) fail_twice(name, *entry);
      batches[*index] =
          decode_batch(tar.read(kMostFileBytes), is_pickled, format("{}: {}", name, entry->name));
    }
  }
  return parts_of(batches, name);
}

std::string unpack_cifar(const std::string& archive, const std::string& folder) {
  std::string wanted = format("{}/{}", folder, kCifarFolder);
  if (is_whole(wanted)) return wanted;
  const MappedFile file(archive);
  const std::unique_ptr<ByteReader> bytes = open_bytes(file.bytes(), archive);
  TarReader tar(*bytes);
  NewFolder unpacked(wanted, true);
  while (const std::optional<TarEntry> entry = tar.next()) {
    const bool is_meta = entry->is_file && entry->base_name() == kMetaName;
    if (!is_meta && !batch_index(*entry, false)) continue;
    const std::string path = format("{}/{}", unpacked.path(), entry->base_name());
    if (exists(path)) fail_twice(archive, *entry);
    unpack_member(tar, path);
  }
  if (!is_whole(unpacked.path())) {
    throw CorruptData(
        format("{}: expected the six batches of CIFAR-10's binary version, {}, found "
               "others or parts of them",
               archive,
               "data_batch_1.bin to test_batch.bin"));
  }
  unpacked.commit();
  return wanted;
}

}  // namespace carnyx
