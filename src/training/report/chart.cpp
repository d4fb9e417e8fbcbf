#include "training/report/chart.h"

#include <utility>

#include "carnyx/base/format.h"

#include "training/report/axis.h"
#include "training/report/markup.h"

namespace carnyx::report {
namespace {

constexpr double kWidth = 560;
constexpr double kHeight = 270;
constexpr double kLeft = 58;
constexpr double kRight = 104;  // room for the last values
constexpr double kTop = 14;
constexpr double kBottom = 40;
constexpr std::size_t kMostDots = 60;
constexpr double kLineHeight = 15;

/// What is drawn in one picture.
class Chart {
 public:
  Chart(std::string title, std::vector<Line> lines)
      : title_(std::move(title)), lines_(std::move(lines)), axis_(all_values(lines_)) {}

  [[nodiscard]] std::string markup() const {
    std::string inside =
        element("title", "", escaped(title_)) + element("desc", "", escaped(description()));
    inside += sides();
    for (const Line& line : lines_) inside += curve(line);
    inside += last_values();
    const std::string svg =
        element("svg",
                format(R"(viewBox="0 0 {} {}" role="img" xmlns="http://www.w3.org/2000/svg")",
                       kWidth,
                       kHeight),
                inside);
    const std::string scale = axis_.is_logarithmic() ? " <small>logarithmic scale</small>" : "";
    return element("figure",
                   R"(class="chart")",
                   element("figcaption", "", element("h3", "", escaped(title_) + scale)) + svg);
  }

 private:
  static std::vector<double> all_values(const std::vector<Line>& lines) {
    std::vector<double> all;
    for (const Line& line : lines) all.insert(all.end(), line.values.begin(), line.values.end());
    return all;
  }

  [[nodiscard]] std::size_t epochs() const { return lines_.front().values.size(); }

  [[nodiscard]] double x(std::size_t epoch) const {
    const double width = kWidth - kLeft - kRight;
    if (epochs() == 1) return kLeft + width / 2;
    return kLeft + width * static_cast<double>(epoch) / static_cast<double>(epochs() - 1);
  }
  [[nodiscard]] double y(double value) const {
    return kTop + (kHeight - kTop - kBottom) * (1 - axis_.place(value));
  }

  /// For those who can't see it.
  [[nodiscard]] std::string description() const {
    std::string text;
    for (const Line& line : lines_) {
      if (!line.has_any()) continue;
      text += format("{}{}: from {} in the first epoch to {} in the last of {}",
                     text.empty() ? "" : "; ",
                     line.label,
                     rounded(line.values.front()),
                     rounded(line.values.back()),
                     epochs());
    }
    return text;
  }

  [[nodiscard]] std::string sides() const {
    std::string marks;
    for (const double tick : axis_.ticks()) {
      marks += format(R"(<line class="grid" x1="{}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>)",
                      kLeft,
                      kWidth - kRight,
                      y(tick),
                      y(tick));
      marks += format(R"(<text x="{}" y="{:.1f}" text-anchor="end">{}</text>)",
                      kLeft - 8,
                      y(tick) + 4,
                      rounded(tick));
    }
    const double most_ticks = 8;
    const auto step = static_cast<std::size_t>(
        std::max(1.0, nice_step(static_cast<double>(epochs()) / most_ticks)));
    for (std::size_t epoch = 1; epoch <= epochs(); ++epoch) {
      if (epoch % step != 0 && epochs() > 1) continue;
      marks += format(R"(<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>)",
                      x(epoch - 1),
                      kHeight - kBottom + 18,
                      epoch);
    }
    return marks + format(R"(<text x="{:.1f}" y="{}" text-anchor="middle">epoch</text>)",
                          kLeft + (kWidth - kLeft - kRight) / 2,
                          kHeight - 4);
  }

  /// The path breaks where a value is not finite.
  [[nodiscard]] std::string curve(const Line& line) const {
    std::string path;
    std::string dots;
    bool pen_down = false;
    for (std::size_t epoch = 0; epoch < line.values.size(); ++epoch) {
      const double value = line.values[epoch];
      if (!std::isfinite(value)) {
        pen_down = false;
        continue;
      }
      path += format("{}{:.1f} {:.1f}", pen_down ? "L" : "M", x(epoch), y(value));
      pen_down = true;
      const std::string hint =
          element("title", "", format("{}, epoch {}: {}", line.label, epoch + 1, rounded(value)));
      dots += format(R"(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{}">{}</circle>)",
                     epochs() <= kMostDots ? "dot" : "dot hidden",
                     x(epoch),
                     y(value),
                     epochs() <= kMostDots ? 3 : 5,
                     hint);
    }
    return element(
        "g", format(R"(class="{}")", line.style), format(R"(<path d="{}"/>)", path) + dots);
  }

  /// The name and the last value of each line at its end; moved apart where they would overlap.
  [[nodiscard]] std::string last_values() const {
    std::vector<std::pair<double, const Line*>> ends;
    for (const Line& line : lines_) {
      const auto last = std::find_if(
          line.values.rbegin(), line.values.rend(), [](double v) { return std::isfinite(v); });
      if (last != line.values.rend()) ends.emplace_back(y(*last), &line);
    }
    std::ranges::sort(ends);
    const double apart = 2 * kLineHeight + 2;
    if (ends.size() == 2 && ends[1].first - ends[0].first < apart) {
      const double middle = std::clamp(
          (ends[0].first + ends[1].first) / 2, kTop + apart / 2, kHeight - kBottom - apart / 2);
      ends[0].first = middle - apart / 2;
      ends[1].first = middle + apart / 2;
    }
    std::string text;
    for (const auto& [height, line] : ends) {
      const double left = kWidth - kRight + 10;
      text += format(
          R"(<text class="end {}" x="{}" y="{:.1f}">{}<tspan x="{}" dy="{}">{}</tspan></text>)",
          line->style,
          left,
          height - 2,
          line->label,
          left,
          kLineHeight,
          rounded(line->values.back()));
    }
    return text;
  }

  std::string title_;
  std::vector<Line> lines_;
  Axis axis_;
};

}  // namespace

std::string chart(std::string title, std::vector<Line> lines) {
  return Chart(std::move(title), std::move(lines)).markup();
}

}  // namespace carnyx::report
