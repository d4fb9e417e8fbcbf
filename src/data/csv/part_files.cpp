#include "data/csv/part_files.h"

#include <cmath>
#include <cstdint>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/data/source.h"

#include "data/csv/number_rows.h"
#include "data/files_in.h"
#include "data/labelled.h"
#include "data/mapped_file.h"

namespace carnyx {
namespace {

/// The rows of some files; the files are let go once the numbers are there.
NumberRows read_rows(const std::vector<std::string>& paths, char label_separator) {
  std::vector<FileContent> files;
  files.reserve(paths.size());
  std::vector<RowText> texts;
  for (const std::string& path : paths) {
    files.emplace_back(path);
    texts.push_back({files.back().text(), path});
  }
  return parse_number_rows(texts, {.label_separator = label_separator});
}

}  // namespace

Tensor whole_labels(const Tensor& numbers, const std::string& where) {
  Tensor labels(DType::Int64, numbers.shape());
  const auto from = numbers.data<double>();
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (!(std::abs(from[i]) < 1e9) || from[i] != std::floor(from[i])) {
      throw CorruptData(format(
          "{}: row {}: expected a whole number as the label, found {}", where, i + 1, from[i]));
    }
    labels.data<std::int64_t>()[i] = static_cast<std::int64_t>(from[i]);
  }
  return labels;
}

bool is_part_file_name(const std::string& name) {
  if (name.starts_with("part-")) return true;
  for (const std::string_view ending : {".csv", ".tfrecord", ".tfrecords", ".tfr"}) {
    if (name.ends_with(ending) || name.ends_with(std::string(ending) + ".gz")) return true;
  }
  return false;
}

std::vector<std::string> part_files(const std::string& place) {
  if (is_file(place)) return {place};
  std::vector<std::string> paths;
  for (const std::string& name : content_of(place).files) {
    if (is_part_file_name(name)) paths.push_back(place + "/" + name);
  }
  if (paths.empty()) throw NotFound(format("{}: no part-* files; name their folder", place));
  return paths;
}

Dataset read_csv_pairs(const std::string& images_folder, const std::string& labels_folder) {
  const std::vector<std::string> image_paths = part_files(images_folder);
  const std::vector<std::string> label_paths = part_files(labels_folder);
  if (image_paths.size() != label_paths.size()) {
    throw CorruptData(format("{}: expected as many part files of labels as of images, {}, found {}",
                             labels_folder,
                             image_paths.size(),
                             label_paths.size()));
  }
  NumberRows images = read_rows(image_paths, '\0');
  const NumberRows labels = read_rows(label_paths, '\0');
  for (std::size_t i = 0; i < image_paths.size(); ++i) {
    if (images.rows_of_text[i] == labels.rows_of_text[i]) continue;
    throw CorruptData(format("{}: expected {} rows, one for each image of {}, found {}",
                             label_paths[i],
                             images.rows_of_text[i],
                             image_paths[i],
                             labels.rows_of_text[i]));
  }
  return labelled(std::move(images.values), labels.values, {images_folder, labels_folder});
}

Dataset read_csv_rows(const std::string& place, char label_separator) {
  NumberRows rows = read_rows(part_files(place), label_separator);
  return labelled(std::move(rows.values), whole_labels(rows.labels, place), {place, place});
}

}  // namespace carnyx
