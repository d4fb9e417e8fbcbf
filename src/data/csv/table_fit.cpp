// Two looks at a table: which columns are numbers, with their means; then the categories of the
// others. Sums are added piece by piece in the text's order, so threads don't change the bits.
#include "data/csv/table_fit.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"

#include "data/csv/number.h"
#include "data/parallel.h"

namespace carnyx {
namespace {

constexpr std::size_t kMostCategories = 100'000;

/// Count, mean and sum of squared differences, which add up without cancelling.
/// Source: Chan, Golub, LeVeque, Updating Formulae and a Pairwise Algorithm (1979).
struct Moments {
  std::int64_t numbers = 0;
  std::int64_t missing = 0;
  std::int64_t texts = 0;  // values that are no number
  double mean = 0;
  double squares = 0;

  void add(double value) {
    ++numbers;
    const double from_mean = value - mean;
    mean += from_mean / static_cast<double>(numbers);
    squares += from_mean * (value - mean);
  }
  void add(const Moments& other) {
    missing += other.missing;
    texts += other.texts;
    if (other.numbers == 0) return;
    const auto a = static_cast<double>(numbers);
    const auto b = static_cast<double>(other.numbers);
    const double apart = other.mean - mean;
    mean += apart * b / (a + b);
    squares += other.squares + apart * apart * a * b / (a + b);
    numbers += other.numbers;
  }
};

using Counts = std::map<std::string, std::int64_t, std::less<>>;

void add_row(std::vector<Moments>& columns, const std::vector<TableField>& fields) {
  for (std::size_t c = 0; c < fields.size(); ++c) {
    double value = 0;
    if (is_missing(fields[c])) {
      ++columns[c].missing;
    } else if (parse_whole(fields[c].text, value) && std::isfinite(value)) {
      columns[c].add(value);
    } else {
      ++columns[c].texts;
    }
  }
}

/// Of all columns; the rows of each piece go to `rows_of_piece`.
std::vector<Moments> moments_of(const TableText& text, std::vector<std::int64_t>& rows_of_piece) {
  std::vector<std::vector<Moments>> of_piece(static_cast<std::size_t>(text.pieces()));
  for_each_piece(text.pieces(), [&](std::int64_t piece) {
    std::vector<Moments> columns(text.header().size());
    text.for_each_row(piece,
                      [&](const std::vector<TableField>& fields) { add_row(columns, fields); });
    of_piece[static_cast<std::size_t>(piece)] = std::move(columns);
  });
  std::vector<Moments> all(text.header().size());
  for (const std::vector<Moments>& piece : of_piece) {
    rows_of_piece.push_back(piece[0].numbers + piece[0].missing + piece[0].texts);
    for (std::size_t c = 0; c < all.size(); ++c) all[c].add(piece[c]);
  }
  return all;
}

void check_category_count(const TableText& text, std::size_t column, const Counts& counts) {
  if (counts.size() <= kMostCategories) return;
  throw CorruptData(
      format("{}: column '{}' has over {} different values that are no numbers; name "
             "it as ignored",
             text.name(),
             text.header()[column],
             kMostCategories));
}

/// Values and their counts of the columns asked for.
std::vector<Counts> count_categories(const TableText& text,
                                     const std::vector<std::size_t>& columns) {
  std::vector<std::vector<Counts>> of_piece(static_cast<std::size_t>(text.pieces()));
  for_each_piece(text.pieces(), [&](std::int64_t piece) {
    std::vector<Counts> counts(columns.size());
    text.for_each_row(piece, [&](const std::vector<TableField>& fields) {
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const TableField& field = fields[columns[i]];
        if (is_missing(field)) continue;
        const std::string content = content_of(field);
        ++counts[i][content];
        check_category_count(text, columns[i], counts[i]);
      }
    });
    of_piece[static_cast<std::size_t>(piece)] = std::move(counts);
  });
  std::vector<Counts> all(columns.size());
  for (const std::vector<Counts>& piece : of_piece) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (const auto& [category, count] : piece[i]) all[i][category] += count;
      check_category_count(text, columns[i], all[i]);
    }
  }
  return all;
}

void set_categories(TableColumn& column, const Counts& counts) {
  double number = 0;
  const bool are_numbers = std::all_of(counts.begin(), counts.end(), [&](const auto& item) {
    return parse_whole(item.first, number);
  });
  for (const auto& [category, count] : counts) column.categories.push_back(category);
  if (are_numbers) {
    std::stable_sort(column.categories.begin(),
                     column.categories.end(),
                     [](const std::string& a, const std::string& b) {
                       double first = 0;
                       double second = 0;
                       parse_whole(a, first);
                       parse_whole(b, second);
                       return first < second;
                     });
  }
  std::int64_t most = 0;
  for (std::size_t i = 0; i < column.categories.size(); ++i) {
    const std::int64_t count = counts.at(column.categories[i]);
    if (count > most) column.most_frequent = static_cast<std::int64_t>(i);
    most = std::max(most, count);
  }
}

