#include "carnyx/graph/state_store.h"

#include <algorithm>

#include "carnyx/base/error.h"
#include "carnyx/base/rng.h"

namespace carnyx {
namespace {

constexpr std::int64_t kLine = 64;

std::string slot_kind(const StateSpec& spec) {
  return spec.name.substr(0, spec.name.find('/'));
}

/// Weights, statistics, then slots kind by kind, each in the graph's order.
std::vector<StateSpec> in_store_order(std::span<const Graph::State> states) {
  std::vector<StateSpec> specs;
  for (const Graph::State& state : states) specs.push_back(state.spec);
  std::vector<std::string> slot_kinds;
  for (const StateSpec& spec : specs) {
    if (spec.kind != StateSpec::Kind::Slot) continue;
    if (std::ranges::find(slot_kinds, slot_kind(spec)) == slot_kinds.end()) {
      slot_kinds.push_back(slot_kind(spec));
    }
  }
  const auto place = [&](const StateSpec& spec) -> std::int64_t {
    if (spec.kind == StateSpec::Kind::Weight) return 0;
    if (spec.kind == StateSpec::Kind::Statistic) return 1;
    return 2 + (std::ranges::find(slot_kinds, slot_kind(spec)) - slot_kinds.begin());
  };
  std::ranges::stable_sort(specs, {}, place);
  return specs;
}

}  // namespace

void copy_formatted(const std::byte* from,
                    kernels::Format from_format,
                    std::byte* to,
                    kernels::Format to_format,
                    const Shape& shape) {
  const std::int64_t rows = shape.rows();
  const std::int64_t columns = shape.columns();
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = 0; column < columns; ++column) {
      const double value = load_element(
          from, from_format.dtype, kernels::offset(from_format.layout, rows, columns, row, column));
      store_element(to,
                    to_format.dtype,
                    kernels::offset(to_format.layout, rows, columns, row, column),
                    value);
    }
  }
}

StateStore::StateStore(std::span<const Graph::State> states,
                       kernels::Format format,
                       std::uint64_t seed)
    : format_(format) {
  for (StateSpec& spec : in_store_order(states)) {
    const std::int64_t size = kernels::size_bytes(format, spec.shape);
    entries_.push_back({std::move(spec), size_bytes_});
    size_bytes_ += (size + kLine - 1) / kLine * kLine;
  }
  memory_ = aligned_storage(size_bytes_);
  for (const Entry& entry : entries_) {
    Tensor values(DType::Float32, entry.spec.shape);
    if (entry.spec.initializer != nullptr) {
      entry.spec.initializer->fill(values.data<float>(),
                                   entry.spec.shape,
                                   Rng(seed, stream_of("initial/" + entry.spec.name)));
    }
    write(entry.spec.name, values);
  }
}

const StateStore::Entry& StateStore::entry(std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (entry.spec.name == name) return entry;
  }
  throw NotFound("state '" + std::string(name) + "': the model has no weight or slot of this name");
}

bool StateStore::contains(std::string_view name) const {
  return std::ranges::any_of(entries_, [&](const Entry& e) { return e.spec.name == name; });
}

std::byte* StateStore::address(std::string_view name) const {
  return memory_.get() + entry(name).offset_bytes;
}

Tensor StateStore::read(std::string_view name) const {
  const Shape& shape = entry(name).spec.shape;
  Tensor values(format_.dtype, shape);
  copy_formatted(
      address(name), format_, values.bytes(), {kernels::Layout::Rows, format_.dtype}, shape);
  return values;
}

void StateStore::write(std::string_view name, const Tensor& values) {
  const Shape& shape = entry(name).spec.shape;
  if (values.shape() != shape) {
    throw InvalidArgument("weight '" + std::string(name) + "': expected shape " +
                          shape.to_string() + ", got " + values.shape().to_string());
  }
  copy_formatted(
      values.bytes(), {kernels::Layout::Rows, values.dtype()}, address(name), format_, shape);
  ++version_;
}

void StateStore::copy_from(const StateStore& other) {
  for (const Entry& entry : entries_) {
    if (other.contains(entry.spec.name)) write(entry.spec.name, other.read(entry.spec.name));
  }
}

}  // namespace carnyx
