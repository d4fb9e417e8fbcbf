// The three tables that Keras printed over the years, to the byte; trailing blanks are theirs.
#include "carnyx/models/summary.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "models/boxed_table.h"
#include "models/text_columns.h"

namespace carnyx {
namespace {

// Below these, a column has no room for a character.
constexpr std::int64_t kShortestLine = 20;
constexpr std::int64_t kShortestGraphLine = 50;
constexpr std::int64_t kBytesPerParameter = 4;

using Positions = std::vector<std::int64_t>;  // where each column ends

/// What is printed, and with which columns.
struct SummaryTable {
  const std::string& name;
  std::vector<LayerSummary> layers;
  bool has_connections;

  [[nodiscard]] SummaryRow header() const {
    SummaryRow header = {"Layer (type)", "Output Shape", "Param #"};
    if (has_connections) header.emplace_back("Connected to");
    return header;
  }
};

/// Keras shows no connections where each layer is called once, on the one before it.
bool is_row(const Network& network) {
  std::set<std::size_t> depths;
  for (const Network::Call& call : network.calls()) {
    if (call.sources.size() > 1 || call.number > 0 || !depths.insert(call.depth).second) {
      return false;
    }
  }
  return network.inputs().size() == 1;
}

struct Totals {
  std::int64_t trainable = 0;
  std::int64_t other = 0;
  std::int64_t other_bytes = 0;
  [[nodiscard]] std::int64_t all() const { return trainable + other; }
  [[nodiscard]] std::int64_t trainable_bytes() const { return trainable * kBytesPerParameter; }
  [[nodiscard]] std::int64_t bytes() const { return trainable_bytes() + other_bytes; }
};

Totals totals_of(const std::vector<LayerSummary>& layers) {
  Totals totals;
  for (const LayerSummary& layer : layers) {
    totals.trainable += layer.trainable_parameters;
    totals.other += layer.other_parameters;
    totals.other_bytes += layer.other_bytes;
  }
  return totals;
}

std::int64_t parameters(const LayerSummary& layer) {
  return layer.trainable_parameters + layer.other_parameters;
}

/// 669706 as "669,706".
std::string grouped(std::int64_t count) {
  std::string digits = std::to_string(count);
  for (std::int64_t i = static_cast<std::int64_t>(digits.size()) - 3; i > 0; i -= 3) {
    digits.insert(static_cast<std::size_t>(i), ",");
  }
  return digits;
}

/// "2.55 MB", in powers of 1024; `byte` is the name of the smallest unit.
std::string readable_size(std::int64_t bytes, std::string_view byte) {
  const std::array<std::string_view, 6> units = {byte, "KB", "MB", "GB", "TB", "PB"};
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < units.size(); ++unit) size /= 1024;
  return format("{:.2f} {}", size, units[unit]);
}

/// The shape of a batch as Python's tuple: "(None, 512)"; "(None,)" for single numbers.
std::string tuple_text(const Shape& sample_shape) {
  if (sample_shape.rank() == 0) return "(None,)";
  std::string text = "(None";
  for (const std::int64_t extent : sample_shape) text += ", " + std::to_string(extent);
  return text + ")";
}

std::string title(const LayerSummary& layer) {
  return layer.name + " (" + layer.class_name + ")";
}

/// The columns of Keras 2 but the connections.
SummaryRow plain_row(const LayerSummary& layer) {
  return {title(layer),
          layer.has_several_shapes ? "multiple" : tuple_text(layer.output_shape),
          std::to_string(parameters(layer))};
}

Positions positions(std::int64_t line_length, const std::vector<double>& shares) {
  Positions ends;
  for (const double share : shares) {
    ends.push_back(static_cast<std::int64_t>(share * static_cast<double>(line_length)));
  }
  return ends;
}

std::string ruled(std::string_view character, std::int64_t line_length) {
  return repeated(character, line_length) + "\n";
}

/// Each field is cut and padded at its column's end, and the last character before a field is
/// blanked, so that two never touch.
std::string keras2_row(const SummaryRow& fields, const Positions& ends) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line = padded_right(text_prefix(line, ends[i - 1] - 1), ends[i - 1]);
    line += fields[i];
    line = padded_right(text_prefix(line, ends[i]), ends[i]);
  }
  return line + "\n";
}

