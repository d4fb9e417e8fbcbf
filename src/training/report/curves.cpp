#include "training/report/curves.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "carnyx/base/json.h"

#include "training/report/chart.h"
#include "training/report/markup.h"

namespace carnyx::report {
namespace {

constexpr std::string_view kValidation = "val_";

std::vector<double> values_of(const History& history, const std::string& name) {
  std::vector<double> values;
  for (const Logs& logs : history.epochs) values.push_back(logs.find(name).value_or(std::nan("")));
  return values;
}

/// The loss first, then by name: history.csv knows no other order.
std::vector<std::string> names_in(const History& history) {
  std::vector<std::string> names;
  for (const Logs& logs : history.epochs) {
    for (const auto& [name, value] : logs.entries()) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  const auto rank = [](const std::string& name) {
    return std::pair(name != "loss" && name != "val_loss", name);
  };
  std::ranges::sort(names, {}, rank);
  return names;
}

bool changes(const std::vector<double>& values) {
  return std::ranges::any_of(values,
                             [&](double v) { return v != values.front() && !std::isnan(v); });
}

}  // namespace

std::string curves_of(const History& history) {
  const std::vector<std::string> names = names_in(history);
  std::string charts;
  for (const std::string& name : names) {
    const std::string partner = std::string(kValidation) + name;
    const bool is_partner =
        name.starts_with(kValidation) &&
        std::ranges::find(names, name.substr(kValidation.size())) != names.end();
    if (is_partner) continue;
    std::vector<Line> lines = {{"training", "train", values_of(history, name)}};
    if (std::ranges::find(names, partner) != names.end()) {
      lines.push_back({"validation", "validation", values_of(history, partner)});
    } else if (!changes(lines[0].values) && history.epochs.size() > 1) {
      continue;
    }
    charts += chart(name, std::move(lines));
  }
  return charts;
}

std::string history_table(const History& history) {
  const std::vector<std::string> names = names_in(history);
  std::string head = element("th", R"(scope="col")", "epoch");
  for (const std::string& name : names) head += element("th", R"(scope="col")", escaped(name));
  std::string rows;
  for (std::size_t epoch = 0; epoch < history.epochs.size(); ++epoch) {
    std::string cells = element("th", R"(scope="row")", std::to_string(epoch + 1));
    for (const std::string& name : names) {
      const std::optional<double> value = history.epochs[epoch].find(name);
      cells += element("td", "", value ? Json(*value).dump() : "");
    }
    rows += element("tr", "", cells) + "\n";
  }
  return element("table",
                 R"(class="numbers")",
                 element("thead", "", element("tr", "", head)) + element("tbody", "", rows));
}

}  // namespace carnyx::report
