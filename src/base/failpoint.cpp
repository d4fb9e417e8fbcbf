#include "carnyx/base/failpoint.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/mutex.h"

namespace carnyx {
namespace failpoints {

std::atomic<State> state{State::Unread};

namespace {

enum class Action { Abort, Kill, NoSpace, BadDisk, NoLocks };

struct Point {
  std::string name;
  Action action;
  int only_arrival = 0;  // from 1; 0 means every one
  int arrivals = 0;
};

std::string_view environment() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment
  const char* spec = std::getenv("CARNYX_FAILPOINTS");
  return spec == nullptr ? "" : spec;
}

Action action_of(std::string_view name, std::string_view entry) {
  if (name == "abort") return Action::Abort;
  if (name == "kill") return Action::Kill;
  if (name == "enospc") return Action::NoSpace;
  if (name == "eio") return Action::BadDisk;
  if (name == "enolck") return Action::NoLocks;
  throw InvalidArgument(
      format("failpoint '{}': expected abort, kill, enospc, eio or enolck, got '{}'", entry, name));
}

Point parse_entry(std::string_view entry) {
  const auto equals = entry.find('=');
  if (equals == 0 || equals == entry.npos) {
    throw InvalidArgument(format("failpoint '{}': expected NAME=ACTION or NAME=ACTION@N", entry));
  }
  std::string_view action = entry.substr(equals + 1);
  Point point{.name = std::string(entry.substr(0, equals)), .action = Action::Abort};
  if (const auto at = action.find('@'); at != action.npos) {
    const std::string_view count = action.substr(at + 1);
    const char* end = count.data() + count.size();
    const auto parsed = std::from_chars(count.data(), end, point.only_arrival);
    if (parsed.ec != std::errc() || parsed.ptr != end || point.only_arrival < 1) {
      throw InvalidArgument(
          format("failpoint '{}': expected a count from 1 after '@', got '{}'", entry, count));
    }
    action = action.substr(0, at);
  }
  point.action = action_of(action, entry);
  return point;
}

std::vector<Point> parse(std::string_view spec) {
  std::vector<Point> points;
  while (!spec.empty()) {
    const std::string_view entry = spec.substr(0, spec.find(','));
    points.push_back(parse_entry(entry));
    spec.remove_prefix(std::min(spec.size(), entry.size() + 1));
  }
  return points;
}

/// The points that are armed, and how often each was reached.
class Table {
 public:
  void load(std::string_view spec) CARNYX_EXCLUDES(mutex_) {
    std::vector<Point> points = parse(spec);
    const MutexLock lock(mutex_);
    points_ = std::move(points);
    state.store(points_.empty() ? State::Off : State::Armed, std::memory_order_relaxed);
  }

  std::optional<Action> arrive(std::string_view name) CARNYX_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    for (Point& point : points_) {
      if (point.name != name) continue;
      ++point.arrivals;
      if (point.only_arrival == 0 || point.only_arrival == point.arrivals) return point.action;
    }
    return std::nullopt;
  }

 private:
  Mutex mutex_;
  std::vector<Point> points_ CARNYX_GUARDED_BY(mutex_);
};

Table& table() {
  static Table table;
  return table;
}

}  // namespace

int arrive(std::string_view name) {
  if (state.load(std::memory_order_relaxed) == State::Unread) table().load(environment());
  const std::optional<Action> action = table().arrive(name);
  if (!action) return 0;
  switch (*action) {
    case Action::Abort:
      std::abort();
    case Action::Kill:
      std::raise(SIGKILL);
      return 0;
    case Action::NoSpace:
      return ENOSPC;
    case Action::BadDisk:
      return EIO;
    case Action::NoLocks:
      return ENOLCK;
  }
  return 0;
}

}  // namespace failpoints

void failpoint(std::string_view name) {
  if (const int error = failpoint_error(name)) throw io_error("pass", name, error);
}

ScopedFailpoints::ScopedFailpoints(std::string_view spec) {
  failpoints::table().load(spec);
}

ScopedFailpoints::~ScopedFailpoints() {
  failpoints::state.store(failpoints::State::Unread, std::memory_order_relaxed);
}

}  // namespace carnyx
