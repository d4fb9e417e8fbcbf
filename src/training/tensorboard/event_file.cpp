#include "training/tensorboard/event_file.h"

#include <array>
#include <atomic>
#include <chrono>
#include <span>

#include <unistd.h>

#include "carnyx/base/crc32c.h"
#include "carnyx/base/format.h"

namespace carnyx::tensorboard {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

double seconds_of(Clock::Wall time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

/// TensorBoard reads a folder's files in the order of their names; "tfevents" marks them.
std::string new_path(const std::string& directory, const Clock& clock) {
  // Two files of one process and second must not share a name.
  static std::atomic<unsigned> count{0};
  return format("{}/events.out.tfevents.{}.{}.{}.{}.v2",
                directory,
                static_cast<std::int64_t>(seconds_of(clock.now())),
                host_name(),
                ::getpid(),
                count.fetch_add(1, std::memory_order_relaxed));
}

}  // namespace

EventFile::EventFile(const std::string& directory, const Clock& clock)
    : clock_(clock), file_(new_path(directory, clock)) {
  write_record(ProtoWriter()
                   .number(1, now())
                   .bytes(3, "brain.Event:2")
                   .message(10, ProtoWriter().bytes(1, "carnyx"))
                   .text());
}

double EventFile::now() const {
  return seconds_of(clock_.now());
}

bool EventFile::is_new(std::string_view tag) {
  return tags_.emplace(tag).second;
}

void EventFile::write(std::int64_t step, const ProtoWriter& value) {
  ProtoWriter event;
  event.number(1, now());
  if (step != 0) event.integer(2, step);
  write_record(event.message(5, ProtoWriter().message(1, value)).text());
}

/// TFRecord: the length and its checksum, the bytes and theirs.
void EventFile::write_record(std::string_view event) {
  std::string record;
  append_little_endian(record, event.size(), 8);
  append_little_endian(record, masked_crc32c(std::as_bytes(std::span(record))), 4);
  record += event;
  append_little_endian(record, masked_crc32c(std::as_bytes(std::span(event))), 4);
  file_.append(record);  // one write: a reader never waits for a record's second half for long
}

}  // namespace carnyx::tensorboard