/// A layer's first connection stands in its row, each further one in a row of its own.
std::string keras2_rows(const LayerSummary& layer, bool has_connections, const Positions& ends) {
  SummaryRow row = plain_row(layer);
  if (!has_connections) return keras2_row(row, ends);
  const std::vector<std::string>& connections = layer.connections;
  row.push_back(connections.empty() ? "" : connections[0]);
  std::string text = keras2_row(row, ends);
  for (std::size_t i = 1; i < connections.size(); ++i) {
    text += keras2_row({"", "", "", connections[i]}, ends);
  }
  return text;
}

std::string keras2_text(const SummaryTable& table, std::int64_t line_length) {
  const Positions ends = table.has_connections ? positions(line_length, {.33, .55, .67, 1})
                                               : positions(line_length, {.45, .85, 1});
  std::string text =
      ruled("_", line_length) + keras2_row(table.header(), ends) + ruled("=", line_length);
  for (std::size_t i = 0; i < table.layers.size(); ++i) {
    text += keras2_rows(table.layers[i], table.has_connections, ends);
    text += ruled(i + 1 == table.layers.size() ? "=" : "_", line_length);
  }
  const Totals totals = totals_of(table.layers);
  text += "Total params: " + grouped(totals.all()) + "\n";
  text += "Trainable params: " + grouped(totals.trainable) + "\n";
  text += "Non-trainable params: " + grouped(totals.other) + "\n";
  return text + ruled("_", line_length);
}

/// What of a field fits into a line: no more than `columns`, and nothing behind the end of a tuple
/// or of a list's item.
std::string_view tf_keras_part(std::string_view field, std::int64_t columns) {
  std::string_view part = text_prefix(field, columns);
  std::size_t end = part.size();
  for (const std::string_view stop : {"),", "},", "],", "',"}) {
    const std::size_t found = part.find(stop);
    if (found != std::string_view::npos) end = std::min(end, found + stop.size());
  }
  return part.substr(0, end);
}

/// Begins with a blank and goes on below with what did not fit: two blanks and one column to
/// spare stay free between fields.
std::string tf_keras_row(const SummaryRow& fields, const Positions& ends) {
  std::vector<std::string_view> left(fields.begin(), fields.end());
  std::string text;
  while (std::ranges::any_of(left, [](std::string_view field) { return !field.empty(); })) {
    std::string line;
    for (std::size_t i = 0; i < left.size(); ++i) {
      const bool is_last = i + 1 == left.size();
      const std::int64_t begin = i == 0 ? 0 : ends[i - 1];
      const std::string_view part = tf_keras_part(left[i], ends[i] - begin - (is_last ? 0 : 3));
      if (i == 0) line = " ";
      line = padded_right(line.append(part).append(is_last ? "" : "  "), ends[i]);
      left[i].remove_prefix(part.size());
    }
    text += line + "\n";
  }
  return text;
}

/// With a list of Python's for connections, and an input's shape in a list.
SummaryRow tf_keras_fields(const LayerSummary& layer, bool has_connections) {
  SummaryRow row = plain_row(layer);
  if (layer.class_name == "InputLayer") row[1] = "[" + row[1] + "]";
  if (!has_connections) return row;
  std::string list;
  for (const std::string& connection : layer.connections) {
    list += (list.empty() ? "'" : ", '") + connection + "'";
  }
  row.push_back("[" + list + "]");
  return row;
}

