#include "carnyx/training/report.h"

#include "carnyx/base/format.h"

#include "training/report/curves.h"
#include "training/report/markup.h"
#include "training/report/mistakes.h"
#include "training/report/page_style.h"

namespace carnyx {
namespace {

using report::element;
using report::escaped;
using report::grouped;

/// A part of the page, which the navigation names.
struct Section {
  std::string id;
  std::string title;
  std::string inside;
};

std::string tiles(const std::vector<ReportFact>& facts) {
  std::string inside;
  for (const ReportFact& fact : facts) {
    inside += element(
        "div", "", element("dt", "", escaped(fact.name)) + element("dd", "", escaped(fact.value)));
  }
  return inside.empty() ? "" : element("dl", R"(class="tiles")", inside);
}

std::string fact_table(const std::vector<ReportFact>& facts) {
  std::string rows;
  for (const ReportFact& fact : facts) {
    rows += element("tr",
                    "",
                    element("th", R"(scope="row")", escaped(fact.name)) +
                        element("td", "", escaped(fact.value))) +
            "\n";
  }
  return element("table", R"(class="plain facts")", element("tbody", "", rows));
}

std::string in_details(std::string_view summary, const std::string& inside) {
  return element(
      "details",
      "",
      element("summary", "", escaped(summary)) + element("div", R"(class="scroll")", inside));
}

std::string layer_row(const LayerSummary& layer) {
  return element("tr",
                 "",
                 element("th", R"(scope="row")", escaped(layer.name)) +
                     element("td", "", escaped(layer.class_name)) +
                     element("td", "", escaped(layer.output_shape.to_string())) +
                     element("td", R"(class="n")", grouped(layer.trainable_parameters)) +
                     element("td", R"(class="n")", grouped(layer.other_parameters))) +
         "\n";
}

std::string layer_table(const std::vector<LayerSummary>& layers) {
  std::int64_t trainable = 0;
  std::int64_t other = 0;
  std::string rows;
  for (const LayerSummary& layer : layers) {
    trainable += layer.trainable_parameters;
    other += layer.other_parameters;
    rows += layer_row(layer);
  }
  const std::string head =
      R"(<th scope="col">layer</th><th scope="col">class</th><th scope="col">output shape</th>)"
      R"(<th scope="col" class="n">trainable</th><th scope="col" class="n">other</th>)";
  const std::string foot =
      format(R"(<th scope="row">{} parameters</th><td></td><td></td><td class="n">{}</td>)"
             R"(<td class="n">{}</td>)",
             grouped(trainable + other),
             grouped(trainable),
             grouped(other));
  return element("table",
                 R"(class="plain")",
                 element("thead", "", element("tr", "", head)) + element("tbody", "", rows) +
                     element("tfoot", "", element("tr", "", foot)));
}

std::string mistakes_section(const Report& report) {
  const Assessment& found = *report.assessment;
  if (found.mistakes == 0)
    return element("p", "", "Every sample of the test set got its own class.");
  const auto shown = static_cast<std::int64_t>(found.worst.size());
  const std::string key = format(
      R"(<p class="key">{} of {} mistakes, the one whose own class was least probable first. )"
      R"(Bars: <b class="guess">what was guessed</b> and the <b class="own">own class</b>.</p>)",
      grouped(shown),
      grouped(found.mistakes));
  return key + report::mistakes_of(found.worst, report.class_names);
}

/// The test set's results come first; a share reads best in percent.
std::vector<ReportFact> all_highlights(const Report& report) {
  std::vector<ReportFact> facts;
  for (const auto& [name, value] : report.test.entries()) {
    const bool is_share = name.find("acc") != std::string::npos && value >= 0 && value <= 1;
    facts.insert(facts.begin(),
                 {"test " + name, is_share ? report::percent(value) : report::rounded(value)});
  }
  facts.insert(facts.end(), report.highlights.begin(), report.highlights.end());
  return facts;
}

std::vector<Section> sections_of(const Report& report) {
  std::vector<Section> sections;
  if (!report.history.epochs.empty()) {
    sections.push_back(
        {"curves",
         "Curves",
         element("div", R"(class="charts")", report::curves_of(report.history)) +
             in_details("Every epoch in numbers", report::history_table(report.history))});
  }
  if (report.assessment) {
    sections.push_back({"confusion",
                        "Confusion",
                        report::confusion_of(report.assessment->confusion, report.class_names)});
    sections.push_back({"mistakes", "Worst mistakes", mistakes_section(report)});
  }
  if (!report.layers.empty()) {
    sections.push_back(
        {"layers", "Layers", element("div", R"(class="scroll")", layer_table(report.layers))});
  }
  if (!report.speed.empty()) {
    sections.push_back({"speed", "Speed and memory", fact_table(report.speed)});
  }
  if (!report.command.empty()) {
    std::string inside = element("pre", "", element("code", "", escaped(report.command)));
    if (!report.command_note.empty()) {
      inside += element("p", R"(class="key")", escaped(report.command_note));
    }
    if (!report.settings.empty()) inside += in_details("All settings", fact_table(report.settings));
    sections.push_back({"repeat", "Repeat it", inside});
  }
  return sections;
}

std::string head(const std::string& title) {
  return R"(<meta charset="utf-8"/>)"
         R"(<meta name="viewport" content="width=device-width, initial-scale=1"/>)"
         R"(<meta name="color-scheme" content="light dark"/>)"
         R"(<meta http-equiv="Content-Security-Policy" content="default-src 'none'; )"
         R"(style-src 'unsafe-inline'; img-src data:"/>)" +
         element("title", "", title) + element("style", "", report::page_style());
}

}  // namespace

std::string report_html(const Report& report) {
  const std::string title = escaped(report.title);
  std::string links;
  std::string parts;
  for (const Section& section : sections_of(report)) {
    links += element(
        "li", "", element("a", format(R"(href="#{}")", section.id), escaped(section.title)));
    parts += element("section",
                     format(R"(id="{}")", section.id),
                     element("h2", "", escaped(section.title)) + "\n" + section.inside) +
             "\n";
  }
  const std::string body =
      element("header",
              "",
              element("h1", "", title) + element("p", "", escaped(report.data)) +
                  tiles(all_highlights(report))) +
      "\n" + element("nav", R"(aria-label="parts of this report")", element("ul", "", links)) +
      "\n" + element("main", "", parts) + "\n" +
      element("footer", "", "Made by Carnyx. This file needs no other file and no network.");
  return "<!DOCTYPE html>\n" +
         element(
             "html",
             R"(lang="en" xmlns="http://www.w3.org/1999/xhtml")",
             element("head", "", head(title)) + "\n" + element("body", "", "\n" + body + "\n")) +
         "\n";
}

}  // namespace carnyx
