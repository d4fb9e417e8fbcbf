// Numbers and templates as Python's repr() and str.format() write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "carnyx/training/logs.h"

namespace carnyx {

/// repr(value): "0.1", "5.0", "1e-05", "nan".
std::string python_text(double value);

/// A template of str.format() with named fields, such as "{epoch:02d}-{val_loss:.2f}.keras".
class NameTemplate {
 public:
  /// Throws InvalidArgument, opened by `where`, if braces don't match or a field has no name.
  NameTemplate(std::string text, std::string where);

  /// The fields filled: `epoch` and `batch`, counted from 1, and what the logs have. Throws
  /// InvalidArgument naming the field that is not there, or whose format does not fit a number.
  [[nodiscard]] std::string fill(std::int64_t epoch, std::int64_t batch, const Logs& logs) const;

 private:
  struct Piece {
    std::string text;    // as it is; before the field
    std::string field;   // empty: none
    std::string format;  // behind the colon
  };
  using Value = std::variant<std::int64_t, double>;
  [[nodiscard]] std::string field_text(const Piece& piece, const Value& value) const;

  std::string text_;
  std::string where_;
  std::vector<Piece> pieces_;
};

}  // namespace carnyx
