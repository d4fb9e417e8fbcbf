// When progress is written and how: the style says what.
//
// on_step is asked for about ten times an update, not at every step: a step of 0.4 ms would feel
// it. The stretch between two calls follows the steps' own pace, so nothing here sleeps or starts
// threads.
#include "carnyx/training/progress.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"
#include "carnyx/training/model.h"

#include "training/progress_style.h"

namespace carnyx {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr std::array<std::string_view, 4> kStyles = {"keras2", "keras3", "plain", "json"};

nanoseconds interval_of(StepDisplay display) {
  const bool is_line = display == StepDisplay::Heartbeat;
  return is_line ? nanoseconds(10s) : nanoseconds(50ms);  // 50 ms is Keras's
}

class Silence final : public Callback {
 public:
  std::string name() const override { return "progress"; }
};

class Progress final : public Callback {
 public:
  Progress(std::unique_ptr<ProgressStyle> style,
           StepDisplay display,
           ProgressOutput& output,
           const Clock& clock)
      : style_(std::move(style)), display_(display), output_(output), clock_(clock) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() override {
    try {
      end_line();
    } catch (...) {  // training ends in an error already, and that one matters more
    }
  }

  std::string name() const override { return "progress"; }
  std::int64_t every_steps() const override { return display_ == StepDisplay::None ? 0 : stretch_; }

  void on_train_begin(CallbackContext& context) override {
    run_ = context.run;
    run_start_ = epoch_start_ = last_update_ = clock_.steady();
    epoch_ = -1;
    write(style_->train_begin(run_));
  }
  void on_epoch_begin(CallbackContext& context, std::int64_t epoch) override {
    begin_epoch(epoch, 0, clock_.steady());
    last_iterations_ = context.model.iterations();
  }
  void on_step(CallbackContext& context,
               std::int64_t epoch,
               std::int64_t step,
               const Logs& logs) override {
    if (epoch != epoch_) begin_epoch(epoch, step, run_start_);
    last_iterations_ = context.model.iterations();
    const auto now = clock_.steady();
    adapt_stretch(step + 1, now);
    const TimedStep timed{.step = step + 1, .seconds = seconds(now - epoch_start_)};
    if (!first_timed_) first_timed_ = timed;
    last_step_ = timed.step;
    if (is_due(timed.step, now)) show_step(timed, logs, now);
  }
  void on_epoch_end(CallbackContext& context, std::int64_t epoch, Logs& logs) override {
    if (epoch != epoch_) begin_epoch(epoch, 0, run_start_);
    const std::int64_t done = last_step_ + context.model.iterations() - last_iterations_;
    const bool is_cut = context.stop_training && done > first_step_;
    show_epoch_end(is_cut ? done : run_.steps_per_epoch, logs);
  }
  void on_train_end(CallbackContext&, const Logs& logs) override {
    end_line();
    write(style_->train_end(run_, logs, seconds(clock_.steady() - run_start_)));
  }

 private:
  using Time = Clock::Steady;

  static double seconds(nanoseconds time) { return std::chrono::duration<double>(time).count(); }

  /// A run that goes on amid an epoch begins with a step, or with its end.
  void begin_epoch(std::int64_t epoch, std::int64_t first_step, Time start) {
    epoch_ = epoch;
    epoch_start_ = last_call_ = start;
    first_step_ = last_step_ = first_step;
    first_timed_.reset();
    columns_before_ = 0;
    is_fresh_ = true;
    write(style_->epoch_begin(run_, epoch));
  }

  /// At most twice as far as before, since one quick step is no promise.
  void adapt_stretch(std::int64_t step, Time now) {
    const std::int64_t steps = std::max<std::int64_t>(step - last_step_, 1);
    const nanoseconds tenth = interval_of(display_) / 10;
    const nanoseconds elapsed = std::max<nanoseconds>(now - last_call_, 1ns);
    const std::int64_t fitting = steps * tenth.count() / elapsed.count();
    stretch_ = std::clamp<std::int64_t>(fitting, 1, 2 * stretch_);
    last_call_ = now;
  }

  [[nodiscard]] bool is_due(std::int64_t step, Time now) const {
    const bool ends_itself = style_->shows_last_step() && display_ != StepDisplay::Heartbeat;
    if (step >= run_.steps_per_epoch && !ends_itself) return false;
    const bool is_first = is_fresh_ && display_ != StepDisplay::Heartbeat;
    return is_first || now - last_update_ >= interval_of(display_);
  }

  [[nodiscard]] EpochProgress epoch_at(TimedStep now, const Logs& logs) const {
    return {.epoch = epoch_,
            .first_step = first_step_,
            .now = now,
            .first_timed = first_timed_,
            .logs = logs};
  }

