// Lines for a log that people read: no bar, nothing rewritten.
#include <string_view>

#include "carnyx/base/format.h"

#include "training/progress_style.h"
#include "training/progress_text.h"

namespace carnyx {
namespace {

/// "2.1 s", "1:05", "1:02:03".
std::string duration_text(double seconds) {
  return seconds > 60 ? eta_text(seconds) : format("{:.1f} s", seconds);
}

std::string counted(std::int64_t count, std::string_view thing) {
  return format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

std::string metrics_text(const Logs& logs) {
  std::string text;
  for (const auto& [name, value] : logs.entries()) text += ", " + name + " " + metric_text(value);
  return text;
}

class PlainStyle final : public ProgressStyle {
 public:
  std::string train_begin(const RunInfo& run) override {
    std::string text = format("training on {} samples", run.samples);
    if (run.validation_samples > 0) text += format(", validating on {}", run.validation_samples);
    text +=
        format(": {} of {}", counted(run.epochs, "epoch"), counted(run.steps_per_epoch, "step"));
    return text + format(", batch size {}\n", run.batch_size);
  }

  ProgressLine step(const RunInfo& run, const EpochProgress& epoch, std::int64_t) override {
    const std::int64_t timed = epoch.now.step - epoch.first_step;
    const double per_step = timed > 0 ? epoch.now.seconds / static_cast<double>(timed) : 0;
    const double left = per_step * static_cast<double>(run.steps_per_epoch - epoch.now.step);
    ProgressLine line = head(run, epoch);
    line += format(
        "step {}/{}, ", padded_count(epoch.now.step, run.steps_per_epoch), run.steps_per_epoch);
    line += duration_text(epoch.now.seconds) + ", " + duration_text(left) + " left";
    line += metrics_text(epoch.logs);
    return line;
  }

  ProgressLine epoch_end(const RunInfo& run, const EpochProgress& epoch, std::int64_t) override {
    ProgressLine line = head(run, epoch);
    line += duration_text(epoch.now.seconds) + metrics_text(epoch.logs);
    return line;
  }

  std::string train_end(const RunInfo&, const Logs&, double seconds) override {
    return "training took " + duration_text(seconds) + "\n";
  }

 private:
  static ProgressLine head(const RunInfo& run, const EpochProgress& epoch) {
    ProgressLine line;
    line += format("epoch {}/{}: ", padded_count(epoch.epoch + 1, run.epochs), run.epochs);
    return line;
  }
};

}  // namespace

std::unique_ptr<ProgressStyle> make_plain_style() {
  return std::make_unique<PlainStyle>();
}

}  // namespace carnyx
