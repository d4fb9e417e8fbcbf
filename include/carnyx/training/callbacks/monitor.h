#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "carnyx/training/logs.h"

namespace carnyx {

class Model;

/// Which way is better. Auto: what Keras knows of the metric, "loss" downwards.
enum class MonitorMode { Auto, Min, Max };
std::string_view name_of(MonitorMode mode);  ///< "auto", "min", "max"
void from_name(std::string_view name, MonitorMode& mode);

/// A quantity of the logs that a callback watches.
class Monitor {
 public:
  /// `owner` names the callback in messages. A change of less than |min_delta| is none.
  Monitor(std::string owner, std::string quantity, MonitorMode mode, double min_delta = 0);

  /// Settles Auto. Throws InvalidArgument if the metric's better way is not known.
  void settle(const Model& model);
  /// What the logs say; nothing, and a warning that names what there is, if they say nothing.
  [[nodiscard]] std::optional<double> value(const Logs& logs) const;
  /// Whether `value` is better; anything is better than nothing. Compares as float32, as Keras
  /// does: what differs less is equal. settle() comes first.
  [[nodiscard]] bool is_improvement(double value, std::optional<double> reference) const;
  [[nodiscard]] const std::string& quantity() const { return quantity_; }

 private:
  std::string owner_;
  std::string quantity_;
  MonitorMode mode_;
  double min_delta_;
};

}  // namespace carnyx
