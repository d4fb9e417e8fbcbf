#include "trainers/history_csv.h"

#include <algorithm>
#include <vector>

#include "carnyx/base/json.h"

namespace carnyx {

std::string history_csv(const History& history) {
  std::vector<std::string> names;
  if (!history.epochs.empty()) {
    for (const auto& [name, value] : history.epochs[0].entries()) names.push_back(name);
  }
  std::ranges::sort(names);
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

}  // namespace carnyx
