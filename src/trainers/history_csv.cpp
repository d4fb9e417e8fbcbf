#include "trainers/history_csv.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/json.h"

namespace carnyx {
namespace {

/// What lies between separators; also what is behind the last one.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at = text.find(separator); at != text.npos; at = text.find(separator)) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  parts.push_back(text);
  return parts;
}

}  // namespace

std::string history_csv(const History& history) {
  std::vector<std::string> names;
  for (const Logs& logs : history.epochs) {  // validation may be in every tenth alone
    for (const auto& [name, value] : logs.entries()) names.push_back(name);
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string text = "epoch";
  for (const std::string& name : names) text += "," + name;
  text += "\n";
  for (std::size_t epoch = 0; epoch < history.epochs.size(); ++epoch) {
    text += std::to_string(epoch);
    for (const std::string& name : names) {
      const auto value = history.epochs[epoch].find(name);
      text += "," + (value ? Json(*value).dump() : std::string());
    }
    text += "\n";
  }
  return text;
}

History parse_history_csv(std::string_view text, const std::string& where) {
  std::vector<std::string_view> lines = split(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  if (lines.empty()) throw CorruptData(format("{}: expected a header, got an empty file", where));
  const std::vector<std::string_view> names = split(lines[0], ',');
  History history;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string_view> cells = split(lines[i], ',');
    const std::string place = format("{}: line {}", where, i + 1);
    if (cells.size() != names.size()) {
      throw CorruptData(
          format("{}: expected {} values, got {}", place, names.size(), cells.size()));
    }
    Logs logs;
    for (std::size_t c = 1; c < cells.size(); ++c) {
      if (!cells[c].empty()) logs.set(names[c], Json::parse(cells[c], place).as_number());
    }
    history.epochs.push_back(std::move(logs));
  }
  return history;
}

}  // namespace carnyx
