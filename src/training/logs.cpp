#include "carnyx/training/logs.h"

#include <algorithm>

#include "carnyx/base/error.h"

namespace carnyx {
namespace {

std::string known_names(const std::vector<Logs::Entry>& entries) {
  if (entries.empty()) return "nothing";
  std::string names;
  for (const auto& [name, value] : entries) {
    if (!names.empty()) names += ", ";
    names += name;
  }
  return names;
}

}  // namespace

void Logs::set(std::string_view name, double value) {
  const auto found = std::ranges::find(entries_, name, &Entry::first);
  if (found == entries_.end()) {
    entries_.emplace_back(name, value);
  } else {
    found->second = value;
  }
}

std::optional<double> Logs::find(std::string_view name) const {
  const auto found = std::ranges::find(entries_, name, &Entry::first);
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

double Logs::at(std::string_view name) const {
  if (const auto value = find(name)) return *value;
  throw InvalidArgument("logs: no '" + std::string(name) + "'; there is " + known_names(entries_));
}

std::vector<double> History::series(std::string_view name) const {
  std::vector<double> values;
  for (const Logs& logs : epochs) {
    if (const auto value = logs.find(name)) values.push_back(*value);
  }
  return values;
}

}  // namespace carnyx
