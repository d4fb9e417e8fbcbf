#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/data/dataset.h"

namespace carnyx {

/// What becomes of a value that is not there. The name is also the option's text.
enum class MissingValue {
  Error,  ///< "error": refused, naming line and column
  Mean,   ///< "mean": the column's mean; of a category, the most frequent one
  Zero,  ///< "zero": 0 before standardising; of a category, none: zeros, or the code after the last
};

/// How categories become numbers.
enum class CategoryCoding {
  OneHot,  ///< "one_hot": a column of zeros and ones for each category
  Codes,   ///< "codes": one column, the category's place in their order
};

/// How a table with a header is to be read. Columns are named by their header, or by their
/// position: "0" is the first and "-1" the last one.
struct TableOptions {
  std::string label = "-1";                   ///< the column that is to be predicted
  bool is_regression = false;                 ///< the label is a number, not a class
  std::vector<std::string> categorical = {};  ///< taken as categories though they look like numbers
  std::vector<std::string> ignored = {};
  CategoryCoding coding = CategoryCoding::OneHot;
  bool standardise = false;  ///< numbers: minus mean, over standard deviation (of the population)
  MissingValue missing = MissingValue::Error;
  char separator = ',';
};

struct TableColumn {
  std::string name;
  bool is_categorical = false;
  std::vector<std::string> categories = {};  ///< in order: as numbers if all are, else by bytes
  double mean = 0;                           ///< of numbers
  double deviation = 1;                      ///< 1 if the column is constant
  std::int64_t most_frequent = 0;            ///< index of a category
  std::int64_t missing = 0;                  ///< values that were not there when it was fitted
};

/// Everything that turns a row's texts into numbers. Kept with a model, it reads new rows the same
/// way, whatever values those have.
struct TableMapping {
  std::vector<TableColumn> columns;  ///< the inputs, in the order of the header
  TableColumn label;                 ///< categorical unless is_regression
  CategoryCoding coding = CategoryCoding::OneHot;
  bool standardise = false;
  MissingValue missing = MissingValue::Error;
  char separator = ',';

  /// A name for each number of a sample: "age", "colour=red".
  [[nodiscard]] std::vector<std::string> feature_names() const;
  [[nodiscard]] Json to_json() const;
  /// Throws CorruptData naming the path in the JSON.
  static TableMapping from_json(const Json& json);
};

struct Table {
  Dataset data;  ///< x [rows, features] float32; y classes, or float32 [rows, 1] for regression
  TableMapping mapping;
};

/// Reads a CSV file with a header, plain or packed by gzip, as RFC 4180 says: fields may be in
/// quotes, with separators, line ends and doubled quotes inside. Columns whose every value is a
/// number are numbers, the others categories. Not there are empty fields outside quotes, NA, N/A,
/// NaN, null and ?. The file is parsed on all CPUs; the result does not depend on how many.
/// Throws NotFound for a file or column that is not there, InvalidArgument for options that
/// contradict each other, IoError, or CorruptData naming file, line, column and remedy.
Table read_table(const std::string& path, const TableOptions& options = {});

/// What new rows had that was filled in, as the mapping's `missing` says.
struct FilledValues {
  std::int64_t missing = 0;
  std::int64_t unknown = 0;        ///< categories that were not there when it was fitted
  std::string first_unknown = {};  ///< "line 3, column 'colour': 'mauve'"; empty: none
};

/// What becomes of the label's column in new rows.
enum class LabelColumn {
  Read,   ///< y; all 0 if the column is missing
  Ignore  ///< y is all 0, whatever the column holds
};

/// Reads new rows as `mapping` says; columns are found by their names, in any order. A category
/// that was not there when the mapping was fitted is an error if missing values are, and else like
/// a missing value; `filled`, if not null, says how many.
Dataset read_mapped_table(const std::string& path,
                          const TableMapping& mapping,
                          FilledValues* filled = nullptr,
                          LabelColumn label = LabelColumn::Read);

/// The names in a table's header. Throws as read_table().
std::vector<std::string> read_table_header(const std::string& path, char separator = ',');

/// The same from a text; `name` is for messages.
Table parse_table(std::string_view text, const std::string& name, const TableOptions& options = {});
Dataset parse_mapped_table(std::string_view text,
                           const std::string& name,
                           const TableMapping& mapping,
                           FilledValues* filled = nullptr,
                           LabelColumn label = LabelColumn::Read);

}  // namespace carnyx
