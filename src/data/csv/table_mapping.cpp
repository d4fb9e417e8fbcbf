#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/data/table.h"

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 3> kMissing = {"error", "mean", "zero"};
constexpr std::array<std::string_view, 2> kCodings = {"one_hot", "codes"};

template <std::size_t N>
std::size_t index_in(const std::array<std::string_view, N>& names, const Json& json) {
  const std::string& name = json.as_string();
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return i;
  }
  std::string known;
  for (const std::string_view each : names)
    known += (known.empty() ? "" : ", ") + std::string(each);
  throw CorruptData(format("{}: expected one of {}, found '{}'", json.place(), known, name));
}

Json column_json(const TableColumn& column) {
  Json json = Json::object({{"name", column.name}, {"missing", column.missing}});
  if (column.is_categorical) {
    json.set("categories", Json::array_of(column.categories));
    json.set("most_frequent", column.most_frequent);
  } else {
    json.set("mean", column.mean);
    json.set("deviation", column.deviation);
  }
  return json;
}

TableColumn column_from(const Json& json) {
  TableColumn column{.name = json.at("name").as_string(), .missing = json.at("missing").as_int()};
  const Json* categories = json.find("categories");
  column.is_categorical = categories != nullptr;
  if (categories == nullptr) {
    column.mean = json.at("mean").as_number();
    column.deviation = json.at("deviation").as_number();
    if (!(column.deviation > 0)) {
      throw CorruptData(format("{}: expected a deviation above 0", json.at("deviation").place()));
    }
    return column;
  }
  for (const Json& category : categories->items())
    column.categories.push_back(category.as_string());
  column.most_frequent = json.at("most_frequent").as_int();
  const auto count = static_cast<std::int64_t>(column.categories.size());
  if (column.most_frequent < 0 || column.most_frequent >= std::max<std::int64_t>(count, 1)) {
    throw CorruptData(format("{}: expected the index of a category, found {}",
                             json.at("most_frequent").place(),
                             column.most_frequent));
  }
  return column;
}

}  // namespace

std::vector<std::string> TableMapping::feature_names() const {
  std::vector<std::string> names;
  for (const TableColumn& column : columns) {
    if (!column.is_categorical || coding == CategoryCoding::Codes) {
      names.push_back(column.name);
      continue;
    }
    for (const std::string& category : column.categories)
      names.push_back(column.name + "=" + category);
  }
  return names;
}

Json TableMapping::to_json() const {
  Json list = Json::array();
  for (const TableColumn& column : columns) list.push_back(column_json(column));
  return Json::object({{"schema", 1},
                       {"columns", std::move(list)},
                       {"label", column_json(label)},
                       {"coding", kCodings[static_cast<std::size_t>(coding)]},
                       {"standardise", standardise},
                       {"missing", kMissing[static_cast<std::size_t>(missing)]},
                       {"separator", std::string(1, separator)}});
}

TableMapping TableMapping::from_json(const Json& json) {
  TableMapping mapping;
  for (const Json& column : json.at("columns").items())
    mapping.columns.push_back(column_from(column));
  mapping.label = column_from(json.at("label"));
  mapping.coding = static_cast<CategoryCoding>(index_in(kCodings, json.at("coding")));
  mapping.standardise = json.at("standardise").as_bool();
  mapping.missing = static_cast<MissingValue>(index_in(kMissing, json.at("missing")));
  const std::string& separator = json.at("separator").as_string();
  if (separator.size() != 1) {
    throw CorruptData(format("{}: expected one character", json.at("separator").place()));
  }
  mapping.separator = separator[0];
  return mapping;
}

}  // namespace carnyx
