#include "carnyx/training/callbacks/csv_logger.h"

#include <algorithm>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "training/callbacks/python_text.h"

namespace carnyx {

CSVLogger::CSVLogger(CSVLoggerOptions options) : options_(std::move(options)) {
  if (options_.filename.empty()) throw InvalidArgument("CSVLogger: filename must not be empty");
  if (options_.separator.size() != 1) {
    throw InvalidArgument(
        format("CSVLogger: separator must be one character, got '{}'", options_.separator));
  }
}

void CSVLogger::on_train_begin(CallbackContext& context) {
  if (context.run.rank != 0) return;
  file_.emplace(options_.filename);
  if (goes_on_at_) {
    file_->truncate(static_cast<std::uint64_t>(*goes_on_at_));
    goes_on_at_.reset();
    return;
  }
  columns_.clear();
  if (!options_.append) file_->truncate(0);
}

/// Keras adds the validation's columns even where there are none, for a later run that appends.
void CSVLogger::begin_columns(const Logs& logs) {
  for (const auto& [name, value] : logs.entries()) columns_.push_back(name);
  std::ranges::sort(columns_);
  const bool validated =
      std::ranges::any_of(columns_, [](const auto& name) { return name.starts_with("val_"); });
  if (!validated) {
    const std::size_t trained = columns_.size();
    for (std::size_t i = 0; i < trained; ++i) columns_.push_back("val_" + columns_[i]);
  }
  if (file_->size() > 0) return;
  std::vector<std::string> header = {"epoch"};
  header.insert(header.end(), columns_.begin(), columns_.end());
  file_->append(line(header));
}

std::string CSVLogger::line(const std::vector<std::string>& cells) const {
  std::string text;
  for (const std::string& cell : cells) {
    if (!text.empty()) text += options_.separator;
    const bool plain = cell.find_first_of("\"\r\n" + options_.separator) == std::string::npos;
    if (plain) {
      text += cell;
      continue;
    }
    text += '"';
    for (const char c : cell) text += c == '"' ? std::string("\"\"") : std::string(1, c);
    text += '"';
  }
  return text + "\r\n";
}

void CSVLogger::on_epoch_end(CallbackContext&, std::int64_t epoch, Logs& logs) {
  if (!file_) return;
  if (columns_.empty()) begin_columns(logs);
  std::vector<std::string> cells = {std::to_string(epoch)};
  for (const std::string& name : columns_) {
    const std::optional<double> value = logs.find(name);
    cells.push_back(value ? python_text(*value) : "NA");
  }
  file_->append(line(cells));
}

void CSVLogger::on_train_end(CallbackContext&, const Logs&) {
  if (!file_) return;
  file_->sync();
  file_.reset();
}

Json CSVLogger::state() const {
  return Json::object({{"size_bytes", file_ ? static_cast<std::int64_t>(file_->size()) : 0},
                       {"columns", Json::array_of(columns_)}});
}

void CSVLogger::restore(const Json& saved) {
  goes_on_at_ = saved.at("size_bytes").as_int();
  columns_.clear();
  for (const Json& name : saved.at("columns").items()) columns_.push_back(name.as_string());
}

}  // namespace carnyx
