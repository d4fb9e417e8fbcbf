// YAML that people write by hand, as the JSON value it stands for.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "carnyx/base/json.h"

namespace carnyx {

/// One YAML document, and where its parts stand.
class Yaml {
 public:
  /// Reads a text in UTF-8. Plain scalars are null, booleans, integers or numbers as YAML 1.2's
  /// core schema says, else strings; quoted ones are strings. `where` names the text in errors.
  /// Throws CorruptData with the line: bad syntax, a key twice or that is no scalar, a second
  /// document, nesting beyond 64, or more than 100,000 values once aliases are written out.
  static Yaml parse(std::string_view text, std::string_view where);

  [[nodiscard]] const Json& value() const { return value_; }
  /// The line, from 1, of the part at a path: "$", "$.fit.epochs", "$.model[2]". Of the part above
  /// it if there is none.
  [[nodiscard]] std::int64_t line_of(std::string_view path) const;
  /// "recipe.yaml: line 7", for errors about that part.
  [[nodiscard]] std::string place_of(std::string_view path) const;

 private:
  std::string where_;
  Json value_;
  std::map<std::string, std::int64_t, std::less<>> lines_;
};

}  // namespace carnyx
