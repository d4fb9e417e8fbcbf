#include "cli/fetch_lines.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carnyx::cli {
namespace {

using testing::HasSubstr;

class Recorded final : public ProgressOutput {
 public:
  explicit Recorded(bool is_terminal) : is_terminal_(is_terminal) {}
  void write(std::string_view text) override { text_ += text; }
  [[nodiscard]] bool is_terminal() const override { return is_terminal_; }
  [[nodiscard]] bool has_color() const override { return false; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  bool is_terminal_;
  std::string text_;
};

std::string drawn(LogStyle style, bool is_terminal) {
  Recorded output(is_terminal);
  {
    FetchLines lines(style, output);
    FetchProgress progress{.file = "cifar-10-binary.tar.gz", .files = 1};
    lines.draw(progress);
    progress.total_bytes = 170'052'171;
    for (const std::int64_t done : {0, 85'026'086, 170'052'171}) {
      progress.done_bytes = done;
      lines.draw(progress);
    }
  }
  return output.text();
}

const FetchReport kReport = {
    .directory = "/tmp/cifar10_data",
    .files = {{.path = "/tmp/cifar10_data/cifar-10-binary.tar.gz",
               .size_bytes = 170'052'171,
               .url = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"}},
    .failures = {},
    .unpacked = "/tmp/cifar10_data/cifar-10-batches-bin"};

TEST(FetchLines, AreThoseOfKeras2sExamples) {
  EXPECT_EQ(drawn(LogStyle::Keras2, false),
            "\r>> Downloading cifar-10-binary.tar.gz 0.0%"
            "\r>> Downloading cifar-10-binary.tar.gz 0.0%"
            "\r>> Downloading cifar-10-binary.tar.gz 50.0%"
            "\r>> Downloading cifar-10-binary.tar.gz 100.0%\n");
  EXPECT_EQ(fetched_text(kReport, LogStyle::Keras2),
            "Successfully downloaded cifar-10-binary.tar.gz 170052171 bytes.\n");
}

TEST(FetchLines, SayNothingInKeras2sStyleOfAFileThatWasThere) {
  FetchReport report = kReport;
  report.files[0].url.clear();

  EXPECT_EQ(fetched_text(report, LogStyle::Keras2), "");
}

TEST(FetchLines, AreABarOnATerminalAlone) {
  EXPECT_EQ(drawn(LogStyle::Keras3, false), "");
  EXPECT_THAT(drawn(LogStyle::Keras3, true),
              HasSubstr("[===============...............] 85.0/170.1 MB"));
  EXPECT_EQ(fetched_text(kReport, LogStyle::Keras3),
            "/tmp/cifar10_data/cifar-10-binary.tar.gz  170052171 bytes  "
            "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz\n"
            "/tmp/cifar10_data/cifar-10-batches-bin  unpacked\n");
}

}  // namespace
}  // namespace carnyx::cli
