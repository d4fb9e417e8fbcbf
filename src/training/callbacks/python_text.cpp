#include "training/callbacks/python_text.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/json.h"

namespace carnyx {

std::string python_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return Json(value).dump();
}

NameTemplate::NameTemplate(std::string text, std::string where)
    : text_(std::move(text)), where_(std::move(where)) {
  Piece piece;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    const char c = text_[i];
    const bool doubled = i + 1 < text_.size() && text_[i + 1] == c;
    if (c != '{' && c != '}') {
      piece.text += c;
    } else if (doubled) {
      piece.text += c;
      ++i;
    } else {
      const std::size_t end = text_.find('}', i);
      const std::string inside =
          c == '{' && end != std::string::npos ? text_.substr(i + 1, end - i - 1) : std::string();
      const std::size_t colon = std::min(inside.find(':'), inside.size());
      piece.field = inside.substr(0, colon);
      if (piece.field.empty() || inside.find('{') != std::string::npos) {
        throw InvalidArgument(
            format("{}: '{}' must have fields such as {{epoch:02d}}, and {{{{ for a brace; see "
                   "offset {}",
                   where_,
                   text_,
                   i));
      }
      if (colon < inside.size()) piece.format = inside.substr(colon + 1);
      pieces_.push_back(std::exchange(piece, {}));
      i = end;
    }
  }
  pieces_.push_back(std::move(piece));
}

std::string NameTemplate::field_text(const Piece& piece, const Value& value) const {
  if (piece.format.empty() && std::holds_alternative<double>(value)) {
    return python_text(std::get<double>(value));
  }
  try {
    return std::visit([&](auto number) { return format("{:" + piece.format + "}", number); },
                      value);
  } catch (const InternalError&) {
    throw InvalidArgument(
        format("{}: '{}' can't write {} as '{}'; use a form such as 02d for "
               "whole numbers and .4f for others",
               where_,
               text_,
               piece.field,
               piece.format));
  }
}

std::string NameTemplate::fill(std::int64_t epoch, std::int64_t batch, const Logs& logs) const {
  std::string filled;
  for (const Piece& piece : pieces_) {
    filled += piece.text;
    if (piece.field.empty()) continue;
    if (piece.field == "epoch") {
      filled += field_text(piece, epoch);
    } else if (piece.field == "batch" && batch > 0) {
      filled += field_text(piece, batch);
    } else if (const std::optional<double> value = logs.find(piece.field)) {
      filled += field_text(piece, *value);
    } else {
      std::string known = "epoch";
      for (const auto& [name, number] : logs.entries()) known += ", " + name;
      throw InvalidArgument(
          format("{}: '{}' names {}; there is {}", where_, text_, piece.field, known));
    }
  }
  return filled;
}

}  // namespace carnyx
