// The page itself; what a browser makes of it is `make report-check`.
#include "carnyx/training/report.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "carnyx/base/hash.h"
#include "carnyx/base/json.h"

#include "training/report/axis.h"
#include "training/report/markup.h"
#include "training/report/png.h"

namespace carnyx {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// Whether tags are closed in the order in which they were opened, and nothing but known entities
/// follows an ampersand. What is wrong; "" if nothing is.
std::string flaw_of(std::string_view page) {
  std::vector<std::string> open;
  for (std::size_t i = page.find('\n'); i < page.size(); ++i) {  // after the document type
    if (page[i] == '&') {
      const std::string_view entity = page.substr(i, page.find(';', i) + 1 - i);
      const bool is_known = entity == "&amp;" || entity == "&lt;" || entity == "&gt;" ||
                            entity == "&quot;" || entity == "&#39;";
      if (!is_known) return "the entity " + std::string(entity.substr(0, 20));
    }
    if (page[i] != '<') continue;
    const std::size_t end = page.find('>', i);
    const std::string_view tag = page.substr(i + 1, end - i - 1);
    if (tag.find('<') != tag.npos) return "a < inside <" + std::string(tag);
    const std::string name(tag.substr(0, tag.find_first_of(" \n")));
    if (name.starts_with('/')) {
      if (open.empty() || open.back() != name.substr(1)) return "<" + name + "> closes nothing";
      open.pop_back();
    } else if (!tag.ends_with('/')) {
      open.push_back(name);
    }
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return "a quote in <" + std::string(tag);
    i = end;
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

Assessment some_mistakes() {
  Tensor picture(DType::Uint8, {2, 2});
  return {.confusion = {.classes = 2, .counts = {5, 1, 0, 1234}},
          .mistakes = 1,
          .worst = {{.sample = 7,
                     .label = 0,
                     .guess = 1,
                     .probabilities = {0.000001, 0.999999},
                     .picture = picture}}};
}

Report full_report() {
  return {.title = "mnist_mlp",
          .data = "MNIST",
          .command = "carnyx train mnist_mlp --seed 1",
          .command_note = "the same bits",
          .history = {{Logs{{"loss", 0.5}, {"val_loss", 0.25}, {"lr", 0.1}},
                       Logs{{"loss", 0.12345678901234567}, {"val_loss", 1e-07}, {"lr", 0.1}}}},
          .test = {{"loss", 0.25}, {"accuracy", 0.98356}},
          .assessment = some_mistakes(),
          .layers = {{.name = "dense",
                      .class_name = "Dense",
                      .output_shape = {512},
                      .trainable_parameters = 401920}},
          .highlights = {{"epochs", "2"}},
          .speed = {{"threads", "2"}},
          .settings = {{"seed", "1"}}};
}

TEST(Report, IsWellFormed) {
  EXPECT_EQ(flaw_of(report_html(full_report())), "");
  EXPECT_EQ(flaw_of(report_html({.title = "nothing yet"})), "");
}

TEST(Report, HasEveryNumberOfTheHistory) {
  const std::string page = report_html(full_report());

  for (const char* number : {"0.5", "0.25", "0.1", "0.12345678901234566", "1e-07"}) {
    EXPECT_THAT(page, HasSubstr("<td>" + std::string(number) + "</td>"));
  }
}

TEST(Report, HasAllItsParts) {
  const std::string page = report_html(full_report());

  for (const char* id : {"curves", "confusion", "mistakes", "layers", "speed", "repeat"}) {
    EXPECT_THAT(page, HasSubstr("<section id=\"" + std::string(id) + "\">"));
    EXPECT_THAT(page, HasSubstr("<a href=\"#" + std::string(id) + "\">"));
  }
  EXPECT_THAT(page, HasSubstr("<dt>test accuracy</dt><dd>98.36 %</dd>"));
  EXPECT_THAT(page, HasSubstr("1,234"));
  EXPECT_THAT(page, HasSubstr("401,920"));
  EXPECT_THAT(page, HasSubstr("alt=\"sample 7: 0 taken for 1\""));
  EXPECT_THAT(page, HasSubstr("&lt;0.01 %"));
  EXPECT_THAT(page, HasSubstr("<code>carnyx train mnist_mlp --seed 1</code>"));
}

TEST(Report, LeavesOutWhatItKnowsNothingOf) {
  const std::string page = report_html({.title = "nothing yet"});

  EXPECT_THAT(page, Not(HasSubstr("<section")));
}

TEST(Report, NeedsNothingFromOutsideAndRunsNothing) {
  const std::string page = report_html(full_report());

  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("src=\"http")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
  EXPECT_THAT(page, HasSubstr("content=\"default-src 'none';"));
}

TEST(Report, EscapesEveryName) {
  const std::string evil = "<script>alert('&\"')</script>\x01\xff";
  Report report = full_report();
  report.title = report.data = report.command = report.command_note = evil;
  report.class_names = {evil, evil};
  report.layers[0].name = report.layers[0].class_name = evil;
  report.highlights = report.speed = report.settings = {{evil, evil}};
  report.history.epochs[0].set(evil, 1);
  report.test.set(evil, 1);

  const std::string page = report_html(report);

  EXPECT_EQ(flaw_of(page), "");
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page,
              HasSubstr("&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;\uFFFD\uFFFD"));
}

TEST(Report, DrawsWhatIsFiniteOfARunThatDiverged) {
  const double infinity = std::numeric_limits<double>::infinity();
  Report report = full_report();
  report.history = {{Logs{{"loss", 1}}, Logs{{"loss", std::nan("")}}, Logs{{"loss", infinity}}}};
  Report hopeless = report;
  hopeless.history = {{Logs{{"loss", std::nan("")}, {"val_loss", infinity}}}};

  EXPECT_EQ(flaw_of(report_html(report)), "");
  EXPECT_THAT(report_html(report), HasSubstr("<td>NaN</td>"));
  EXPECT_THAT(report_html(report), HasSubstr("<td>Infinity</td>"));
  EXPECT_EQ(flaw_of(report_html(hopeless)), "");
  EXPECT_THAT(report_html(hopeless), Not(HasSubstr("=\"nan")));
}

TEST(Report, ShowsNoTableOfTooManyClasses) {
  Report report = full_report();
  report.assessment->confusion = {.classes = 21, .counts = std::vector<std::int64_t>(21 * 21, 1)};

  EXPECT_THAT(report_html(report), Not(HasSubstr("class=\"confusion\"")));
  EXPECT_THAT(report_html(report), HasSubstr("Confused most"));
}

TEST(Report, CallsClassesByTheirNames) {
  Report report = full_report();
  report.class_names = {"cat", "dog"};

  EXPECT_THAT(report_html(report), HasSubstr("is <b>cat</b>, taken for <b>dog</b>"));
}

TEST(ReportAxis, TicksWhereAPersonWouldPutThem) {
  const std::vector<double> shares = {0.921, 0.9835};
  const std::vector<double> wide = {0.003, 2.1};
  const std::vector<double> one = {5};

  EXPECT_THAT(report::Axis(shares).ticks(),
              testing::Pointwise(testing::DoubleNear(1e-12), {0.92, 0.94, 0.96, 0.98, 1.0}));
  EXPECT_TRUE(report::Axis(wide).is_logarithmic());
  EXPECT_THAT(
      report::Axis(wide).ticks(),
      testing::Pointwise(testing::DoubleNear(1e-12), {0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0}));
  EXPECT_NEAR(report::Axis(one).place(5), 0.5, 1e-9);
}

TEST(ReportMarkup, WritesNumbersForPeople) {
  EXPECT_EQ(report::grouped(0), "0");
  EXPECT_EQ(report::grouped(669706), "669,706");
  EXPECT_EQ(report::grouped(-1234567), "-1,234,567");
  EXPECT_EQ(report::grouped(-100), "-100");
  EXPECT_EQ(report::percent(0.98356), "98.36 %");
  EXPECT_EQ(report::percent(1), "100.00 %");
  EXPECT_EQ(report::percent(0.99999), ">99.99 %");
}

// The expected bytes are those of Python's zlib and struct: stored blocks in PNG's chunks.
TEST(ReportPng, HasTheBytesOfOtherWriters) {
  const auto uri_of = [](const Shape& shape, const std::vector<std::uint8_t>& pixels) {
    return report::data_uri(report::png_of(Tensor::from<std::uint8_t>(shape, pixels)));
  };
  EXPECT_EQ(uri_of({2, 3}, {0, 128, 255, 7, 8, 9}),
            "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAAC4HznGAAAAE0lEQVR4AQEIAPf/"
            "AACA/wAHCAkIMQGYXWx4fAAAAABJRU5ErkJggg==");
  EXPECT_EQ(uri_of({2, 2, 3}, {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255}),
            "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAGUlEQVR4AQEOAPH/"
            "AP8AAAD/AAAAAP////8f7gX73t3sKwAAAABJRU5ErkJggg==");
}

TEST(ReportPng, StoresLargePicturesInSeveralBlocks) {
  std::vector<std::uint8_t> pixels;
  for (unsigned y = 0; y < 300; ++y) {
    for (unsigned x = 0; x < 300; ++x) pixels.push_back(static_cast<std::uint8_t>(x * y % 251));
  }

  const std::string png = report::png_of(Tensor::from<std::uint8_t>({300, 300}, pixels));

  EXPECT_EQ(sha256_hex(png), "dac7d1adf4fd39c8581bef7bd8858d1fa70f04a691e1426fbc5d1a251aef98a4");
}

}  // namespace
}  // namespace carnyx