class Fitter {
 public:
  Fitter(const TableText& text, const TableOptions& options)
      : text_(text), options_(options), moments_(moments_of(text, rows_of_piece_)) {}

  std::vector<std::int64_t> rows_of_piece() && { return std::move(rows_of_piece_); }

  TableMapping fit() {
    const std::size_t label = find_column(text_, options_.label);
    const std::vector<bool> is_ignored = marked(options_.ignored, label, "ignored");
    const std::vector<bool> is_named = marked(options_.categorical, label, "categorical");
    TableMapping mapping{.columns = {},
                         .label = {},
                         .coding = options_.coding,
                         .standardise = options_.standardise,
                         .missing = options_.missing,
                         .separator = options_.separator};
    std::vector<std::size_t> inputs;
    for (std::size_t c = 0; c < moments_.size(); ++c) {
      if (c == label || is_ignored[c]) continue;
      inputs.push_back(c);
      mapping.columns.push_back(column_of(c, is_named[c] || moments_[c].texts > 0));
    }
    mapping.label = label_of(label);
    check_rows(inputs);
    fit_categories(mapping, inputs, label);
    return mapping;
  }

 private:
  std::vector<bool> marked(const std::vector<std::string>& names,
                           std::size_t label,
                           std::string_view what) const {
    std::vector<bool> marks(moments_.size());
    for (const std::string& name : names) {
      const std::size_t column = find_column(text_, name);
      if (column == label) {
        throw InvalidArgument(
            format("{}: column '{}' is the label and can't be {}", text_.name(), name, what));
      }
      marks[column] = true;
    }
    return marks;
  }

  [[nodiscard]] TableColumn column_of(std::size_t c, bool is_categorical) const {
    const Moments& moments = moments_[c];
    TableColumn column{
        .name = text_.header()[c], .is_categorical = is_categorical, .missing = moments.missing};
    if (is_categorical || moments.numbers == 0) return column;
    column.mean = moments.mean;
    const double variance = moments.squares / static_cast<double>(moments.numbers);
    column.deviation = variance > 0 ? std::sqrt(variance) : 1;
    return column;
  }

  [[nodiscard]] TableColumn label_of(std::size_t label) const {
    TableColumn column = column_of(label, !options_.is_regression);
    if (options_.is_regression && moments_[label].texts > 0) {
      throw CorruptData(
          format("{}: column '{}': expected numbers to be predicted, found {} values "
                 "that are none",
                 text_.name(),
                 column.name,
                 moments_[label].texts));
    }
    return column;
  }

  void check_rows(const std::vector<std::size_t>& inputs) const {
    const Moments& first = moments_.front();
    if (first.numbers + first.missing + first.texts == 0) {
      throw CorruptData(text_.name() + ": expected rows below the header, found none");
    }
    if (inputs.empty()) throw InvalidArgument(text_.name() + ": no columns are left as inputs");
  }

  void fit_categories(TableMapping& mapping,
                      const std::vector<std::size_t>& inputs,
                      std::size_t label) const {
    std::vector<std::size_t> places;
    std::vector<TableColumn*> columns;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!mapping.columns[i].is_categorical) continue;
      places.push_back(inputs[i]);
      columns.push_back(&mapping.columns[i]);
    }
    if (mapping.label.is_categorical) {
      places.push_back(label);
      columns.push_back(&mapping.label);
    }
    if (places.empty()) return;
    const std::vector<Counts> counts = count_categories(text_, places);
    for (std::size_t i = 0; i < columns.size(); ++i) set_categories(*columns[i], counts[i]);
  }

  const TableText& text_;
  const TableOptions& options_;
  std::vector<std::int64_t> rows_of_piece_;  // before moments_, which fills it
  std::vector<Moments> moments_;
};

}  // namespace

std::size_t find_column(const TableText& text, const std::string& name) {
  const std::vector<std::string>& header = text.header();
  const auto found = std::find(header.begin(), header.end(), name);
  if (found != header.end()) return static_cast<std::size_t>(found - header.begin());
  std::int64_t position = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, position);
  const auto count = static_cast<std::int64_t>(header.size());
  const bool is_position = !name.empty() && error == std::errc() && stop == end;
  if (is_position && position >= -count && position < count) {
    return static_cast<std::size_t>(position < 0 ? position + count : position);
  }
  const std::vector<std::string_view> views(header.begin(), header.end());
  throw NotFound(format("{}: {}", text.name(), unknown_name("column", name, views)));
}

FittedTable fit_table(const TableText& text, const TableOptions& options) {
  Fitter fitter(text, options);
  TableMapping mapping = fitter.fit();
  return {std::move(mapping), std::move(fitter).rows_of_piece()};
}

}  // namespace carnyx
