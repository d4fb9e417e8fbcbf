#pragma once

#include <optional>
#include <string>
#include <vector>

#include "carnyx/models/network.h"
#include "carnyx/training/assessment.h"
#include "carnyx/training/logs.h"

namespace carnyx {

/// A line of a table: "samples/s", "81,234".
struct ReportFact {
  std::string name;
  std::string value;
};

/// What a person wants to see of a run that is over.
struct Report {
  std::string title;                                    ///< the trainer's or the model's name
  std::string data;                                     ///< where the samples came from
  std::string command;                                  ///< what repeats the run
  std::string command_note;                             ///< what there is to say about that
  History history;                                      ///< its curves
  Logs test;                                            ///< "loss" and the metrics on the test set
  std::optional<Assessment> assessment = std::nullopt;  ///< on the test set; none: no classifier
  std::vector<std::string> class_names = {};            ///< empty: their numbers
  std::vector<LayerSummary> layers = {};
  std::vector<ReportFact> highlights = {};  ///< a few, above everything else, after `test`
  std::vector<ReportFact> speed = {};
  std::vector<ReportFact> settings = {};
};

/// One HTML file in UTF-8 that needs nothing else: no scripts, no fonts, nothing from a network.
/// Well-formed XML too; every number of the history is in it as Json writes it.
std::string report_html(const Report& report);

}  // namespace carnyx
