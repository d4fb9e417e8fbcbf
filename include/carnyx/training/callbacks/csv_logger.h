#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/base/append_file.h"
#include "carnyx/training/callback.h"

namespace carnyx {

struct CSVLoggerOptions {
  std::string filename;
  std::string separator = ",";  ///< one character
  bool append = false;          ///< keep what the file holds
};

/// A row an epoch, in the bytes that Keras writes: columns in alphabetical order, CRLF, "NA" where
/// there is no value. A run that goes on from a checkpoint goes on with its rows, whatever `append`
/// says, and without the rows that come again. Source: Keras 3, keras.callbacks.CSVLogger.
class CSVLogger final : public Callback {
 public:
  /// Throws InvalidArgument without a filename, or if the separator is not one character.
  explicit CSVLogger(CSVLoggerOptions options);

  [[nodiscard]] std::string name() const override { return "csv_logger"; }
  /// Throws IoError, as on_epoch_end does.
  void on_train_begin(CallbackContext& context) override;
  void on_epoch_end(CallbackContext& context, std::int64_t epoch, Logs& logs) override;
  void on_train_end(CallbackContext& context, const Logs& logs) override;
  [[nodiscard]] Json state() const override;
  void restore(const Json& saved) override;

 private:
  void begin_columns(const Logs& logs);
  [[nodiscard]] std::string line(const std::vector<std::string>& cells) const;

  CSVLoggerOptions options_;
  std::optional<AppendFile> file_;
  std::vector<std::string> columns_;        // without "epoch"; empty before the first row
  std::optional<std::int64_t> goes_on_at_;  // bytes of the file that a checkpoint knew
};

}  // namespace carnyx
