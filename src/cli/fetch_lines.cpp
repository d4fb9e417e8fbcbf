#include "cli/fetch_lines.h"

#include <algorithm>

#include "carnyx/base/format.h"

namespace carnyx::cli {
namespace {

/// "train-images-idx3-ubyte.gz  [=======.......]  4.2/9.9 MB"
std::string bar_text(const FetchProgress& progress) {
  constexpr std::int64_t kWidth = 30;
  constexpr double kMegabyte = 1e6;
  const std::int64_t total = progress.total_bytes;
  const std::int64_t done = total > 0 ? progress.done_bytes * kWidth / total : 0;
  std::string bar(static_cast<std::size_t>(done), '=');
  bar.resize(kWidth, '.');
  return format("\r{:<28} [{}] {:.1f}/{:.1f} MB",
                progress.file,
                bar,
                static_cast<double>(progress.done_bytes) / kMegabyte,
                static_cast<double>(total) / kMegabyte);
}

/// As cifar10_download_and_extract.py writes it, terminal or not.
std::string keras2_text(const FetchProgress& progress) {
  const auto total = static_cast<double>(std::max<std::int64_t>(progress.total_bytes, 1));
  return format("\r>> Downloading {} {:.1f}%",
                progress.file,
                100.0 * static_cast<double>(progress.done_bytes) / total);
}

std::string name_of_file(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

}  // namespace

FetchLines::~FetchLines() {
  if (is_drawn_) output_.write("\n");
}

void FetchLines::draw(const FetchProgress& progress) {
  const bool is_keras2 = style_ == LogStyle::Keras2;
  if (!is_keras2 && !output_.is_terminal()) return;
  if (is_drawn_ && progress.file_index != file_) output_.write("\n");
  file_ = progress.file_index;
  is_drawn_ = true;
  output_.write(is_keras2 ? keras2_text(progress) : bar_text(progress));
}

std::string fetched_text(const FetchReport& report, LogStyle style) {
  std::string text;
  for (const FetchedFile& file : report.files) {
    const bool was_here = file.url.empty();
    if (style != LogStyle::Keras2) {
      text += format(
          "{}  {} bytes  {}\n", file.path, file.size_bytes, was_here ? "already here" : file.url);
    } else if (!was_here) {
      text += format(
          "Successfully downloaded {} {} bytes.\n", name_of_file(file.path), file.size_bytes);
    }
  }
  if (style != LogStyle::Keras2 && !report.unpacked.empty()) {
    text += format("{}  unpacked\n", report.unpacked);
  }
  return text;
}

}  // namespace carnyx::cli
