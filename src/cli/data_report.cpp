#include "cli/data_report.h"

#include <algorithm>
#include <utility>

#include "carnyx/base/format.h"

namespace carnyx::cli {
namespace {

std::string part_line(std::string_view name, const Dataset& part) {
  const Range range = range_of(part.x);
  return format("{:<6} {} samples of {} {}, values {} to {}, mean {:.4f}, divided by {}\n",
                name,
                part.samples(),
                name_of(part.x.dtype()),
                part.sample_shape().to_string(),
                range.least,
                range.most,
                range.mean,
                part.divisor);
}

Json part_json(const Dataset& part) {
  const Range range = range_of(part.x);
  return Json::object({{"samples", part.samples()},
                       {"sample_shape", Json::array_of(part.sample_shape())},
                       {"dtype", name_of(part.x.dtype())},
                       {"min", range.least},
                       {"max", range.most},
                       {"mean", range.mean},
                       {"divisor", part.divisor},
                       {"label_dtype", name_of(part.y.dtype())},
                       {"class_counts", Json::array_of(class_counts(part))}});
}

std::string class_name(const LoadedData& data, std::size_t index) {
  return data.class_names.empty() ? std::to_string(index) : data.class_names[index];
}

std::string class_table(const LoadedData& data) {
  constexpr std::size_t kMostLines = 40;
  const std::vector<std::int64_t> train = class_counts(data.parts.train);
  const std::vector<std::int64_t> test =
      data.has_test() ? class_counts(data.parts.test) : std::vector<std::int64_t>{};
  std::string text = format("{:<16} {:>9}{}\n", "class", "train", test.empty() ? "" : "      test");
  for (std::size_t i = 0; i < std::min(train.size(), kMostLines); ++i) {
    text += format("{:<16} {:>9}", class_name(data, i), train[i]);
    text += test.empty() ? "\n" : format(" {:>9}\n", test[i]);
  }
  if (train.size() > kMostLines) text += format("... and {} more\n", train.size() - kMostLines);
  return text;
}

/// "age  number, mean 2.5, deviation 1.1" or "kind  3 categories: a, b, c".
std::string column_line(const TableColumn& column) {
  std::string text = format("{:<20} ", column.name);
  if (column.is_categorical) {
    constexpr std::size_t kMostNames = 8;
    text += format("{} categories:", column.categories.size());
    for (std::size_t i = 0; i < std::min(column.categories.size(), kMostNames); ++i) {
      text += (i == 0 ? " " : ", ") + column.categories[i];
    }
    if (column.categories.size() > kMostNames) text += ", ...";
  } else {
    text += format("number, mean {:.6g}, deviation {:.6g}", column.mean, column.deviation);
  }
  return text + (column.missing > 0 ? format(", {} missing\n", column.missing) : "\n");
}

}  // namespace

std::string table_text(const Table& table) {
  std::string text = format("{}: table of {} rows, {} columns, {} numbers a row as one-hot\n",
                            table.data.name,
                            table.data.samples(),
                            table.mapping.columns.size() + 1,
                            table.data.x.shape()[1]);
  for (const TableColumn& column : table.mapping.columns) text += column_line(column);
  return text + "label: " + column_line(table.mapping.label);
}

Json table_json(const Table& table) {
  return Json::object({{"schema", 1},
                       {"path", table.data.name},
                       {"format", "table"},
                       {"rows", table.data.samples()},
                       {"features", table.data.x.shape()[1]},
                       {"mapping", table.mapping.to_json()}});
}

Range range_of(const Tensor& tensor) {
  const std::int64_t count = tensor.elements();
  if (count == 0 || tensor.empty()) return {};
  Range range{.least = tensor.at(0), .most = tensor.at(0)};
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const double value = load_element(tensor.bytes(), tensor.dtype(), i);
    range.least = std::min(range.least, value);
    range.most = std::max(range.most, value);
    sum += value;
  }
  range.mean = sum / static_cast<double>(count);
  return range;
}

std::vector<std::int64_t> class_counts(const Dataset& part) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(part.classes));
  for (std::int64_t i = 0; i < part.samples(); ++i) {
    ++counts[static_cast<std::size_t>(part.y.at(i))];
  }
  return counts;
}

std::string report_text(const LoadedData& data) {
  std::string text = format("{}: {}\n", data.source.path, name_of(data.source.format));
  text += part_line("train", data.parts.train);
  if (data.has_test()) text += part_line("test", data.parts.test);
  return text + class_table(data);
}

Json report_json(const LoadedData& data) {
  Json parts = Json::object({{"train", part_json(data.parts.train)}});
  if (data.has_test()) parts.set("test", part_json(data.parts.test));
  return Json::object({{"schema", 1},
                       {"path", data.source.path},
                       {"format", name_of(data.source.format)},
                       {"classes", data.parts.train.classes},
                       {"class_names", Json::array_of(data.class_names)},
                       {"parts", std::move(parts)}});
}

}  // namespace carnyx::cli
