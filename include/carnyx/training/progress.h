#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "carnyx/base/clock.h"
#include "carnyx/training/callback.h"

namespace carnyx {

/// How training tells people where it is. All of it goes to the output given, stderr in the CLI.
enum class LogStyle {
  Keras2,  ///< Keras 2.0-2.2: samples, "[=====>....]", "ETA: 12s"; a line an update without a
           ///< terminal
  Keras3,  ///< Keras 3: steps, a bar of 20, "4ms/step"; a line an epoch without a terminal
  Plain,   ///< a line an epoch, and one every ten seconds
  Json,    ///< JSON Lines: {"event": "epoch", ..., "epoch": 1, "loss": ...}
};
std::string_view name_of(LogStyle style);  ///< "keras2", "keras3", "plain", "json"
/// Throws InvalidArgument naming the nearest known one.
void from_name(std::string_view name, LogStyle& style);

/// Where progress is written: a terminal or not is what decides between a bar and lines.
class ProgressOutput {
 public:
  virtual ~ProgressOutput() = default;
  /// Whole updates: one call is one write, so that other lines don't fall between.
  virtual void write(std::string_view text) = 0;
  [[nodiscard]] virtual bool is_terminal() const = 0;
  [[nodiscard]] virtual bool has_color() const = 0;
  /// Whether a bar may be drawn beyond ASCII.
  [[nodiscard]] virtual bool has_utf8() const { return false; }
  /// Of the terminal; asked at every update, since windows change.
  [[nodiscard]] virtual std::int64_t columns() const { return 80; }
};
/// stderr. No terminal if CI is set; colour as NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM say;
/// UTF-8 as LC_ALL, LC_CTYPE and LANG say; COLUMNS where the terminal knows no width.
std::unique_ptr<ProgressOutput> stderr_output();
/// stdout, by the same rules: for results that are drawn.
std::unique_ptr<ProgressOutput> stdout_output();

/// What LogStyle::Keras2 counts, and how it says times.
enum class Keras2Form {
  Samples,   ///< Keras 2.1-2.2 on arrays: " - 14s 232us/step"
  OldTimes,  ///< Keras 2.0.4 on arrays: " - 6s"
  Steps,     ///< tf.keras of TensorFlow 1.14-2.0 on a tf.data set: "390/390 - 43s"
};

struct ProgressOptions {
  LogStyle style = LogStyle::Keras3;
  int verbose = 1;  ///< Keras's: 0 silent, 1 bar, 2 a line an epoch
  Keras2Form keras2_form = Keras2Form::Samples;
};

/// The callback that shows it. `output` and `clock` outlive it. It ends the line it has begun when
/// it is destroyed, if training ended in an error. Throws InvalidArgument unless verbose is 0, 1
/// or 2.
CallbackPtr make_progress(ProgressOptions options, ProgressOutput& output, const Clock& clock);

}  // namespace carnyx
