// One arena: buffers by falling size, each into the lowest gap that is free for all its phases.
#include <algorithm>

#include "graph/plan/plan.h"

namespace carnyx::plan {
namespace {

constexpr std::int64_t kLine = 64;

struct Span {
  int buffer;
  std::int64_t size;
  int first;
  int last;
};

bool in_arena(const Buffer& buffer) {
  return buffer.kind != Buffer::Kind::State && buffer.kind != Buffer::Kind::Source;
}

/// When each buffer holds something; what is kept holds it always.
std::vector<Span> live_spans(const Plan& plan) {
  std::vector<Span> spans;
  for (int id = 0; id < static_cast<int>(plan.buffers.size()); ++id) {
    const Buffer& buffer = plan.buffers[static_cast<std::size_t>(id)];
    if (!in_arena(buffer)) continue;
    Span span{.buffer = id,
              .size = (buffer.size_bytes + kLine - 1) / kLine * kLine,
              .first = plan.phases,
              .last = -1};
    for (const Step& step : plan.steps) {
      const auto touches = [&](const std::vector<int>& list) {
        return std::ranges::find(list, id) != list.end();
      };
      if (!touches(step.reads) && !touches(step.writes)) continue;
      span.first = std::min(span.first, step.phase);
      span.last = std::max(span.last, step.phase);
    }
    if (buffer.kind != Buffer::Kind::Arena) span.first = 0, span.last = plan.phases;
    spans.push_back(span);
  }
  return spans;
}

std::int64_t lowest_gap(const Plan& plan, const std::vector<Span>& placed, const Span& wanted) {
  std::vector<std::pair<std::int64_t, std::int64_t>> taken;  // [begin, end) alive at the same time
  for (const Span& other : placed) {
    if (other.first > wanted.last || other.last < wanted.first) continue;
    const std::int64_t begin = plan.buffers[static_cast<std::size_t>(other.buffer)].offset_bytes;
    taken.emplace_back(begin, begin + other.size);
  }
  std::ranges::sort(taken);
  std::int64_t offset = 0;
  for (const auto& [begin, end] : taken) {
    if (begin - offset >= wanted.size) break;
    offset = std::max(offset, end);
  }
  return offset;
}

}  // namespace

void place_buffers(Plan& plan) {
  std::vector<Span> spans = live_spans(plan);
  const auto rank = [&](const Span& span) {
    const Buffer& buffer = plan.buffers[static_cast<std::size_t>(span.buffer)];
    const bool gradient = buffer.kind == Buffer::Kind::Gradient;  // first, in the states' order
    return std::tuple(!gradient, gradient ? buffer.order : 0, -span.size, span.buffer);
  };
  std::ranges::sort(spans, {}, rank);
  std::vector<Span> placed;
  for (const Span& span : spans) {
    const std::int64_t offset = lowest_gap(plan, placed, span);
    plan.buffers[static_cast<std::size_t>(span.buffer)].offset_bytes = offset;
    plan.arena_bytes = std::max(plan.arena_bytes, offset + span.size);
    placed.push_back(span);
  }
}

}  // namespace carnyx::plan
