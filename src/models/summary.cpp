// The three tables that Keras printed over the years, to the byte; trailing blanks are theirs.
#include "carnyx/models/summary.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "models/boxed_table.h"
#include "models/text_columns.h"

namespace carnyx {
namespace {

constexpr std::int64_t kShortestLine = 20;  // below, a column has no room for a character
constexpr std::int64_t kBytesPerParameter = 4;

using Positions = std::array<std::int64_t, 3>;  // where each column ends

const SummaryRow& header() {
  static const SummaryRow kHeader = {"Layer (type)", "Output Shape", "Param #"};
  return kHeader;
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

SummaryRow plain_row(const LayerSummary& layer) {
  return {title(layer), tuple_text(layer.output_shape), std::to_string(parameters(layer))};
}

Positions positions(std::int64_t line_length) {
  const auto at = [line_length](double share) {
    return static_cast<std::int64_t>(share * static_cast<double>(line_length));
  };
  return {at(.45), at(.85), line_length};
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

std::string keras2_text(const std::vector<LayerSummary>& layers, std::int64_t line_length) {
  const Positions ends = positions(line_length);
  std::string text = ruled("_", line_length) + keras2_row(header(), ends) + ruled("=", line_length);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    text += keras2_row(plain_row(layers[i]), ends);
    text += ruled(i + 1 == layers.size() ? "=" : "_", line_length);
  }
  const Totals totals = totals_of(layers);
  text += "Total params: " + grouped(totals.all()) + "\n";
  text += "Trainable params: " + grouped(totals.trainable) + "\n";
  text += "Non-trainable params: " + grouped(totals.other) + "\n";
  return text + ruled("_", line_length);
}

/// Begins with a blank and goes on below with what did not fit: two blanks and one column to
/// spare stay free between fields.
std::string tf_keras_row(const SummaryRow& fields, const Positions& ends) {
  std::array<std::string_view, 3> left(
      {std::string_view(fields[0]), std::string_view(fields[1]), std::string_view(fields[2])});
  std::string text;
  while (std::ranges::any_of(left, [](std::string_view field) { return !field.empty(); })) {
    std::string line = " ";
    for (std::size_t i = 0; i < left.size(); ++i) {
      const bool is_last = i + 1 == left.size();
      const std::int64_t begin = i == 0 ? 0 : ends[i - 1];
      const std::string_view fitting = text_prefix(left[i], ends[i] - begin - (is_last ? 0 : 3));
      line = padded_right(line.append(fitting).append(is_last ? "" : "  "), ends[i]);
      left[i].remove_prefix(fitting.size());
    }
    text += line + "\n";
  }
  return text;
}

std::string tf_keras_text(const std::string& name,
                          const std::vector<LayerSummary>& layers,
                          std::int64_t line_length) {
  const Positions ends = positions(line_length);
  std::string text = "Model: \"" + name + "\"\n" + ruled("_", line_length);
  text += tf_keras_row(header(), ends) + ruled("=", line_length);
  for (const LayerSummary& layer : layers) {
    text += tf_keras_row(plain_row(layer), ends) + ruled(" ", line_length);
  }
  text += ruled("=", line_length);
  const auto total = [&text](std::string_view what, std::int64_t count, std::int64_t bytes) {
    text += format("{} params: {} ({})\n", what, count, readable_size(bytes, "Byte"));
  };
  const Totals totals = totals_of(layers);
  total("Total", totals.all(), totals.bytes());
  total("Trainable", totals.trainable, totals.trainable_bytes());
  total("Non-trainable", totals.other, totals.other_bytes);
  return text + ruled("_", line_length);
}

SummaryRow keras3_row(const LayerSummary& layer) {
  const bool is_scalar = layer.output_shape.rank() == 0;
  return {title(layer),
          is_scalar ? "(None)" : tuple_text(layer.output_shape),
          grouped(parameters(layer))};
}

std::string keras3_text(const std::string& name,
                        const std::vector<LayerSummary>& layers,
                        const SummaryOptions& options) {
  std::vector<SummaryRow> rows;
  for (const LayerSummary& layer : layers) rows.push_back(keras3_row(layer));
  const std::int64_t width =
      std::clamp<std::int64_t>(options.terminal_columns - 4, kShortestLine, 88);
  std::string text = "Model: \"" + name + "\"\n";
  text += boxed_table(header(), rows, width, options.ascii);
  const auto total = [&text](std::string_view what, std::int64_t count, std::int64_t bytes) {
    text += format(" {} params: {} ({})\n", what, grouped(count), readable_size(bytes, "B"));
  };
  const Totals totals = totals_of(layers);
  const std::int64_t optimizer = options.optimizer_parameters;
  // The iteration, one of them, is an int64.
  const std::int64_t optimizer_bytes = optimizer > 0 ? optimizer * kBytesPerParameter + 4 : 0;
  total("Total", totals.all() + optimizer, totals.bytes() + optimizer_bytes);
  total("Trainable", totals.trainable, totals.trainable_bytes());
  total("Non-trainable", totals.other, totals.other_bytes);
  if (optimizer > 0) total("Optimizer", optimizer, optimizer_bytes);
  return text;
}

}  // namespace

std::string summary_text(const Network& network, const SummaryOptions& options) {
  if (options.line_length < kShortestLine) {
    throw InvalidArgument(format(
        "summary: line_length must be at least {}, got {}", kShortestLine, options.line_length));
  }
  const std::vector<LayerSummary> layers = network.summarize();
  switch (options.style) {
    case SummaryStyle::Keras2:
      return keras2_text(layers, options.line_length);
    case SummaryStyle::TfKeras:
      return tf_keras_text(network.name(), layers, options.line_length);
    case SummaryStyle::Keras3:
      return keras3_text(network.name(), layers, options);
  }
  return {};
}

}  // namespace carnyx
