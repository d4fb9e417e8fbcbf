#include "carnyx/trainers/table_file.h"

#include <algorithm>
#include <array>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/base/nearest.h"
#include "carnyx/data/source.h"
#include "carnyx/trainers/job.h"

namespace carnyx {
namespace {

void require_column(const std::string& path,
                    const std::vector<std::string>& header,
                    const std::string& name,
                    std::string_view wanted_for) {
  if (std::ranges::find(header, name) != header.end()) return;
  const std::vector<std::string_view> views(header.begin(), header.end());
  const auto near = nearest(name, views);
  throw CorruptData(format("{}: no column '{}', which the model {}{}",
                           path,
                           name,
                           wanted_for,
                           near ? "; is it '" + std::string(*near) + "'?" : ""));
}

}  // namespace

bool is_table(const std::string& place) {
  constexpr std::array<std::string_view, 6> kTableEndings = {
      ".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz"};
  const bool may_be = std::ranges::any_of(
      kTableEndings, [&](std::string_view ending) { return place.ends_with(ending); });
  return may_be && exists(place) && !find_data(place);
}

void write_table(const std::string& path, const TableMapping& mapping) {
  write_file_atomically(path, mapping.to_json().dump(1) + "\n");
}

std::optional<TableMapping> find_table(const std::string& model_path) {
  constexpr std::uint64_t kMostBytes = std::uint64_t{64} << 20;
  const std::string path = JobDirectory(parent_directory(model_path)).table();
  if (!exists(path)) return std::nullopt;
  return TableMapping::from_json(Json::parse(read_file(path, kMostBytes), path));
}

namespace {

Dataset rows_of(const std::string& path, const TableMapping& mapping, LabelColumn label) {
  const std::vector<std::string> header = read_table_header(path, mapping.separator);
  for (const TableColumn& column : mapping.columns) {
    require_column(path, header, column.name, "reads");
  }
  FilledValues filled;
  Dataset data = read_mapped_table(path, mapping, &filled, label);
  if (filled.unknown > 0) {
    log::warning("categories that the model has not seen are read as missing ones",
                 {{"table", path}, {"values", filled.unknown}, {"first", filled.first_unknown}});
  }
  if (filled.missing > 0) {
    log::info("missing values are filled in", {{"table", path}, {"values", filled.missing}});
  }
  return data;
}

}  // namespace

Dataset read_rows(const std::string& path, const TableMapping& mapping) {
  return rows_of(path, mapping, LabelColumn::Ignore);
}

Dataset read_labelled_rows(const std::string& path, const TableMapping& mapping) {
  require_column(path,
                 read_table_header(path, mapping.separator),
                 mapping.label.name,
                 "predicts: there is nothing to compare with");
  return rows_of(path, mapping, LabelColumn::Read);
}

}  // namespace carnyx
