// How a download tells where it is: a bar on a terminal, or the lines of the programs that fetched
// CIFAR-10 for Keras 2's examples.
#pragma once

#include <cstdint>
#include <string>

#include "carnyx/data/fetch.h"
#include "carnyx/training/progress.h"

namespace carnyx::cli {

/// While bytes come, one line is drawn over and over; it is ended when this is destroyed.
class FetchLines final {
 public:
  FetchLines(LogStyle style, ProgressOutput& output) : style_(style), output_(output) {}
  ~FetchLines();
  FetchLines(const FetchLines&) = delete;
  FetchLines& operator=(const FetchLines&) = delete;

  void draw(const FetchProgress& progress);

 private:
  LogStyle style_;
  ProgressOutput& output_;
  std::int64_t file_ = 0;
  bool is_drawn_ = false;
};

/// What was fetched, a line a file; in Keras 2's style of those that were not here yet alone.
std::string fetched_text(const FetchReport& report, LogStyle style);

}  // namespace carnyx::cli