  /// One column stays free: a terminal that is full to the edge may begin the next row by itself.
  [[nodiscard]] std::int64_t columns() const {
    return display_ == StepDisplay::Rewritten ? output_.columns() - 1 : kAnyColumns;
  }

  void show_step(TimedStep step, const Logs& logs, Time now) {
    const ProgressLine line = style_->step(run_, epoch_at(step, logs), columns());
    if (display_ == StepDisplay::Heartbeat) {
      write(line.text + "\n");
    } else {
      output_.write(replacing_text(line));
      is_open_ = true;
    }
    last_update_ = now;
    is_fresh_ = false;
  }

  void show_epoch_end(std::int64_t step, const Logs& logs) {
    const Time now = clock_.steady();
    const TimedStep end{.step = step, .seconds = seconds(now - epoch_start_)};
    const ProgressLine line = style_->epoch_end(run_, epoch_at(end, logs), columns());
    const bool is_bar = display_ == StepDisplay::Rewritten || display_ == StepDisplay::Appended;
    write((is_bar ? replacing_text(line) : line.text) + "\n");
    is_open_ = false;
    last_update_ = now;
  }

  /// The line in the place of the one before. Keras also goes back by as many \b, which shows
  /// nothing.
  std::string replacing_text(const ProgressLine& line) {
    const std::string start = display_ == StepDisplay::Rewritten ? "\r" : "\n";
    const std::int64_t before = std::exchange(columns_before_, line.columns);
    if (line.text.find('\n') != std::string::npos) {
      return start + blanks(before) + start + line.text;
    }
    return start + line.text + blanks(before - line.columns);
  }
  static std::string blanks(std::int64_t columns) {
    return std::string(static_cast<std::size_t>(std::max<std::int64_t>(columns, 0)), ' ');
  }

  void end_line() {
    if (std::exchange(is_open_, false)) output_.write("\n");
  }
  void write(const std::string& text) {
    if (!text.empty()) output_.write(text);
  }

  std::unique_ptr<ProgressStyle> style_;
  StepDisplay display_;
  ProgressOutput& output_;
  const Clock& clock_;

  RunInfo run_;
  Time run_start_;
  Time last_update_;
  std::int64_t stretch_ = 1;  // steps until on_step is wanted again
  Time last_call_;

  std::int64_t epoch_ = -1;
  Time epoch_start_;
  std::int64_t first_step_ = 0;
  std::int64_t last_step_ = 0;
  std::int64_t last_iterations_ = 0;  ///< of the model, at that step
  std::optional<TimedStep> first_timed_;
  bool is_fresh_ = true;             // no step of this epoch was shown
  bool is_open_ = false;             // the cursor stands behind a line without a newline
  std::int64_t columns_before_ = 0;  // of the line that is replaced
};

StepDisplay display_of(const ProgressOptions& options, bool is_terminal) {
  if (options.verbose == 2) return StepDisplay::None;
  const bool has_bar = options.style == LogStyle::Keras2 || options.style == LogStyle::Keras3;
  if (has_bar && is_terminal) return StepDisplay::Rewritten;
  return options.style == LogStyle::Keras2 ? StepDisplay::Appended : StepDisplay::Heartbeat;
}

std::unique_ptr<ProgressStyle> make_style(const ProgressOptions& options,
                                          StepDisplay display,
                                          const ProgressOutput& output,
                                          const Clock& clock) {
  const bool is_bar = display == StepDisplay::Rewritten || display == StepDisplay::Appended;
  switch (options.style) {
    case LogStyle::Keras2:
      return make_keras2_style(is_bar, options.keras2_form);
    case LogStyle::Keras3:
      return make_keras3_style(is_bar, {.utf8 = output.has_utf8(), .color = output.has_color()});
    case LogStyle::Plain:
      return make_plain_style();
    case LogStyle::Json:
      return make_json_style(clock);
  }
  return nullptr;
}

}  // namespace

std::string_view name_of(LogStyle style) {
  return kStyles[static_cast<std::size_t>(style)];
}

void from_name(std::string_view name, LogStyle& style) {
  const auto found = std::ranges::find(kStyles, name);
  if (found == kStyles.end()) throw InvalidArgument(unknown_name("log style", name, kStyles));
  style = static_cast<LogStyle>(found - kStyles.begin());
}

CallbackPtr make_progress(ProgressOptions options, ProgressOutput& output, const Clock& clock) {
  if (options.verbose < 0 || options.verbose > 2) {
    throw InvalidArgument(format("verbose: expected 0, 1 or 2, got {}", options.verbose));
  }
  if (options.verbose == 0) return std::make_shared<Silence>();
  const StepDisplay display = display_of(options, output.is_terminal());
  return std::make_shared<Progress>(
      make_style(options, display, output, clock), display, output, clock);
}

}  // namespace carnyx
