#include "carnyx/base/nearest.h"

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include "carnyx/base/format.h"

namespace carnyx {
namespace {

// What a slip of each kind costs. A difference that people do not see costs less than a real one.
constexpr int kEdit = 4;
constexpr int kLookalike = 1;

char plain(char c) {
  return c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

int substitution_cost(char a, char b) {
  if (a == b) return 0;
  return plain(a) == plain(b) ? kLookalike : kEdit;
}

/// Edit distance where swapping two neighbours is one edit (optimal string alignment).
int distance(std::string_view a, std::string_view b) {
  std::vector<int> before_last;
  std::vector<int> last(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<int>(j) * kEdit;
  std::vector<int> row(b.size() + 1);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i) * kEdit;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + kEdit,
                         row[j - 1] + kEdit,
                         last[j - 1] + substitution_cost(a[i - 1], b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + kEdit);
      }
    }
    before_last = std::exchange(last, row);
  }
  return last[b.size()];
}

std::string listed(std::span<const std::string_view> names) {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view name,
                                        std::span<const std::string_view> known) {
  std::optional<std::string_view> best;
  // A third of the letters may be wrong, and at least one; more than that is another word.
  int limit = kEdit * std::max<int>(1, static_cast<int>(name.size()) / 3);
  for (const std::string_view candidate : known) {
    const int cost = distance(name, candidate);
    if (cost < limit || (cost == limit && !best)) {
      best = candidate;
      limit = cost;
    }
  }
  return best;
}

std::string unknown_name(std::string_view what,
                         std::string_view name,
                         std::span<const std::string_view> known) {
  if (const auto guess = nearest(name, known)) {
    return format("unknown {} '{}', did you mean '{}'?", what, name, *guess);
  }
  return format("unknown {} '{}', known: {}", what, name, listed(known));
}

}  // namespace carnyx
