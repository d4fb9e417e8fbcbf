#include "carnyx/data/table.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <optional>
#include <unordered_map>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/mutex.h"

#include "data/csv/number.h"
#include "data/csv/table_fit.h"
#include "data/csv/table_text.h"
#include "data/mapped_file.h"
#include "data/parallel.h"

namespace carnyx {
namespace {

constexpr std::int64_t kMostBytes = std::int64_t{8} << 30;

/// So that a category is found without making a string of its field.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};
using CategoryIndex = std::unordered_map<std::string, std::int64_t, TextHash, std::equal_to<>>;

CategoryIndex index_of(const TableColumn& column) {
  CategoryIndex index;
  for (std::size_t i = 0; i < column.categories.size(); ++i) {
    index.emplace(column.categories[i], static_cast<std::int64_t>(i));
  }
  return index;
}

std::optional<std::int64_t> find_category(const CategoryIndex& index, const TableField& field) {
  const auto found = field.has_quotes
                         ? index.find(content_of(field))
                         : index.find(field.is_quoted ? field.text : trimmed(field.text));
  if (found == index.end()) return std::nullopt;
  return found->second;
}

std::int64_t features_of(const TableColumn& column, CategoryCoding coding) {
  const bool is_spread = column.is_categorical && coding == CategoryCoding::OneHot;
  return is_spread ? static_cast<std::int64_t>(column.categories.size()) : 1;
}

/// An input column: where it stands in the rows, where its numbers begin in a sample.
struct Source {
  const TableColumn* column = nullptr;
  std::size_t place = 0;
  std::int64_t first = 0;
  CategoryIndex categories = {};
};

/// What encoding met that had to be filled in; counted from all threads.
class FillCount {
 public:
  void add_missing() { ++missing_; }
  void add_unknown(const TableField& field, std::size_t column) {
    ++unknown_;
    const MutexLock lock(mutex_);
    if (first_ != nullptr && first_ <= field.text.data()) return;
    first_ = field.text.data();
    first_size_ = field.text.size();
    column_ = column;
  }
  [[nodiscard]] FilledValues result(const TableText& text) const {
    FilledValues filled{.missing = missing_, .unknown = unknown_};
    const MutexLock lock(mutex_);
    if (first_ == nullptr) return filled;
    filled.first_unknown = format("line {}, column '{}': '{}'",
                                  text.line_of(first_),
                                  text.header()[column_],
                                  std::string_view(first_, std::min<std::size_t>(first_size_, 40)));
    return filled;
  }

 private:
  std::atomic<std::int64_t> missing_ = 0;
  std::atomic<std::int64_t> unknown_ = 0;
  mutable Mutex mutex_;
  const char* first_ CARNYX_GUARDED_BY(mutex_) = nullptr;  // in the text
  std::size_t first_size_ CARNYX_GUARDED_BY(mutex_) = 0;
  std::size_t column_ CARNYX_GUARDED_BY(mutex_) = 0;
};

class Encoder {
 public:
  Encoder(const TableText& text, const TableMapping& mapping, LabelColumn label)
      : text_(text), mapping_(mapping) {
    for (const TableColumn& column : mapping.columns) {
      sources_.push_back({.column = &column,
                          .place = find_column(text, column.name),
                          .first = features_,
                          .categories = index_of(column)});
      features_ += features_of(column, mapping.coding);
    }
    const auto& header = text.header();
    if (label == LabelColumn::Read &&
        std::find(header.begin(), header.end(), mapping.label.name) != header.end()) {
      label_ = {.column = &mapping.label,
                .place = find_column(text, mapping.label.name),
                .categories = index_of(mapping.label)};
    }
  }

  [[nodiscard]] FilledValues filled() const { return filled_.result(text_); }

  /// `rows_of_piece` of the text.
  Dataset encode(const std::vector<std::int64_t>& rows_of_piece) {
    std::vector<std::int64_t> first_rows = {0};
    for (const std::int64_t rows : rows_of_piece) first_rows.push_back(first_rows.back() + rows);
    const std::int64_t rows = first_rows.back();
    if (rows * features_ > kMostBytes / 4) {
      throw CorruptData(
          format("{}: {} rows of {} numbers are more than fits; use codes instead of "
                 "one-hot, or name columns as ignored",
                 text_.name(),
                 rows,
                 features_));
    }
    const auto classes = static_cast<std::int64_t>(mapping_.label.categories.size());
    Dataset data{.x = Tensor(DType::Float32, {rows, features_}),
                 .y = mapping_.label.is_categorical
                          ? Tensor(classes <= 256 ? DType::Uint8 : DType::Int32, {rows})
                          : Tensor(DType::Float32, {rows, 1}),
                 .divisor = 1,
                 .classes = mapping_.label.is_categorical ? classes : 0,
                 .name = text_.name()};
    float* const x = data.x.data<float>().data();
    for_each_piece(text_.pieces(), [&](std::int64_t piece) {
      std::int64_t row = first_rows[static_cast<std::size_t>(piece)];
      text_.for_each_row(piece, [&](const std::vector<TableField>& fields) {
        for (const Source& source : sources_)
          put_input(source, fields[source.place], x + row * features_);
        if (label_.column != nullptr) put_label(fields[label_.place], data.y, row);
        ++row;
      });
    });
    return data;
  }

