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
  std::int64_t columns = 0;  ///< of the last row

  ProgressLine& operator+=(const std::string& ascii) {
    text += ascii;
    columns += static_cast<std::int64_t>(ascii.size());
    return *this;
  }
  /// Adds a part, in a row of its own, `indent` columns in, if this one has no room for it.
  void add_or_break(const std::string& ascii, std::int64_t indent, std::int64_t most_columns) {
    if (columns + static_cast<std::int64_t>(ascii.size()) > most_columns) {
      text += "\n" + std::string(static_cast<std::size_t>(indent), ' ');
      columns = indent;
    }
    *this += ascii;
  }
};

/// For rows that no terminal limits.
constexpr std::int64_t kAnyColumns = std::int64_t{1} << 40;

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
  // Without the newline at the end. `columns`: what a row may take at most.
  /// One row, since it is written over.
  [[nodiscard]] virtual ProgressLine step(const RunInfo&,
                                          const EpochProgress&,
                                          std::int64_t columns) = 0;
  /// It stays, so it may go on in rows below.
  [[nodiscard]] virtual ProgressLine epoch_end(const RunInfo&,
                                               const EpochProgress&,
                                               std::int64_t columns) = 0;
};

struct BarLook {
  bool utf8 = false;
  bool color = false;
};

std::unique_ptr<ProgressStyle> make_keras2_style(bool is_bar, Keras2Form form);
std::unique_ptr<ProgressStyle> make_keras3_style(bool is_bar, BarLook look);
std::unique_ptr<ProgressStyle> make_plain_style();
/// `clock` outlives it.
std::unique_ptr<ProgressStyle> make_json_style(const Clock& clock);

}  // namespace carnyx
