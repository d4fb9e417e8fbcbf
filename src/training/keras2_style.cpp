// Keras 2.0-2.2 trained on arrays: it counts samples.
// Source: keras/utils/generic_utils.py and keras/callbacks.py of Keras 2.0.4 and 2.2.4.
#include <algorithm>
#include <span>
#include <vector>

#include "carnyx/base/format.h"

#include "training/progress_style.h"
#include "training/progress_text.h"

namespace carnyx {
namespace {

constexpr std::int64_t kBarWidth = 30;

std::int64_t samples_after(const RunInfo& run, std::int64_t steps) {
  return std::min(steps * run.batch_size, run.samples);
}

/// Samples of an epoch; fewer than there are if the caller limited its steps.
std::int64_t target(const RunInfo& run) {
  return samples_after(run, run.steps_per_epoch);
}

double seconds_per_sample(const RunInfo& run, const EpochProgress& epoch) {
  const std::int64_t timed =
      samples_after(run, epoch.now.step) - samples_after(run, epoch.first_step);
  return timed > 0 ? epoch.now.seconds / static_cast<double>(timed) : 0;
}

std::string bar_text(std::int64_t done, std::int64_t total, std::int64_t width) {
  const double share = static_cast<double>(done) / static_cast<double>(total);
  const auto filled = static_cast<std::int64_t>(static_cast<double>(width) * share);
  std::string bar(static_cast<std::size_t>(filled), '=');
  if (filled > 0 && done < total) bar.back() = '>';
  return "[" + bar + std::string(static_cast<std::size_t>(width - filled), '.') + "]";
}

std::string counter_text(const RunInfo& run, std::int64_t done) {
  return padded_count(done, target(run)) + format("/{} ", target(run));
}

/// Of what stands beside the bar between its brackets.
std::int64_t fixed_columns(const std::string& counter, const std::string& time) {
  return static_cast<std::int64_t>(counter.size() + time.size()) + 2;
}

/// Before Keras 2.3, metrics=['accuracy'] gave "acc".
std::string old_name(const std::string& name) {
  if (name == "accuracy") return "acc";
  return name == "val_accuracy" ? "val_acc" : name;
}

template <class Text>
std::vector<std::string> metric_texts(const Logs& logs, const Text& text) {
  std::vector<std::string> metrics;
  for (const auto& [name, value] : logs.entries()) {
    metrics.push_back(" - " + old_name(name) + ": " + text(value));
  }
  return metrics;
}

class Keras2Style final : public ProgressStyle {
 public:
  Keras2Style(bool is_bar, bool old_times) : is_bar_(is_bar), old_times_(old_times) {}

  std::string train_begin(const RunInfo& run) override {
    if (run.validation_samples == 0) return {};
    return format(
        "Train on {} samples, validate on {} samples\n", run.samples, run.validation_samples);
  }
  std::string epoch_begin(const RunInfo& run, std::int64_t epoch) override {
    return format("Epoch {}/{}\n", epoch + 1, run.epochs);
  }
  bool shows_last_step() const override { return false; }

  ProgressLine step(const RunInfo& run, const EpochProgress& epoch, std::int64_t columns) override {
    const std::int64_t done = samples_after(run, epoch.now.step);
    const double left = seconds_per_sample(run, epoch) * static_cast<double>(target(run) - done);
    const std::string eta =
        old_times_ ? format("{}s", static_cast<std::int64_t>(left)) : eta_text(left);
    const std::string time = " - ETA: " + eta;
    const std::vector<std::string> metrics = metric_texts(epoch.logs, metric_text);
    const std::string counter = counter_text(run, done);
    const BarFit fit = fit_bar(columns, fixed_columns(counter, time), kBarWidth, metrics);
    ProgressLine line;
    line += counter + bar_text(done, target(run), fit.bar) + time;
    for (const std::string& metric : std::span(metrics).first(fit.metrics)) line += metric;
    return line;
  }

  ProgressLine epoch_end(const RunInfo& run,
                         const EpochProgress& epoch,
                         std::int64_t columns) override {
    if (!is_bar_) return epoch_line(epoch);
    const std::int64_t done = samples_after(run, epoch.now.step);
    std::string time = " - " + seconds_text(epoch.now.seconds);
    if (!old_times_) time += " " + unit_time_text(seconds_per_sample(run, epoch)) + "/step";
    const std::string counter = counter_text(run, done);
    const BarFit fit = fit_bar(columns, fixed_columns(counter, time), kBarWidth, {});
    ProgressLine line;
    line += counter + bar_text(done, target(run), fit.bar) + time;
    const auto indent = static_cast<std::int64_t>(counter.size()) - 1;
    for (const std::string& metric : metric_texts(epoch.logs, metric_text)) {
      line.add_or_break(metric, indent, columns);
    }
    return line;
  }

 private:
  [[nodiscard]] std::string seconds_text(double seconds) const {
    return old_times_ ? format("{}s", static_cast<std::int64_t>(seconds)) : whole_seconds(seconds);
  }
  [[nodiscard]] ProgressLine epoch_line(const EpochProgress& epoch) const {
    ProgressLine line;
    if (!old_times_) line += " - ";
    line += seconds_text(epoch.now.seconds);
    for (const std::string& metric : metric_texts(epoch.logs, signed_metric_text)) line += metric;
    return line;
  }
  bool is_bar_;
  bool old_times_;
};

}  // namespace

std::unique_ptr<ProgressStyle> make_keras2_style(bool is_bar, bool old_times) {
  return std::make_unique<Keras2Style>(is_bar, old_times);
}

}  // namespace carnyx
