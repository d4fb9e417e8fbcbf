#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "carnyx/base/clock.h"
#include "carnyx/training/progress.h"

namespace carnyx {

/// Bytes as they come, as Keras 2's get_file shows them: "Downloading data from URL", and the bar
/// of Keras 2; written over on a terminal, a line an update without one.
/// Source: keras/utils/data_utils.py and generic_utils.py of Keras 2.2.4.
class DownloadBar final {
 public:
  /// Both outlive it.
  DownloadBar(ProgressOutput& output, const Clock& clock) : output_(output), clock_(clock) {}
  ~DownloadBar();
  DownloadBar(const DownloadBar&) = delete;
  DownloadBar& operator=(const DownloadBar&) = delete;

  /// So many bytes of the file at `url` are here; `total` 0: nobody knows of how many.
  void update(std::string_view url, std::int64_t done, std::int64_t total);

 private:
  void begin(std::string_view url);

  ProgressOutput& output_;
  const Clock& clock_;
  std::string url_;
  Clock::Steady began_;
  Clock::Steady last_update_;
  std::int64_t columns_before_ = 0;  // of the line that is replaced
  bool is_open_ = false;             // the cursor stands behind a line without a newline
  bool is_whole_ = false;
};

}  // namespace carnyx