 private:
  void put_input(const Source& source, const TableField& field, float* sample) {
    if (source.column->is_categorical) return put_category(source, field, sample);
    double value = 0;
    if (is_missing(field)) {
      if (mapping_.missing == MissingValue::Error) fail_missing(source, field);
      filled_.add_missing();
      value = mapping_.missing == MissingValue::Mean ? source.column->mean : 0;
    } else if (!parse_whole(field.text, value) || !std::isfinite(value)) {
      text_.fail(field, source.place, "a finite number");
    }
    if (mapping_.standardise) value = (value - source.column->mean) / source.column->deviation;
    sample[source.first] = static_cast<float>(value);
  }

  void put_category(const Source& source, const TableField& field, float* sample) {
    std::optional<std::int64_t> category;
    if (!is_missing(field)) category = find_category(source.categories, field);
    if (!category) {
      if (mapping_.missing == MissingValue::Error && is_missing(field)) fail_missing(source, field);
      if (mapping_.missing == MissingValue::Error) {
        text_.fail(field, source.place, "a category that was there when the mapping was made");
      }
      if (is_missing(field)) {
        filled_.add_missing();
      } else {
        filled_.add_unknown(field, source.place);
      }
      if (mapping_.missing == MissingValue::Mean) category = source.column->most_frequent;
    }
    const auto count = static_cast<std::int64_t>(source.column->categories.size());
    if (mapping_.coding == CategoryCoding::Codes) {
      sample[source.first] = static_cast<float>(category.value_or(count));
    } else if (category && *category < count) {
      sample[source.first + *category] = 1;
    }
  }

  void put_label(const TableField& field, Tensor& labels, std::int64_t row) const {
    if (label_.column->is_categorical) {
      const auto category =
          is_missing(field) ? std::nullopt : find_category(label_.categories, field);
      if (!category) text_.fail(field, label_.place, "one of the label's classes");
      store_element(labels.bytes(), labels.dtype(), row, static_cast<double>(*category));
      return;
    }
    double value = 0;
    if (!parse_whole(field.text, value) || !std::isfinite(value)) {
      text_.fail(field, label_.place, "a finite number");
    }
    labels.data<float>()[static_cast<std::size_t>(row)] = static_cast<float>(value);
  }

  [[noreturn]] void fail_missing(const Source& source, const TableField& field) const {
    text_.fail(field, source.place, "a value (or missing values filled by mean or zero)");
  }

  const TableText& text_;
  const TableMapping& mapping_;
  std::vector<Source> sources_;
  Source label_;  // no column if the rows have no label
  std::int64_t features_ = 0;
  FillCount filled_;
};

std::vector<std::int64_t> count_rows(const TableText& text) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(text.pieces()));
  for_each_piece(text.pieces(), [&](std::int64_t piece) {
    text.for_each_row(piece, [&](const std::vector<TableField>& /*fields*/) {
      ++rows[static_cast<std::size_t>(piece)];
    });
  });
  return rows;
}

}  // namespace

Table parse_table(std::string_view text, const std::string& name, const TableOptions& options) {
  const TableText table(text, name, options.separator);
  FittedTable fitted = fit_table(table, options);
  Dataset data = Encoder(table, fitted.mapping, LabelColumn::Read).encode(fitted.rows_of_piece);
  return {std::move(data), std::move(fitted.mapping)};
}

Dataset parse_mapped_table(std::string_view text,
                           const std::string& name,
                           const TableMapping& mapping,
                           FilledValues* filled,
                           LabelColumn label) {
  const TableText table(text, name, mapping.separator);
  Encoder encoder(table, mapping, label);
  Dataset data = encoder.encode(count_rows(table));
  if (filled != nullptr) *filled = encoder.filled();
  return data;
}

Table read_table(const std::string& path, const TableOptions& options) {
  return parse_table(FileContent(path).text(), path, options);
}

Dataset read_mapped_table(const std::string& path,
                          const TableMapping& mapping,
                          FilledValues* filled,
                          LabelColumn label) {
  return parse_mapped_table(FileContent(path).text(), path, mapping, filled, label);
}

std::vector<std::string> read_table_header(const std::string& path, char separator) {
  const FileContent content(path);
  return TableText(content.text(), path, separator).header();
}

}  // namespace carnyx
