#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "carnyx/base/append_file.h"
#include "carnyx/base/clock.h"

#include "training/tensorboard/proto_writer.h"

namespace carnyx::tensorboard {

/// The events of one run of TensorBoard, which is one folder. Each process writes a file of its own
/// and never touches another's; what is written survives the process. Throws IoError.
class EventFile {
 public:
  /// Creates `directory` and in it events.out.tfevents.SECONDS.HOST.PID.N.v2.
  EventFile(const std::string& directory, const Clock& clock);

  /// A summary value of summaries.h.
  void write(std::int64_t step, const ProtoWriter& value);
  /// Whether no value of this tag was written yet: then the next one needs its metadata.
  [[nodiscard]] bool is_new(std::string_view tag);
  void sync() { file_.sync(); }
  [[nodiscard]] double now() const;  ///< seconds since 1970
  [[nodiscard]] const std::string& path() const { return file_.path(); }

 private:
  void write_record(std::string_view event);

  const Clock& clock_;
  AppendFile file_;
  std::set<std::string, std::less<>> tags_;
};

}  // namespace carnyx::tensorboard
