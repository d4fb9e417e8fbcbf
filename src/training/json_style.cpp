// JSON Lines for programs: one object an event, the same keys in the same order every time.
#include <cmath>
#include <ctime>

#include "carnyx/base/format.h"
#include "carnyx/base/json.h"

#include "training/progress_style.h"

namespace carnyx {
namespace {

/// "2024-01-01T00:00:00.000Z".
std::string utc_text(Clock::Wall time) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(since).count();
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return format("{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}.{:03d}Z",
                utc.tm_year + 1900,
                utc.tm_mon + 1,
                utc.tm_mday,
                utc.tm_hour,
                utc.tm_min,
                utc.tm_sec,
                since.count() % 1000);
}

double milliseconds_exact(double seconds) {
  return std::round(seconds * 1e3) / 1e3;
}

/// JSON has no word for what is not finite: null.
void add_logs(Json& event, const Logs& logs) {
  for (const auto& [name, value] : logs.entries()) {
    event.set(name, std::isfinite(value) ? Json(value) : Json());
  }
}

class JsonStyle final : public ProgressStyle {
 public:
  explicit JsonStyle(const Clock& clock) : clock_(clock) {}

  std::string train_begin(const RunInfo& run) override {
    Json event = begin("train_begin");
    event.set("epochs", run.epochs)
        .set("first_epoch", run.first_epoch + 1)
        .set("steps_per_epoch", run.steps_per_epoch)
        .set("samples", run.samples)
        .set("validation_samples", run.validation_samples)
        .set("batch_size", run.batch_size);
    return event.dump() + "\n";
  }

  ProgressLine step(const RunInfo& run, const EpochProgress& epoch, std::int64_t) override {
    Json event = begin("step");
    event.set("epoch", epoch.epoch + 1)
        .set("step", epoch.now.step)
        .set("steps_per_epoch", run.steps_per_epoch)
        .set("seconds", milliseconds_exact(epoch.now.seconds));
    return line(event, epoch.logs);
  }

  ProgressLine epoch_end(const RunInfo&, const EpochProgress& epoch, std::int64_t) override {
    Json event = begin("epoch");
    event.set("epoch", epoch.epoch + 1).set("seconds", milliseconds_exact(epoch.now.seconds));
    return line(event, epoch.logs);
  }

  std::string train_end(const RunInfo&, const Logs& logs, double seconds) override {
    Json event = begin("train_end");
    event.set("seconds", milliseconds_exact(seconds));
    add_logs(event, logs);
    return event.dump() + "\n";
  }

 private:
  [[nodiscard]] Json begin(std::string_view name) const {
    return Json::object({{"event", name}, {"time", utc_text(clock_.now())}});
  }
  static ProgressLine line(Json& event, const Logs& logs) {
    add_logs(event, logs);
    ProgressLine line;
    line += event.dump();
    return line;
  }

  const Clock& clock_;
};

}  // namespace

std::unique_ptr<ProgressStyle> make_json_style(const Clock& clock) {
  return std::make_unique<JsonStyle>(clock);
}

}  // namespace carnyx
