// Keras 3: it counts steps.
// Source: keras/src/utils/progbar.py and keras/src/callbacks/progbar_logger.py of Keras 3.15.
#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "carnyx/base/format.h"

#include "training/progress_style.h"
#include "training/progress_text.h"

namespace carnyx {
namespace {

constexpr std::int64_t kKeras3BarWidth = 20;
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kWhite = "\x1b[37m";
constexpr std::string_view kReset = "\x1b[0m";

/// The mean without the first step, which is not like the others.
double seconds_per_step(const EpochProgress& epoch) {
  const TimedStep since = epoch.first_timed && epoch.now.step > epoch.first_timed->step
                              ? *epoch.first_timed
                              : TimedStep{.step = epoch.first_step, .seconds = 0};
  const std::int64_t steps = epoch.now.step - since.step;
  return steps > 0 ? (epoch.now.seconds - since.seconds) / static_cast<double>(steps) : 0;
}

std::string per_step(const EpochProgress& epoch) {
  const double seconds = seconds_per_step(epoch);
  return (seconds == 0 ? "0s" : unit_time_text(seconds)) + "/step";
}

std::string counter_text(const RunInfo& run, const EpochProgress& epoch) {
  return padded_count(epoch.now.step, run.steps_per_epoch) + format("/{}", run.steps_per_epoch);
}

/// Of what stands beside the bar, with the three blanks between.
std::int64_t fixed_columns(const RunInfo& run,
                           const EpochProgress& epoch,
                           const std::string& time) {
  const std::size_t texts = counter_text(run, epoch).size() + time.size() + per_step(epoch).size();
  return static_cast<std::int64_t>(texts) + 3;
}

class Keras3Style final : public ProgressStyle {
 public:
  Keras3Style(bool is_bar, BarLook look) : is_bar_(is_bar), look_(look) {}

  std::string epoch_begin(const RunInfo& run, std::int64_t epoch) override {
    order_.clear();
    return run.epochs > 1 ? format("Epoch {}/{}\n", epoch + 1, run.epochs) : "";
  }

  ProgressLine step(const RunInfo& run, const EpochProgress& epoch, std::int64_t columns) override {
    if (!is_bar_) return epoch_line(run, epoch);
    const std::int64_t left = run.steps_per_epoch - epoch.now.step;
    const std::string eta = eta_text(seconds_per_step(epoch) * static_cast<double>(left));
    const std::vector<std::string> metrics = metric_texts(epoch.logs, metric_text);
    const BarFit fit = fit_bar(columns, fixed_columns(run, epoch, eta), kKeras3BarWidth, metrics);
    ProgressLine line = bar_line(run, epoch, eta, fit.bar);
    for (const std::string& metric : std::span(metrics).first(fit.metrics)) line += metric;
    return line;
  }

  ProgressLine epoch_end(const RunInfo& run,
                         const EpochProgress& epoch,
                         std::int64_t columns) override {
    if (!is_bar_) return epoch_line(run, epoch);
    const std::string time = whole_seconds(epoch.now.seconds);
    const BarFit fit = fit_bar(columns, fixed_columns(run, epoch, time), kKeras3BarWidth, {});
    ProgressLine line = bar_line(run, epoch, time, fit.bar);
    const auto indent = static_cast<std::int64_t>(counter_text(run, epoch).size());
    for (const std::string& metric : metric_texts(epoch.logs, metric_text)) {
      line.add_or_break(metric, indent, columns);
    }
    return line;
  }

 private:
  /// Names by the alphabet, but those of the first step before those that come at the end.
  template <class Text>
  std::vector<std::string> metric_texts(const Logs& logs, const Text& text) {
    std::vector<std::string> names;
    for (const auto& [name, value] : logs.entries()) {
      if (std::ranges::find(order_, name) == order_.end()) names.push_back(name);
    }
    std::ranges::sort(names);
    order_.insert(order_.end(), names.begin(), names.end());
    std::vector<std::string> metrics;
    for (const std::string& name : order_) {
      if (const auto value = logs.find(name)) metrics.push_back(" - " + name + ": " + text(*value));
    }
    return metrics;
  }

  ProgressLine epoch_line(const RunInfo& run, const EpochProgress& epoch) {
    ProgressLine line;
    line += counter_text(run, epoch);
    line += " - " + whole_seconds(epoch.now.seconds) + " - " + per_step(epoch);
    for (const std::string& metric : metric_texts(epoch.logs, signed_metric_text)) line += metric;
    return line;
  }

  ProgressLine bar_line(const RunInfo& run,
                        const EpochProgress& epoch,
                        const std::string& time,
                        std::int64_t bar_columns) const {
    ProgressLine line;
    paint(line, kBold, counter_text(run, epoch));
    line += " ";
    draw_bar(line, epoch.now.step, run.steps_per_epoch, bar_columns);
    line += " ";
    paint(line, kBold, time);
    line += " " + per_step(epoch);
    return line;
  }

  void draw_bar(ProgressLine& line,
                std::int64_t done,
                std::int64_t total,
                std::int64_t width) const {
    const double share = static_cast<double>(done) / static_cast<double>(total);
    const auto filled = static_cast<std::int64_t>(static_cast<double>(width) * share);
    if (filled > 0) draw_part(line, kGreen, look_.utf8 ? "━" : "=", filled);
    // Keras tells the parts apart by colour alone, which is not always there.
    const std::string_view open = look_.color ? "━" : "─";
    draw_part(line, kWhite, look_.utf8 ? open : "-", width - filled);
  }
  void draw_part(ProgressLine& line,
                 std::string_view color,
                 std::string_view character,
                 std::int64_t width) const {
    if (look_.color) line.text += color;
    for (std::int64_t i = 0; i < width; ++i) line.text += character;
    if (look_.color) line.text += kReset;
    line.columns += width;
  }
  void paint(ProgressLine& line, std::string_view color, const std::string& text) const {
    if (look_.color) line.text += color;
    line += text;
    if (look_.color) line.text += kReset;
  }

  bool is_bar_;
  BarLook look_;
  std::vector<std::string> order_;
};

}  // namespace

std::unique_ptr<ProgressStyle> make_keras3_style(bool is_bar, BarLook look) {
  return std::make_unique<Keras3Style>(is_bar, look);
}

}  // namespace carnyx
