// Lines as the documents' logs have them.
#include "carnyx/training/download_bar.h"

#include <string>

#include <gtest/gtest.h>

namespace carnyx {
namespace {

using namespace std::chrono_literals;

struct Screen final : ProgressOutput {
  bool terminal = false;
  std::string text;

  void write(std::string_view part) override { text += part; }
  bool is_terminal() const override { return terminal; }
  bool has_color() const override { return false; }
};

constexpr std::int64_t kTotal = 11'490'434;
const std::string kUrl = "https://example.org/mnist.npz";
const std::string kFirst =
    "   16384/11490434 [..............................] - ETA: 0s";  // as wide as the total

TEST(DownloadBar, WritesALineAnUpdateWithoutATerminal) {
  Screen screen;
  FakeClock clock;
  DownloadBar bar(screen, clock);

  bar.update(kUrl, 16'384, kTotal);
  clock.advance(10ms);
  bar.update(kUrl, 32'768, kTotal);  // too soon to be shown
  clock.advance(990ms);
  bar.update(kUrl, kTotal, kTotal);
  bar.update(kUrl, kTotal, kTotal);

  EXPECT_EQ(screen.text,
            "Downloading data from " + kUrl + "\n\n" + kFirst +
                "\n11490434/11490434 [==============================] - 1s 0us/step\n");
}

TEST(DownloadBar, WritesOverItsLineOnATerminal) {
  Screen screen;
  screen.terminal = true;
  FakeClock clock;
  {
    DownloadBar bar(screen, clock);
    bar.update(kUrl, 16'384, kTotal);
    clock.advance(90s);
    bar.update(kUrl, kTotal / 2, kTotal);
  }

  EXPECT_EQ(screen.text,
            "Downloading data from " + kUrl + "\n\r" + kFirst +
                "\r 5745217/11490434 [==============>...............] - ETA: 1:30\n");
}

TEST(DownloadBar, BeginsAnewWithAnotherFileAndDrawsNoneOfUnknownLength) {
  Screen screen;
  FakeClock clock;
  DownloadBar bar(screen, clock);

  bar.update("https://a/x", 10, 0);
  bar.update("https://b/x", 10, 10);

  EXPECT_EQ(screen.text,
            "Downloading data from https://a/x\nDownloading data from https://b/x\n"
            "\n10/10 [==============================] - 0s 0us/step\n");
}

}  // namespace
}  // namespace carnyx
