// What each log style says. A style makes text; progress.cpp decides when and how it is written.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "carnyx/base/clock.h"
#include "carnyx/training/callback.h"
#include "carnyx/training/progress.h"

namespace carnyx {

/// Text and the columns it takes on a terminal, which escapes don't.
struct ProgressLine {
  std::string text;
  std::int64_t columns = 0;

  ProgressLine& operator+=(const std::string& ascii) {
    text += ascii;
    columns += static_cast<std::int64_t>(ascii.size());
    return *this;
  }
};

/// Steps done, and the seconds that the epoch had taken then.
struct TimedStep {
  std::int64_t step = 0;
  double seconds = 0;
};

/// Where an epoch is.
struct EpochProgress {
  std::int64_t epoch = 0;       ///< from 0
  std::int64_t first_step = 0;  ///< > 0 if the run went on amid the epoch: not in `seconds`
  TimedStep now;
  std::optional<TimedStep> first_timed;  ///< Keras 3 leaves the first step out of its mean
  Logs logs;
};

/// How the steps between two epochs' ends are shown.
enum class StepDisplay {
  Rewritten,  ///< one line, written over and over
  Appended,   ///< a line an update, as Keras 2 does without a terminal
  Heartbeat,  ///< a line every ten seconds
  None,
};

class ProgressStyle {
 public:
  virtual ~ProgressStyle() = default;

  // Whole lines, or nothing.
  [[nodiscard]] virtual std::string train_begin(const RunInfo&) { return {}; }
  [[nodiscard]] virtual std::string epoch_begin(const RunInfo&, std::int64_t /*epoch*/) {
    return {};
  }
  [[nodiscard]] virtual std::string train_end(const RunInfo&, const Logs&, double /*seconds*/) {
    return {};
  }

  /// Whether the epoch's last step is shown before validation has run.
  [[nodiscard]] virtual bool shows_last_step() const { return true; }
  // Without the newline.
  /// `columns`: what a line that is written over may take at most.
  [[nodiscard]] virtual ProgressLine step(const RunInfo&,
                                          const EpochProgress&,
                                          std::int64_t columns) = 0;
  [[nodiscard]] virtual ProgressLine epoch_end(const RunInfo&, const EpochProgress&) = 0;
};

struct BarLook {
  bool utf8 = false;
  bool color = false;
};

std::unique_ptr<ProgressStyle> make_keras2_style(bool is_bar, bool old_times);
std::unique_ptr<ProgressStyle> make_keras3_style(bool is_bar, BarLook look);
std::unique_ptr<ProgressStyle> make_plain_style();
/// `clock` outlives it.
std::unique_ptr<ProgressStyle> make_json_style(const Clock& clock);

}  // namespace carnyx
