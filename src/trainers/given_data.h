// Data that a person names: a table with a header, or labelled samples in any format.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "carnyx/data/dataset.h"
#include "carnyx/data/table.h"
#include "carnyx/trainers/job_options.h"

namespace carnyx {

/// How it is read, besides its place, which is the job's data_dir.
struct DataOptions {
  std::string validation;
  double validation_split = 0;
  std::string label;
  std::vector<std::string> categorical;
  std::vector<std::string> ignore;
  bool standardize = false;
  std::string missing = "mean";
  std::string separator;  ///< empty: a comma, or a tab in .tsv
};

template <class V>
void visit_fields(V& visit, DataOptions& o) {
  visit("validation", o.validation);
  visit("validation_split", o.validation_split);
  visit("label", o.label);
  visit("categorical", o.categorical);
  visit("ignore", o.ignore);
  visit("standardize", o.standardize);
  visit("missing", o.missing);
  visit("separator", o.separator);
}

/// Of one of these fields; nothing for another name.
std::optional<FieldHelp> describe_data_option(std::string_view name);

/// Throws InvalidArgument, naming the flag, for what can be seen to be wrong before data is read.
void check_data_options(const JobOptions& job, const DataOptions& options);

/// Whether job.data_dir is read as a table: by its content, or since a label's column is named.
bool is_rows(const JobOptions& job, const DataOptions& options);

struct GivenData {
  TrainTest parts;  ///< no test part: test.x is empty
  std::optional<TableMapping> table = std::nullopt;
  std::vector<std::string> class_names = {};
};

/// Reads job.data_dir and options.validation. Where nothing is given to measure on, the share
/// validation_split of the samples, drawn by the job's seed, is held back for it: tables are often
/// sorted. What was filled in is said. Throws NotFound, CorruptData, IoError or InvalidArgument.
GivenData load_given_data(const JobOptions& job, const DataOptions& options, bool is_regression);

}  // namespace carnyx
