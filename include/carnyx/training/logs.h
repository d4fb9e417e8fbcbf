#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carnyx {

/// Names and values in the order they are printed: "loss", "accuracy", "val_loss", ...
class Logs {
 public:
  using Entry = std::pair<std::string, double>;

  Logs() = default;
  Logs(std::initializer_list<Entry> entries) : entries_(entries) {}

  /// Adds the value, or replaces the one of this name.
  void set(std::string_view name, double value);
  [[nodiscard]] std::optional<double> find(std::string_view name) const;
  /// Throws InvalidArgument naming the known ones.
  [[nodiscard]] double at(std::string_view name) const;
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  bool operator==(const Logs&) const = default;

 private:
  std::vector<Entry> entries_;
};

/// What fit() returns: one Logs an epoch.
struct History {
  std::vector<Logs> epochs;
  /// One name over all epochs; shorter if an epoch lacks it.
  [[nodiscard]] std::vector<double> series(std::string_view name) const;
};

}  // namespace carnyx
