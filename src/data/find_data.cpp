#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

#include "carnyx/base/files.h"
#include "carnyx/data/source.h"

#include "data/cifar/cifar_files.h"
#include "data/csv/number.h"
#include "data/csv/part_files.h"
#include "data/files_in.h"
#include "data/idx_files.h"
#include "data/images/image_folder.h"
#include "data/streams/shard_content.h"
#include "data/tfrecord/records.h"

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 9> kNames = {
    "idx", "npz", "pickle", "csv", "csv2", "csv3", "tfr", "images", "cifar"};

/// Rows by their first line: it begins with a number, or with the word that heads a label's column.
/// Any other header is that of somebody's own table (carnyx/data/table.h).
std::optional<DataFormat> format_of_rows(std::string_view text) {
  constexpr std::size_t kMostFirstBytes = 4096;  // not all of a huge file that has no lines
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text = text.substr(0, kMostFirstBytes);
  const std::string_view line = text.substr(0, text.find('\n'));
  const std::size_t end = line.find_first_of(",|");
  if (end == std::string_view::npos) return std::nullopt;
  double number = 0;
  const std::string_view first = trimmed(line.substr(0, end));
  if (!parse_whole(first, number) && first != "label" && first != "\"label\"") return std::nullopt;
  return line[end] == '|' ? DataFormat::Csv2 : DataFormat::Csv3;
}

std::optional<DataFormat> format_of_part_file(const std::string& path) {
  constexpr std::size_t kHeadBytes = 64 << 10;  // the first row's label, the first record's head
  std::string head(kHeadBytes, '\0');
  head.resize(open_shard(path)->read_some(0, std::as_writable_bytes(std::span(head))));
  if (looks_like_records(head)) return DataFormat::Tfr;
  return format_of_rows(head);
}

/// The format of a folder or a file that holds one part of a set.
std::optional<DataFormat> format_of_part(const std::string& place) {
  if (is_file(place)) return format_of_part_file(place);
  if (!is_folder(place)) return std::nullopt;
  if (is_folder(place + "/images") && is_folder(place + "/labels")) return DataFormat::Csv;
  const FolderContent content = content_of(place);
  const bool are_parts = std::any_of(content.files.begin(), content.files.end(), is_part_file_name);
  if (are_parts) return format_of_part_file(part_files(place).front());
  if (is_image_folder(place)) return DataFormat::Images;
  return std::nullopt;
}

std::optional<FoundData> find_two_parts(const std::string& folder) {
  const std::string train = folder + "/train";
  if (!is_folder(train)) return std::nullopt;
  const auto format = format_of_part(train);
  if (!format) return std::nullopt;
  const std::string test = folder + "/test";
  return FoundData{*format, folder, train, exists(test) ? test : ""};
}

std::optional<FoundData> find_mnist_archive(const std::string& folder) {
  for (const auto& [name, format] : {std::pair("mnist.npz", DataFormat::Npz),
                                     std::pair("mnist.pkl", DataFormat::Pickle),
                                     std::pair("mnist.pkl.gz", DataFormat::Pickle)}) {
    std::string path = folder + "/" + name;
    if (exists(path)) return FoundData{format, std::move(path)};
  }
  return std::nullopt;
}

/// A set with both its parts, or with a folder for the training part.
std::optional<FoundData> find_set(const std::string& folder) {
  std::string missing;
  if (find_idx_files(folder, missing)) return FoundData{DataFormat::Idx, folder};
  if (auto archive = find_mnist_archive(folder)) return archive;
  return find_two_parts(folder);
}

std::optional<FoundData> find_data_file(const std::string& path) {
  if (path.ends_with(".npz")) return FoundData{DataFormat::Npz, path};
  for (const std::string_view ending : {".pkl", ".pkl.gz", ".pickle"}) {
    if (path.ends_with(ending)) return FoundData{DataFormat::Pickle, path};
  }
  if (auto cifar = find_cifar(path)) return cifar;
  if (const auto format = format_of_part_file(path)) return FoundData{*format, path, path};
  return std::nullopt;
}

}  // namespace

std::string_view name_of(DataFormat format) {
  return kNames[static_cast<std::size_t>(format)];
}

std::optional<FoundData> find_data(const std::string& place) {
  if (is_file(place)) return find_data_file(place);
  if (!is_folder(place)) return std::nullopt;
  for (const std::string_view below : {"", "/mnist", "/csv", "/tfr", "/tfrecord"}) {
    const std::string folder = place + std::string(below);
    if (!is_folder(folder)) continue;
    if (auto found = find_set(folder)) return found;
  }
  for (const std::string_view below : {"", "/cifar10"}) {
    if (auto cifar = find_cifar(place + std::string(below))) return cifar;
  }
  // Last, as any stray file of rows makes a part.
  if (const auto format = format_of_part(place)) return FoundData{*format, place, place};
  return std::nullopt;
}

}  // namespace carnyx