std::string tf_keras_text(const SummaryTable& table, std::int64_t line_length) {
  const Positions ends = table.has_connections ? positions(line_length, {.3, .6, .7, 1})
                                               : positions(line_length, {.45, .85, 1});
  std::string text = "Model: \"" + table.name + "\"\n" + ruled("_", line_length);
  text += tf_keras_row(table.header(), ends) + ruled("=", line_length);
  for (const LayerSummary& layer : table.layers) {
    text += tf_keras_row(tf_keras_fields(layer, table.has_connections), ends);
    text += ruled(" ", line_length);
  }
  text += ruled("=", line_length);
  const auto total = [&text](std::string_view what, std::int64_t count, std::int64_t bytes) {
    text += format("{} params: {} ({})\n", what, count, readable_size(bytes, "Byte"));
  };
  const Totals totals = totals_of(table.layers);
  total("Total", totals.all(), totals.bytes());
  total("Trainable", totals.trainable, totals.trainable_bytes());
  total("Non-trainable", totals.other, totals.other_bytes);
  return text + ruled("_", line_length);
}

SummaryRow keras3_row(const LayerSummary& layer, bool has_connections) {
  const bool is_scalar = layer.output_shape.rank() == 0;
  SummaryRow row = {title(layer),
                    is_scalar ? "(None)" : tuple_text(layer.output_shape),
                    grouped(parameters(layer))};
  if (!has_connections) return row;
  std::string list;
  for (const std::string& connection : layer.connections) {
    list += (list.empty() ? "" : ", ") + connection;
  }
  row.push_back(list.empty() ? "-" : list);
  return row;
}

std::string keras3_text(const SummaryTable& table, const SummaryOptions& options) {
  std::vector<SummaryRow> rows;
  for (const LayerSummary& layer : table.layers) {
    rows.push_back(keras3_row(layer, table.has_connections));
  }
  const std::int64_t columns = options.terminal_columns - 4;
  const std::int64_t width = table.has_connections
                                 ? std::clamp<std::int64_t>(columns, kShortestGraphLine, 108)
                                 : std::clamp<std::int64_t>(columns, kShortestLine, 88);
  std::string text = "Model: \"" + table.name + "\"\n";
  text += boxed_table(table.header(), rows, width, options.ascii);
  const auto total = [&text](std::string_view what, std::int64_t count, std::int64_t bytes) {
    text += format(" {} params: {} ({})\n", what, grouped(count), readable_size(bytes, "B"));
  };
  const Totals totals = totals_of(table.layers);
  const std::int64_t optimizer = options.optimizer_parameters;
  // The iteration, one of them, is an int64.
  const std::int64_t optimizer_bytes = optimizer > 0 ? optimizer * kBytesPerParameter + 4 : 0;
  total("Total", totals.all() + optimizer, totals.bytes() + optimizer_bytes);
  total("Trainable", totals.trainable, totals.trainable_bytes());
  total("Non-trainable", totals.other, totals.other_bytes);
  if (optimizer > 0) total("Optimizer", optimizer, optimizer_bytes);
  return text;
}

/// The columns asked for, or Keras's own.
std::int64_t line_length_of(const SummaryOptions& options, bool has_connections) {
  if (options.line_length == 0) return has_connections ? 98 : 65;
  const std::int64_t shortest = has_connections ? kShortestGraphLine : kShortestLine;
  if (options.line_length >= shortest) return options.line_length;
  throw InvalidArgument(
      format("summary: line_length must be at least {}, got {}", shortest, options.line_length));
}

}  // namespace

std::string summary_text(const Network& network, const SummaryOptions& options) {
  const SummaryTable table{.name = network.name(),
                           .layers = network.summarize(),
                           .has_connections = network.is_functional() && !is_row(network)};
  const std::int64_t line_length = line_length_of(options, table.has_connections);
  switch (options.style) {
    case SummaryStyle::Keras2:
      return keras2_text(table, line_length);
    case SummaryStyle::TfKeras:
      return tf_keras_text(table, line_length);
    case SummaryStyle::Keras3:
      return keras3_text(table, options);
  }
  return {};
}

}  // namespace carnyx
