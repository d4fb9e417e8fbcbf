#include <cerrno>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

#include "carnyx/training/progress.h"

#include "training/terminal.h"

namespace carnyx {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): we never set one
  return value == nullptr ? "" : value;
}

class FileOutput final : public ProgressOutput {
 public:
  explicit FileOutput(int file) : file_(file) {}
  /// What can't be written is dropped: training is worth more than its progress bar.
  void write(std::string_view text) override {
    while (!text.empty()) {
      const ssize_t written = ::write(file_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  bool is_terminal() const override { return is_terminal_; }
  bool has_color() const override { return has_color_; }
  bool has_utf8() const override { return has_utf8_; }
  std::int64_t columns() const override {
    winsize size{};
    if (ioctl(file_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return columns_;
  }

 private:
  int file_;
  bool is_terminal_ = is_interactive(isatty(file_) == 1, environment);
  bool has_color_ = wants_color(is_terminal_, environment);
  bool has_utf8_ = has_utf8_locale(environment);
  std::int64_t columns_ = columns_of_environment(environment);
};

}  // namespace

std::unique_ptr<ProgressOutput> stderr_output() {
  return std::make_unique<FileOutput>(STDERR_FILENO);
}

std::unique_ptr<ProgressOutput> stdout_output() {
  return std::make_unique<FileOutput>(STDOUT_FILENO);
}

}  // namespace carnyx
