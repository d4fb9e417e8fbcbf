#include "data/cifar/cifar_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/mapped_file.h"

#include "data/byte_reader.h"
#include "data/cifar/cifar_records.h"
#include "data/files_in.h"
#include "data/labelled.h"

namespace carnyx {
namespace {

constexpr int kTrainBatches = 5;
constexpr std::array kArchiveEndings = {".tar.gz", ".tgz", ".tar"};

std::uint64_t size_of_file(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) throw io_error("look at", path, error.value());
  return size;
}

bool is_archive_name(const std::string& path) {
  return std::ranges::any_of(kArchiveEndings,
                             [&](const char* ending) { return path.ends_with(ending); });
}

bool has_records(const std::string& path) {
  const std::uint64_t size = size_of_file(path);
  return size > 0 && (size % kCifarRecordBytes == 0 || size % kCifar100RecordBytes == 0);
}

std::optional<FoundData> find_cifar_file(const std::string& path) {
  if (is_archive_name(path)) return FoundData{DataFormat::Cifar, path};
  if (path.ends_with(".bin") && has_records(path)) return FoundData{DataFormat::Cifar, path, path};
  return std::nullopt;
}

bool has_batch(const std::string& folder, bool is_pickled) {
  const std::vector<std::string> names = cifar_batch_names(is_pickled);
  return std::ranges::any_of(names,
                             [&](const std::string& name) { return is_file(folder + "/" + name); });
}

bool is_cifar100(const std::string& folder) {
  const std::string train = folder + "/train.bin";
  return is_file(train) && is_file(folder + "/test.bin") &&
         size_of_file(train) % kCifar100RecordBytes == 0;
}

std::optional<FoundData> find_folder(const std::string& folder) {
  for (const bool is_pickled : {false, true}) {
    if (has_batch(folder, is_pickled)) return FoundData{DataFormat::Cifar, folder};
  }
  // Its test part is enough to say what it is.
  const std::string test = folder + "/test.bin";
  if (is_cifar100(folder)) return FoundData{DataFormat::Cifar, folder, test};
  return std::nullopt;
}

std::optional<FoundData> find_cifar_archive(const std::string& folder) {
  for (const char* stem : {"cifar-10-binary", "cifar-10-python"}) {
    for (const char* ending : kArchiveEndings) {
      std::string path = format("{}/{}{}", folder, stem, ending);
      if (is_file(path)) return FoundData{DataFormat::Cifar, std::move(path)};
    }
  }
  return std::nullopt;
}

Dataset read_batches(const std::vector<std::string>& paths, const std::string& name) {
  std::vector<MappedFile> files;
  std::vector<CifarRecords> batches;
  files.reserve(paths.size());
  for (const std::string& path : paths) {
    files.emplace_back(path);
    batches.push_back({.bytes = files.back().bytes(), .name = path});
  }
  return decode_cifar_records(batches, name);
}

Dataset read_pickles(const std::vector<std::string>& paths) {
  std::optional<Dataset> all;
  for (const std::string& path : paths) {
    const std::string file = read_data_file(path);
    Dataset batch = decode_cifar_pickle(std::as_bytes(std::span(file)), path);
    all = all ? joined(*all, batch) : std::move(batch);
  }
  return std::move(*all);
}

}  // namespace

std::vector<std::string> cifar_batch_names(bool is_pickled) {
  const char* ending = is_pickled ? "" : ".bin";
  std::vector<std::string> names;
  for (int i = 1; i <= kTrainBatches; ++i) names.push_back(format("data_batch_{}{}", i, ending));
  names.push_back(format("test_batch{}", ending));
  return names;
}

std::optional<FoundData> find_cifar(const std::string& place) {
  if (is_file(place)) return find_cifar_file(place);
  for (const char* below : {"", kCifarFolder, kCifarPythonFolder}) {
    const std::string folder = *below == '\0' ? place : format("{}/{}", place, below);
    if (!is_folder(folder)) continue;
    if (auto found = find_folder(folder)) return found;
  }
  return find_cifar_archive(place);
}

CifarFiles cifar_files(const std::string& folder) {
  CifarFiles files{.is_pickled = !has_batch(folder, false)};
  std::string missing;
  for (const std::string& name : cifar_batch_names(files.is_pickled)) {
    const std::string path = folder + "/" + name;
    if (!is_file(path)) missing.append(missing.empty() ? "" : ", ").append(name);
    files.train.push_back(path);
  }
  if (!missing.empty()) {
    throw NotFound(format(
        "{}: lacks {}; fetch CIFAR-10 again with carnyx data fetch cifar10", folder, missing));
  }
  files.test = std::move(files.train.back());
  files.train.pop_back();
  return files;
}

TrainTest read_cifar(const FoundData& found) {
  if (!found.train.empty()) return {.train = read_batches({found.train}, found.train), .test = {}};
  if (is_file(found.path)) {
    const MappedFile archive(found.path);
    return decode_cifar_archive(archive.bytes(), found.path);
  }
  const CifarFiles files = cifar_files(found.path);
  if (files.is_pickled) return {read_pickles(files.train), read_pickles({files.test})};
  return {read_batches(files.train, found.path), read_batches({files.test}, files.test)};
}

}  // namespace carnyx
