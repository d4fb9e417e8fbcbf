#include "models/boxed_table.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "models/text_columns.h"

namespace carnyx {
namespace {

using Widths = std::vector<std::int64_t>;
using Lines = std::vector<std::string>;

struct Rule {
  std::string_view left, fill, cross, right;
};

struct Box {
  Rule top, under_header, between, bottom;
  std::string_view header_bar, bar, ellipsis;
};

constexpr Box kUnicode = {.top = {"┏", "━", "┳", "┓"},
                          .under_header = {"┡", "━", "╇", "┩"},
                          .between = {"├", "─", "┼", "┤"},
                          .bottom = {"└", "─", "┴", "┘"},
                          .header_bar = "┃",
                          .bar = "│",
                          .ellipsis = "…"};
constexpr Box kAscii = {.top = {"+", "-", "+", "+"},
                        .under_header = {"+", "=", "+", "+"},
                        .between = {"+", "-", "+", "+"},
                        .bottom = {"+", "-", "+", "+"},
                        .header_bar = "|",
                        .bar = "|",
                        .ellipsis = "~"};

/// Keras asks for columns that end at these shares of the width and forgets the borders and blanks
/// around them, 10 columns or 13; its table library takes these back, as evenly as it can.
Widths column_widths(std::int64_t width, std::size_t columns) {
  constexpr std::array<double, 3> kEnds = {.45, .80, 1};
  constexpr std::array<std::int64_t, 3> kTaken = {3, 4, 3};
  constexpr std::array<double, 4> kGraphEnds = {.3, .56, .74, 1};
  constexpr std::array<std::int64_t, 4> kGraphTaken = {3, 3, 4, 3};
  Widths widths;
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < columns; ++i) {
    const double share = columns == 3 ? kEnds[i] : kGraphEnds[i];
    const auto end = static_cast<std::int64_t>(share * static_cast<double>(width));
    widths.push_back(end - begin - (columns == 3 ? kTaken[i] : kGraphTaken[i]));
    begin = end;
  }
  return widths;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    words.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return words;
}

Lines wrapped(std::string_view text, std::int64_t width, std::string_view ellipsis) {
  Lines lines;
  for (const std::string_view word : words_of(text)) {
    const bool fits =
        !lines.empty() && text_columns(lines.back()) + 1 + text_columns(word) <= width;
    if (fits) {
      lines.back().append(" ").append(word);
    } else {
      lines.emplace_back(word);
    }
  }
  for (std::string& line : lines) {
    if (text_columns(line) <= width) continue;
    line = std::string(text_prefix(line, width - 1)).append(ellipsis);
  }
  return lines;
}

class Table {
 public:
  Table(const Box& box, std::int64_t width, std::size_t columns)
      : box_(box), widths_(column_widths(width, columns)) {}

  void rule(const Rule& rule) {
    text_ += rule.left;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      if (i > 0) text_ += rule.cross;
      text_ += repeated(rule.fill, widths_[i] + 2);
    }
    text_.append(rule.right).append("\n");
  }
  void header(const SummaryRow& cells) {
    std::vector<Lines> wrapped = wrap(cells);
    const std::size_t lines_of_all = height(wrapped);
    for (Lines& lines : wrapped) lines.insert(lines.begin(), lines_of_all - lines.size(), "");
    print(wrapped, box_.header_bar);
  }
  void row(const SummaryRow& cells) { print(wrap(cells), box_.bar); }

  std::string take() { return std::move(text_); }

 private:
  [[nodiscard]] std::vector<Lines> wrap(const SummaryRow& cells) const {
    std::vector<Lines> result;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      result.push_back(wrapped(cells[i], widths_[i], box_.ellipsis));
    }
    return result;
  }
  static std::size_t height(const std::vector<Lines>& cells) {
    std::size_t most = 0;
    for (const Lines& lines : cells) most = std::max(most, lines.size());
    return most;
  }
  void print(const std::vector<Lines>& cells, std::string_view bar) {
    for (std::size_t line = 0; line < height(cells); ++line) {
      for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string_view part = line < cells[i].size() ? cells[i][line] : std::string_view();
        text_.append(bar).append(" ");
        text_ += i == 2 ? padded_left(part, widths_[i]) : padded_right(part, widths_[i]);
        text_ += " ";
      }
      text_.append(bar).append("\n");
    }
  }

  const Box& box_;
  Widths widths_;
  std::string text_;
};

}  // namespace

std::string boxed_table(const SummaryRow& header,
                        const std::vector<SummaryRow>& rows,
                        std::int64_t width,
                        bool ascii) {
  const Box& box = ascii ? kAscii : kUnicode;
  Table table(box, width, header.size());
  table.rule(box.top);
  table.header(header);
  table.rule(box.under_header);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i > 0) table.rule(box.between);
    table.row(rows[i]);
  }
  table.rule(box.bottom);
  return table.take();
}

}  // namespace carnyx
