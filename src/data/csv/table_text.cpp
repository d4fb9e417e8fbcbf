// Where a piece may end: a line's end with an even number of quotes before it. The quotes of all
// pieces are counted at one time, so the cut needs no pass of its own through the whole text.
#include "data/csv/table_text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_set>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/csv/line_limit.h"
#include "data/csv/number.h"
#include "data/parallel.h"

namespace carnyx {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
constexpr std::size_t kMostColumns = 100'000;
constexpr std::size_t kBlocksAtOnce = 64;  // what is looked through before rows are judged

std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 24)) out += static_cast<unsigned char>(c) >= ' ' ? c : '?';
  return out + (text.size() > 24 ? "..." : "");
}

}  // namespace

std::string content_of(const TableField& field) {
  if (!field.is_quoted) return std::string(trimmed(field.text));
  std::string content(field.text);
  if (!field.has_quotes) return content;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < content.size(); ++i) {
    content[kept++] = content[i];
    if (content[i] == '"') ++i;  // the second of a pair
  }
  content.resize(kept);
  return content;
}

bool is_missing(const TableField& field) {
  if (field.is_quoted) return false;
  if (!field.text.empty() && field.text[0] >= '0' && field.text[0] <= '9')
    return false;  // most are
  const std::string_view text = trimmed(field.text);
  if (text.size() > 4) return false;
  constexpr std::array<std::string_view, 7> kWords = {"", "NA", "N/A", "NaN", "nan", "null", "?"};
  return std::ranges::find(kWords, text) != kWords.end();
}

TableText::TableText(std::string_view text, std::string name, char separator)
    : text_(text), name_(std::move(name)), separator_(separator) {
  for (const char c : {separator, '\n', '"'}) ends_field_[static_cast<unsigned char>(c)] = true;
  read_header();
  cut();
}

void TableText::read_header() {
  std::string_view rest = text_;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);  // a byte order mark
  std::vector<TableField> fields;
  std::size_t at = 0;
  while (at < rest.size() && fields.empty()) {
    const std::string_view near = rest.substr(at, kMostRowBytes);
    const std::size_t size = read_row(near, 0, fields);
    if (size > near.size() && near.size() < rest.size() - at) fail_long(near.data());
    at += size;
  }
  body_ = rest.substr(std::min(at, rest.size()));
  if (fields.empty())
    throw CorruptData(format("{}: expected a header, found an empty file", name_));
  std::unordered_set<std::string> seen;
  for (const TableField& field : fields) {
    header_.push_back(content_of(field));
    if (!seen.insert(header_.back()).second) {
      fail_at(field.text.data(),
              format("expected each column's name once, found '{}' again", shown(header_.back())));
    }
  }
}

void TableText::cut() {
  const std::size_t blocks = (body_.size() + kBlockBytes - 1) / kBlockBytes;
  std::size_t begin = 0;
  std::int64_t quotes = 0;
  for (std::size_t first = 0; first < blocks; first += kBlocksAtOnce) {
    std::size_t end = first * kBlockBytes;
    for (const std::int64_t more :
         quotes_of_blocks(first, std::min(kBlocksAtOnce, blocks - first))) {
      quotes += more;
      end += kBlockBytes;
      if (end <= begin) continue;  // the last row reached beyond this block
      const std::size_t stop = end_of_row(end, quotes % 2 != 0);
      if (stop > begin) pieces_.push_back(body_.substr(begin, stop - begin));
      begin = stop;
    }
  }
}

std::vector<std::int64_t> TableText::quotes_of_blocks(std::size_t first, std::size_t count) const {
  std::vector<std::int64_t> quotes(count);
  for_each_piece(static_cast<std::int64_t>(count), [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    const std::string_view block = body_.substr((first + at) * kBlockBytes, kBlockBytes);
    quotes[at] = std::count(block.begin(), block.end(), '"');
  });
  return quotes;
}

/// Where the row ends that byte `at` of the body lies in, its newline included.
std::size_t TableText::end_of_row(std::size_t at, bool is_inside) const {
  std::size_t end = at;
  const std::size_t most = std::min(at + kMostRowBytes, body_.size());
  while (end < most && (is_inside || body_[end] != '\n')) {
    is_inside = is_inside != (body_[end] == '"');
    ++end;
  }
  if (end == most && most < body_.size()) fail_long(body_.data() + at);
  return std::min(end + 1, body_.size());
}

std::size_t TableText::read_row(std::string_view rows,
                                std::size_t at,
                                std::vector<TableField>& fields) const {
  fields.clear();
  const std::size_t start = at;
  while (true) {
    TableField field;
    if (at < rows.size() && rows[at] == '"') {
      at = read_quoted(rows, at, field);
    } else {
      std::size_t end = at;
      while (end < rows.size() && !ends_field_[static_cast<unsigned char>(rows[end])]) ++end;
      if (end < rows.size() && rows[end] == '"') {
        fail_at(rows.data() + end,
                "a quote inside a field without quotes; put the field in quotes and double it");
      }
      field.text = rows.substr(at, end - at);
      if (field.text.ends_with('\r') && (end == rows.size() || rows[end] == '\n'))
        field.text.remove_suffix(1);
      at = end;
    }
    fields.push_back(field);
    if (fields.size() > kMostColumns) {
      fail_at(rows.data() + start, format("expected at most {} columns, found more", kMostColumns));
    }
    if (at >= rows.size() || rows[at] == '\n') break;
    ++at;  // the separator
  }
  if (fields.size() == 1 && !fields[0].is_quoted && fields[0].text.empty()) {
    fields.clear();
  } else if (!header_.empty() && fields.size() != header_.size()) {
    fail_at(rows.data() + start,
            format("expected {} fields as in the header, found {}", header_.size(), fields.size()));
  }
  return at + 1;
}

/// Reads from the quote at `at`; returns the place of what follows the field.
std::size_t TableText::read_quoted(std::string_view rows, std::size_t at, TableField& field) const {
  const std::size_t begin = at + 1;
  std::size_t end = begin;
  while (true) {
    end = rows.find('"', end);
    if (end == std::string_view::npos) fail_at(rows.data() + at, "a quote that is never closed");
    if (end + 1 == rows.size() || rows[end + 1] != '"') break;
    field.has_quotes = true;
    end += 2;
  }
  field.is_quoted = true;
  field.text = rows.substr(begin, end - begin);
  ++end;
  if (end < rows.size() && rows[end] == '\r') ++end;
  if (end < rows.size() && rows[end] != separator_ && rows[end] != '\n') {
    fail_at(rows.data() + end,
            format("expected '{}' after a closing quote, found '{}'",
                   std::string(1, separator_),
                   shown(rows.substr(end, 8))));
  }
  return end;
}

std::int64_t TableText::line_of(const char* place) const {
  return 1 + std::count(text_.data(), place, '\n');
}

void TableText::fail_at(const char* place, std::string_view problem) const {
  throw CorruptData(format("{}: line {}: {}", name_, line_of(place), problem));
}

void TableText::fail_long(const char* place) const {
  fail_at(place, format("expected a row of at most {} bytes, found a longer one", kMostRowBytes));
}

void TableText::fail(const TableField& field, std::size_t column, std::string_view expected) const {
  throw CorruptData(format("{}: line {}, column '{}': expected {}, found {}",
                           name_,
                           line_of(field.text.data()),
                           shown(header_[column]),
                           expected,
                           is_missing(field) ? "no value" : "'" + shown(field.text) + "'"));
}

}  // namespace carnyx
