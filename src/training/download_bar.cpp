#include "carnyx/training/download_bar.h"

#include <algorithm>
#include <string>
#include <utility>

#include "carnyx/base/format.h"

#include "training/progress_text.h"

namespace carnyx {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kDownloadBarWidth = 30;

std::string line_of(std::int64_t done, std::int64_t total, double seconds) {
  const double each = done > 0 ? seconds / static_cast<double>(done) : 0;
  std::string line = padded_count(done, total) + format("/{} ", total) +
                     keras2_bar(done, total, kDownloadBarWidth) + " - ";
  if (done < total) return line + "ETA: " + eta_text(each * static_cast<double>(total - done));
  return line + whole_seconds(seconds) + " " + unit_time_text(each) + "/step";
}

}  // namespace

DownloadBar::~DownloadBar() {
  try {
    if (is_open_) output_.write("\n");
  } catch (...) {  // what ended the download matters more
  }
}

void DownloadBar::begin(std::string_view url) {
  if (std::exchange(is_open_, false)) output_.write("\n");
  url_ = url;
  began_ = last_update_ = clock_.steady();
  columns_before_ = 0;
  is_whole_ = false;
  output_.write("Downloading data from " + url_ + "\n");
}

void DownloadBar::update(std::string_view url, std::int64_t done, std::int64_t total) {
  const bool is_first = url != url_;
  if (is_first) begin(url);
  const auto now = clock_.steady();
  if (total <= 0 || done > total || is_whole_) return;
  is_whole_ = done == total;
  if (!is_whole_ && columns_before_ > 0 && now - last_update_ < 50ms) return;
  last_update_ = now;
  const std::string line =
      line_of(done, total, std::chrono::duration<double>(now - began_).count());
  const auto columns = static_cast<std::int64_t>(line.size());
  const std::int64_t blanks = std::max<std::int64_t>(columns_before_ - columns, 0);
  output_.write((output_.is_terminal() ? "\r" : "\n") + line +
                std::string(static_cast<std::size_t>(blanks), ' ') + (is_whole_ ? "\n" : ""));
  columns_before_ = columns;
  is_open_ = !is_whole_;
}

}  // namespace carnyx
