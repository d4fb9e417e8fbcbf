#include "trainers/given_data.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/base/nearest.h"
#include "carnyx/base/rng.h"
#include "carnyx/data/source.h"
#include "carnyx/data/synthetic_digits.h"
#include "carnyx/trainers/table_file.h"

#include "trainers/job_streams.h"

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 3> kMissing = {"error", "mean", "zero"};

constexpr std::array<NamedHelp, 8> kDataHelp = {{
    {"validation", {"data to measure on after each epoch and at the end", "--test"}},
    {"validation_split", {"or the share of the data to hold back for it, drawn by the seed"}},
    {"label", {"a table's column to predict, by name or position (default: the last)"}},
    {"categorical", {"a table's columns of numbers that are categories: A,B"}},
    {"ignore", {"a table's columns to leave out: A,B"}},
    {"standardize", {"a table's numbers: minus mean, over standard deviation"}},
    {"missing",
     {"a table's missing values: mean (of a category the most frequent one; new categories too), "
      "zero, or error"}},
    {"separator",
     {"between a table's fields: one character, or tab (default: comma; tab in .tsv)"}},
}};

MissingValue missing_of(const std::string& name) {
  const auto found = std::ranges::find(kMissing, name);
  if (found == kMissing.end()) {
    throw InvalidArgument("--missing: " + unknown_name("policy", name, kMissing));
  }
  return static_cast<MissingValue>(found - kMissing.begin());
}

char separator_of(const std::string& text, const std::string& place) {
  if (text.empty()) return place.ends_with(".tsv") || place.ends_with(".tsv.gz") ? '\t' : ',';
  if (text == "tab" || text == "\\t") return '\t';
  if (text.size() == 1) return text[0];
  throw InvalidArgument(format("--separator: expected one character or tab, got '{}'", text));
}

/// Says how many values of the training table were not there, column by column.
void say_missing(const TableMapping& mapping, const std::string& policy) {
  std::string columns;
  std::int64_t total = 0;
  for (const TableColumn& column : mapping.columns) {
    if (column.missing == 0) continue;
    total += column.missing;
    columns += format("{}{} ({})", columns.empty() ? "" : ", ", column.name, column.missing);
  }
  if (total == 0) return;
  log::info("missing values are filled in",
            {{"by", policy == "mean" ? "mean or most frequent category" : "zero"},
             {"values", total},
             {"columns", columns}});
}

/// The samples at these places, in this order.
Dataset picked(const Dataset& data, std::span<const std::int64_t> rows) {
  Dataset part = data.slice(0, static_cast<std::int64_t>(rows.size()));
  const auto copy = [&](const Tensor& from, Tensor& to) {
    if (from.empty() || data.samples() == 0) return;
    const std::int64_t bytes = from.size_bytes() / data.samples();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::copy_n(
          from.bytes() + rows[i] * bytes, bytes, to.bytes() + static_cast<std::int64_t>(i) * bytes);
    }
  };
  copy(data.x, part.x);
  copy(data.y, part.y);
  copy(data.sample_weight, part.sample_weight);
  return part;
}

/// Both parts keep the order of the data, so that only the draw depends on the seed.
TrainTest held_back(const Dataset& data, double share, std::uint64_t seed) {
  const std::int64_t first = validation_start(data.samples(), share);
  std::vector<std::int64_t> order(static_cast<std::size_t>(data.samples()));
  std::iota(order.begin(), order.end(), 0);
  shuffle(std::span(order), Rng(seed).fork(stream_of("validation")));
  std::sort(order.begin(), order.begin() + first);
  std::sort(order.begin() + first, order.end());
  const std::span<const std::int64_t> rows(order);
  return {.train = picked(data, rows.first(static_cast<std::size_t>(first))),
          .test = picked(data, rows.subspan(static_cast<std::size_t>(first)))};
}

GivenData load_table(const JobOptions& job, const DataOptions& options, bool is_regression) {
  Table table = read_table(job.data_dir,
                           {.label = options.label.empty() ? "-1" : options.label,
                            .is_regression = is_regression,
                            .categorical = options.categorical,
                            .ignored = options.ignore,
                            .standardise = options.standardize,
                            .missing = missing_of(options.missing),
                            .separator = separator_of(options.separator, job.data_dir)});
  if (options.label.empty()) {
    log::info("no --label: the last column is predicted", {{"column", table.mapping.label.name}});
  }
  say_missing(table.mapping, options.missing);
  GivenData given{.parts = {.train = std::move(table.data), .test = {}},
                  .class_names = table.mapping.label.categories};
  if (!options.validation.empty()) {
    given.parts.test = read_labelled_rows(options.validation, table.mapping);
  }
  given.table = std::move(table.mapping);
  return given;
}

void require_table_for(const char* flag, bool is_used, const std::string& place) {
  if (!is_used) return;
  throw InvalidArgument(
      format("{}: it is about a table's columns, and {} is a set of labelled samples; leave it out",
             flag,
             place));
}

GivenData load_samples(const JobOptions& job, const DataOptions& options) {
  const std::string place = job.synthetic ? "the built-in set" : job.data_dir;
  require_table_for("--categorical", !options.categorical.empty(), place);
  require_table_for("--ignore", !options.ignore.empty(), place);
  require_table_for("--separator", !options.separator.empty(), place);
  require_table_for("--standardize", options.standardize, place);
  if (job.synthetic) return {.parts = datasets::synthetic_digits()};
  if (job.streams != nullptr) {
    return {.parts = first_samples(*job.streams), .class_names = job.streams->class_names};
  }
  LoadedData loaded = read_data(job.data_dir);
  GivenData given{.parts = std::move(loaded.parts), .class_names = std::move(loaded.class_names)};
  if (options.validation.empty()) return given;
  LoadedData test = read_data(options.validation);
  given.parts.test = test.has_test() ? std::move(test.parts.test) : std::move(test.parts.train);
  return given;
}

}  // namespace

std::optional<FieldHelp> describe_data_option(std::string_view name) {
  const auto* found = std::ranges::find(kDataHelp, name, &NamedHelp::name);
  return found == kDataHelp.end() ? std::nullopt : std::optional(found->help);
}

void check_data_options(const JobOptions& job, const DataOptions& options) {
  if (job.fetch) {
    throw InvalidArgument(
        "--fetch: what it downloads is MNIST, for the trainers of digits; run 'carnyx data fetch', "
        "and name its folder with --data");
  }
  if (job.data_dir.empty() && !job.synthetic) {
    throw InvalidArgument(
        "--data: expected the data to train on: a table (CSV with a header), or a folder or file "
        "of labelled samples");
  }
  static_cast<void>(missing_of(options.missing));
  static_cast<void>(separator_of(options.separator, job.data_dir));
  if (!(options.validation_split >= 0 && options.validation_split < 1)) {
    throw InvalidArgument(
        format("--validation-split: expected a share in [0, 1), got {}", options.validation_split));
  }
}

bool is_rows(const JobOptions& job, const DataOptions& options) {
  return !job.synthetic && (!options.label.empty() || is_table(job.data_dir));
}

GivenData load_given_data(const JobOptions& job, const DataOptions& options, bool is_regression) {
  GivenData given =
      is_rows(job, options) ? load_table(job, options, is_regression) : load_samples(job, options);
  if (given.parts.test.x.empty() && options.validation_split > 0) {
    given.parts = held_back(
        given.parts.train, options.validation_split, static_cast<std::uint64_t>(job.seed));
  }
  return given;
}

}  // namespace carnyx
