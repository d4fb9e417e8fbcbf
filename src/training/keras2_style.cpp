// Keras 2.0-2.2 trained on arrays: it counts samples. tf.keras of TensorFlow 1.14 on a tf.data set
// counts steps, has no header line, and names the epoch only if there are several.
// Source: keras/utils/generic_utils.py and keras/callbacks.py of Keras 2.0.4 and 2.2.4;
// tensorflow/python/keras/callbacks.py of TensorFlow 1.14.
#include <algorithm>
#include <span>
#include <vector>

#include "carnyx/base/format.h"

#include "training/progress_style.h"
#include "training/progress_text.h"

namespace carnyx {
namespace {

constexpr std::int64_t kKeras2BarWidth = 30;

std::int64_t samples_after(const RunInfo& run, std::int64_t steps) {
  return std::min(steps * run.batch_size, run.samples);
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

class Keras2Style final : public ProgressStyle {
 public:
  Keras2Style(bool is_bar, Keras2Form form) : is_bar_(is_bar), form_(form) {}

  std::string train_begin(const RunInfo& run) override {
    if (run.validation_samples == 0 || counts_steps()) return {};
    return format(
        "Train on {} samples, validate on {} samples\n", run.samples, run.validation_samples);
  }
  std::string epoch_begin(const RunInfo& run, std::int64_t epoch) override {
    if (counts_steps() && run.epochs == 1) return {};
    return format("Epoch {}/{}\n", epoch + 1, run.epochs);
  }
  bool shows_last_step() const override { return false; }

  ProgressLine step(const RunInfo& run, const EpochProgress& epoch, std::int64_t columns) override {
    const std::int64_t done = count_after(run, epoch.now.step);
    const double left = seconds_each(run, epoch) * static_cast<double>(target(run) - done);
    const std::string eta =
        has_old_times() ? format("{}s", static_cast<std::int64_t>(left)) : eta_text(left);
    const std::string time = " - ETA: " + eta;
    const std::vector<std::string> metrics = metric_texts(epoch.logs, metric_text);
    const std::string counter = counter_text(run, done);
    const BarFit fit = fit_bar(columns, fixed_columns(counter, time), kKeras2BarWidth, metrics);
    ProgressLine line;
    line += counter + keras2_bar(done, target(run), fit.bar) + time;
    for (const std::string& metric : std::span(metrics).first(fit.metrics)) line += metric;
    return line;
  }

  ProgressLine epoch_end(const RunInfo& run,
                         const EpochProgress& epoch,
                         std::int64_t columns) override {
    if (!is_bar_) return epoch_line(run, epoch);
    const std::int64_t done = count_after(run, epoch.now.step);
    std::string time = " - " + seconds_text(epoch.now.seconds);
    if (!has_old_times()) time += " " + unit_time_text(seconds_each(run, epoch)) + "/step";
    const std::string counter = counter_text(run, done);
    const BarFit fit = fit_bar(columns, fixed_columns(counter, time), kKeras2BarWidth, {});
    ProgressLine line;
    line += counter + keras2_bar(done, target(run), fit.bar) + time;
    const auto indent = static_cast<std::int64_t>(counter.size()) - 1;
    for (const std::string& metric : metric_texts(epoch.logs, metric_text)) {
      line.add_or_break(metric, indent, columns);
    }
    return line;
  }

 private:
  [[nodiscard]] bool counts_steps() const { return form_ == Keras2Form::Steps; }
  [[nodiscard]] bool has_old_times() const { return form_ == Keras2Form::OldTimes; }

  [[nodiscard]] std::int64_t count_after(const RunInfo& run, std::int64_t steps) const {
    return counts_steps() ? steps : samples_after(run, steps);
  }
  /// Of an epoch; fewer samples than there are if the caller limited its steps.
  [[nodiscard]] std::int64_t target(const RunInfo& run) const {
    return count_after(run, run.steps_per_epoch);
  }
  [[nodiscard]] double seconds_each(const RunInfo& run, const EpochProgress& epoch) const {
    const std::int64_t timed =
        count_after(run, epoch.now.step) - count_after(run, epoch.first_step);
    return timed > 0 ? epoch.now.seconds / static_cast<double>(timed) : 0;
  }
  [[nodiscard]] std::string counter_text(const RunInfo& run, std::int64_t done) const {
    return padded_count(done, target(run)) + format("/{} ", target(run));
  }
  template <class Text>
  [[nodiscard]] std::vector<std::string> metric_texts(const Logs& logs, const Text& text) const {
    std::vector<std::string> metrics;
    for (const auto& [name, value] : logs.entries()) {
      metrics.push_back(" - " + (counts_steps() ? name : old_name(name)) + ": " + text(value));
    }
    return metrics;
  }
  [[nodiscard]] std::string seconds_text(double seconds) const {
    return has_old_times() ? format("{}s", static_cast<std::int64_t>(seconds))
                           : whole_seconds(seconds);
  }
  [[nodiscard]] ProgressLine epoch_line(const RunInfo& run, const EpochProgress& epoch) const {
    ProgressLine line;
    if (counts_steps()) {
      line += padded_count(epoch.now.step, target(run)) + format("/{}", target(run));
    }
    if (!has_old_times()) line += " - ";
    line += seconds_text(epoch.now.seconds);
    for (const std::string& metric : metric_texts(epoch.logs, signed_metric_text)) line += metric;
    return line;
  }
  bool is_bar_;
  Keras2Form form_;
};

}  // namespace

std::unique_ptr<ProgressStyle> make_keras2_style(bool is_bar, Keras2Form form) {
  return std::make_unique<Keras2Style>(is_bar, form);
}

}  // namespace carnyx
