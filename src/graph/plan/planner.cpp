#include "graph/plan/planner.h"

#include <algorithm>
#include <array>

#include "carnyx/base/ensure.h"
#include "carnyx/kernels/matmul.h"

#include "graph/at.h"
#include "graph/ops/all_reduce.h"
#include "graph/ops/elementwise.h"
#include "graph/ops/shape.h"
#include "graph/ops/source.h"
#include "graph/passes.h"
#include "graph/plan/reference_kernel.h"

namespace carnyx::plan {
namespace {

using Bits = std::vector<std::uint64_t>;

bool has_bit(const Bits& bits, int id) {
  return (bits[at(id) / 64] >> (at(id) % 64) & 1U) != 0;
}
void set_bit(Bits& bits, int id) {
  bits[at(id) / 64] |= std::uint64_t{1} << (at(id) % 64);
}
void add_bits(Bits& bits, const Bits& others) {
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] |= others[i];
}

bool is_convert(const Graph& graph, int node) {
  return dynamic_cast<const ops::Convert*>(graph.node(node).op.get()) != nullptr;
}

std::vector<Bits> dependencies(const Graph& graph) {
  std::vector<Bits> depends(at(graph.node_count()), Bits(at(graph.node_count()) / 64 + 1, 0));
  for (int i = 0; i < graph.node_count(); ++i) {
    for (const int input : graph.node(i).inputs) {
      const int producer = graph.producer(input);
      set_bit(depends[at(i)], producer);
      add_bits(depends[at(i)], depends[at(producer)]);
    }
  }
  return depends;
}

}  // namespace

Planner::Planner(const Graph& graph, const ProgramOptions& options)
    : graph_(graph),
      options_(options),
      readers_(readers_of(graph)),
      kept_(kept_values(graph)),
      live_(graph.live_nodes()),
      claimed_(at(graph.node_count()), false),
      depends_(dependencies(graph)) {
  for (int i = 0; i < graph.node_count(); ++i) {
    if (dynamic_cast<const ops::Source*>(graph.node(i).op.get()) != nullptr) claim(i);
  }
  if (options_.backend == Backend::Cpu) want_lines();
  order_updates();
  land_inputs();
  claim_constants();
  if (options_.backend == Backend::Cpu) {
    look_through_converts();
    claim_derived();
  }
}

bool Planner::is_open(int node) const {
  return live_[at(node)] && !claimed_[at(node)];
}

const std::vector<int>& Planner::readers(int value) const {
  return readers_[at(value)];
}

bool Planner::depends(int later, int earlier) const {
  return has_bit(depends_[at(later)], earlier);
}

bool Planner::depends_on_inputs(int value) const {
  const int producer = graph_.producer(value);
  return std::ranges::any_of(graph_.inputs(), [&](const Graph::Input& input) {
    return graph_.producer(input.value) == producer ||
           depends(producer, graph_.producer(input.value));
  });
}

/// `later` and all that come after it now also come after `earlier` and all before that.
void Planner::order(int later, int earlier) {
  Bits gained = depends_[at(earlier)];
  set_bit(gained, earlier);
  for (int node = 0; node < graph_.node_count(); ++node) {
    if (node == later || depends(node, later)) add_bits(depends_[at(node)], gained);
  }
}

/// Whoever replaces a state comes after every other reader of it.
void Planner::order_updates() {
  for (int node = 0; node < graph_.node_count(); ++node) {
    if (!is_open(node) || !is_in_place(node)) continue;
    for (const int input : graph_.node(node).inputs) {
      if (!graph_.state_of(input)) continue;
      for (const int reader : readers(input)) {
        if (reader == node) continue;
        order(node, reader);
        // Who reads it converted may read the state itself in the end.
        if (!is_convert(graph_, reader)) continue;
        for (const int other : readers(graph_.node(reader).outputs[0])) order(node, other);
      }
    }
  }
}

bool Planner::in_one_group(int node, int other) const {
  return node == other || (depends(node, other) && depends(other, node));
}

bool Planner::can_join(int member, int node) const {
  for (int other = 0; other < graph_.node_count(); ++other) {
    if (in_one_group(other, member) || in_one_group(other, node)) continue;
    if (depends(node, other) && depends(other, member)) return false;
    if (depends(member, other) && depends(other, node)) return false;
  }
  return true;
}

void Planner::join(int member, int node) {
  claim(node);
  order(node, member);
  order(member, node);
}

kernels::Format Planner::format_of(const ValueType& type) const {
  const bool narrow = type.dtype == DType::Float32 || type.dtype == DType::Bfloat16;
  const bool panels = options_.backend == Backend::Cpu && narrow;
  return {panels ? kernels::Layout::Panels : kernels::Layout::Rows, type.dtype};
}

int Planner::add_buffer(Buffer buffer) {
  if (buffer.kind != Buffer::Kind::Source) {
    buffer.size_bytes = kernels::size_bytes(buffer.format, buffer.shape);
  }
  plan_.buffers.push_back(std::move(buffer));
  return static_cast<int>(plan_.buffers.size()) - 1;
}

kernels::Operand Planner::extra(Shape shape, kernels::Format format) {
  const int id = add_buffer({.format = format, .shape = shape, .state = {}});
  return {.buffer = id, .format = format, .shape = std::move(shape)};
}

kernels::Operand Planner::at_buffer(int buffer) const {
  const Buffer& found = plan_.buffers[at(buffer)];
  return {.buffer = buffer, .format = found.format, .shape = found.shape};
}

kernels::Operand Planner::operand(int value) {
  return at_buffer(buffer_of(value));
}

int Planner::state_buffer(int state) {
  const auto known = state_buffers_.find(state);
  if (known != state_buffers_.end()) return known->second;
  const Graph::State& entry = graph_.states()[at(state)];
  const int id = add_buffer({.kind = Buffer::Kind::State,
                             .format = format_of(graph_.type(entry.value)),
                             .shape = entry.spec.shape,
                             .state = entry.spec.name});
  return state_buffers_[state] = id;
}

namespace {

/// The state that output `position` of an Update is assigned to, if it is the one it came from.
std::optional<int> replaced_state(const Graph& graph, const Node& update, std::size_t position) {
  const int old = update.inputs[position == 0 ? 0 : position + 1];
  for (const Graph::Assignment& assignment : graph.assignments()) {
    if (assignment.next != update.outputs[position]) continue;
    if (graph.states()[at(assignment.state)].value == old) return assignment.state;
  }
  return std::nullopt;
}

}  // namespace

/// Whether an Update can write over what it reads: each result replaces its own state, and nobody
/// wants both the old and the new.
bool Planner::is_in_place(int update_node) const {
  const Node& node = graph_.node(update_node);
  if (dynamic_cast<const ops::Update*>(node.op.get()) == nullptr) return false;
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (!readers(node.outputs[i]).empty() || !replaced_state(graph_, node, i)) return false;
  }
  return true;
}

/// Whether a kernel does the Update, and so also stores what is derived from the weight.
bool Planner::renews_copies(int update_node) const {
  if (!is_in_place(update_node)) return false;
  const Node& node = graph_.node(update_node);
  const auto is_float32 = [&](int value) { return graph_.type(value).dtype == DType::Float32; };
  return is_float32(node.inputs[0]) && is_float32(node.inputs[1]) && is_float32(node.inputs.back());
}

/// The state whose memory the value takes, being made in place.
std::optional<int> Planner::assigned_state(int value) const {
  const int producer = graph_.producer(value);
  if (!is_in_place(producer)) return std::nullopt;
  const Node& node = graph_.node(producer);
  const auto position = std::ranges::find(node.outputs, value) - node.outputs.begin();
  return replaced_state(graph_, node, static_cast<std::size_t>(position));
}

/// Where the value lies among those that one call reduces, and which therefore lie side by side.
std::optional<std::int64_t> Planner::position_in_reduction(int value) const {
  if (op_as<ops::AllReduce>(graph_, value) == nullptr) return std::nullopt;
  const std::vector<int>& outputs = graph_.node(graph_.producer(value)).outputs;
  return std::ranges::find(outputs, value) - outputs.begin();
}

int Planner::buffer_of(int value) {
  const auto known = buffers_.find(value);
  if (known != buffers_.end()) return known->second;
  if (const auto state = graph_.state_of(value)) return buffers_[value] = state_buffer(*state);
  if (const auto state = assigned_state(value)) return buffers_[value] = state_buffer(*state);
  Buffer buffer{.format = own_format(value), .shape = graph_.type(value).shape, .state = {}};
  if (is_kept(value)) buffer.kind = Buffer::Kind::Pinned;
  if (const auto position = position_in_reduction(value)) {
    buffer.kind = Buffer::Kind::Gradient;
    buffer.order = *position;
    return buffers_[value] = add_buffer(std::move(buffer));
  }
  for (const int reader : readers(value)) {
    const Node& node = graph_.node(reader);
    if (dynamic_cast<const ops::Update*>(node.op.get()) == nullptr || node.inputs[1] != value)
      continue;
    buffer.kind = Buffer::Kind::Gradient;
    buffer.order = graph_.state_of(node.inputs[0]).value_or(0);
  }
  return buffers_[value] = add_buffer(std::move(buffer));
}

/// The one reader that only changes an input's rows' shape, dtype or scale: the gather does it for
/// free.
std::optional<int> Planner::landing_reader(int value) const {
  if (readers(value).size() != 1 || is_kept(value)) return std::nullopt;
  const int reader = readers(value)[0];
  const Op* op = graph_.node(reader).op.get();
  const ValueType& to = graph_.type(graph_.node(reader).outputs[0]);
  const bool reshapes = dynamic_cast<const ops::Reshape*>(op) != nullptr && to.shape.rank() > 0 &&
                        to.shape[0] == graph_.type(value).shape[0];
  const bool converts = dynamic_cast<const ops::Convert*>(op) != nullptr && is_floating(to.dtype) &&
                        is_floating(graph_.type(value).dtype);
  const bool scales = dynamic_cast<const ops::Affine*>(op) != nullptr && is_floating(to.dtype) &&
                      options_.backend == Backend::Cpu;
  if (!reshapes && !converts && !scales) return std::nullopt;
  return reader;
}

/// Claims what the gather does on the way; what lands is the result.
int Planner::land_through(int value, InputLanding& landing) {
  while (const auto reader = landing_reader(value)) {
    claim(*reader);
    value = graph_.node(*reader).outputs[0];
    const auto* affine = dynamic_cast<const ops::Affine*>(graph_.node(*reader).op.get());
    if (affine == nullptr) continue;
    landing.scale = static_cast<float>(landing.scale * affine->factor);
    landing.shift = static_cast<float>(landing.shift * affine->factor + affine->term);
  }
  return value;
}

Twin Planner::add_twin(const ValueType& type, kernels::Format format) {
  const Buffer landing{
      .kind = Buffer::Kind::Input, .format = format, .shape = type.shape, .state = {}};
  return {.current = add_buffer(landing), .next = add_buffer(landing)};
}

/// Lands `value` in its own buffer and in the lines that are wanted of it.
std::vector<Twin> Planner::land(int value) {
  const ValueType& type = graph_.type(value);
  // Panels of anything but [B, C] cut through samples, and rows are gathered sample by sample.
  const bool by_rows = type.shape.rank() != 2;
  const kernels::Format rows{kernels::Layout::Rows, type.dtype};
  std::vector<Twin> twins;
  if (by_rows || is_read_plainly(value) || !lines_.contains(value)) {
    twins.push_back(add_twin(type, by_rows ? rows : own_format(value)));
    buffers_[value] = twins.back().current;
  }
  if (by_rows || !lines_.contains(value)) return twins;
  for (auto& [layout, copy] : lines_[value]) {
    copy.is_stored = true;
    if (buffers_.contains(value) && operand(value).format.layout == layout) continue;
    twins.push_back(add_twin(type, {layout, DType::Bfloat16, copy.parts}));
    copy.buffer = twins.back().current;
  }
  return twins;
}

void Planner::land_inputs() {
  for (const Graph::Input& input : graph_.inputs()) {
    const int source =
        add_buffer({.kind = Buffer::Kind::Source, .format = {}, .shape = {}, .state = {}});
    InputLanding landing{.name = input.name, .source = source, .twins = {}};
    landing.twins = land(land_through(input.value, landing));
    plan_.inputs.push_back(std::move(landing));
  }
}

void Planner::claim_constants() {
  for (int i = 0; i < graph_.node_count(); ++i) {
    const Op* op = graph_.node(i).op.get();
    const bool is_constant = dynamic_cast<const ops::Fill*>(op) != nullptr ||
                             dynamic_cast<const ops::Constant*>(op) != nullptr;
    if (!is_open(i) || !is_constant) continue;
    claim_by_reference(*this, i);
    Step& step = plan_.steps.back();
    step.when = Step::When::Once;
    step.is_reference = false;
    plan_.buffers[at(step.writes[0])].kind = Buffer::Kind::Pinned;
  }
}

/// convert(state) depends on state alone: it is kept, and written by whoever moves the state.
void Planner::claim_derived() {
  for (int i = 0; i < graph_.node_count(); ++i) {
    const Node& node = graph_.node(i);
    if (!is_open(i) || dynamic_cast<const ops::Convert*>(node.op.get()) == nullptr) continue;
    const auto state = graph_.state_of(node.inputs[0]);
    if (!state || graph_.type(node.outputs[0]).dtype == DType::Float64) continue;
    const bool renewed =
        std::ranges::all_of(graph_.assignments(), [&](const Graph::Assignment& assignment) {
          return assignment.state != *state || renews_copies(graph_.producer(assignment.next));
        });
    if (!renewed) continue;
    claim(i);
    const kernels::Operand from = operand(node.inputs[0]);
    const kernels::Operand to = operand(node.outputs[0]);
    add_step(kernels::make_elementwise(from, {{.kind = kernels::StageKind::Store, .operand = to}}),
             "convert",
             {from.buffer},
             {to.buffer});
    plan_.steps.back().when = Step::When::OnStateChange;
    plan_.buffers[at(to.buffer)].kind = Buffer::Kind::Derived;
    derived_[*state].push_back(node.outputs[0]);
  }
}

std::optional<int> Planner::sole_update(int member, int gradient) const {
  if (!options_.fuse_updates || readers(gradient).size() != 1 || is_kept(gradient))
    return std::nullopt;
  const int reader = readers(gradient)[0];
  const Node& node = graph_.node(reader);
  const auto* update = dynamic_cast<const ops::Update*>(node.op.get());
  if (update == nullptr || !is_open(reader) || node.inputs[1] != gradient) return std::nullopt;
  if (update->multiplied) return std::nullopt;  // the factor is known only after all gradients are
  return renews_copies(reader) && can_join(member, reader) ? std::optional(reader) : std::nullopt;
}

std::optional<kernels::UpdateTarget> Planner::update_target(int update_node) {
  const Node& node = graph_.node(update_node);
  const auto* update = dynamic_cast<const ops::Update*>(node.op.get());
  const auto state = graph_.state_of(node.inputs[0]);
  if (update == nullptr || !state || !renews_copies(update_node)) return std::nullopt;
  kernels::UpdateTarget target{
      .rule = update->rule.get(), .weight = operand(node.inputs[0]), .slots = {}, .copies = {}};
  for (std::size_t i = 0; i < update->slot_count(); ++i) {
    target.slots.push_back(operand(node.inputs[2 + i]));
  }
  for (const int copy : derived_[*state]) target.copies.push_back(operand(copy));
  return target;
}

void Planner::add_step(std::unique_ptr<kernels::Kernel> kernel,
                       std::string label,
                       std::vector<int> reads,
                       std::vector<int> writes) {
  plan_.steps.push_back({.kernel = std::move(kernel),
                         .label = std::move(label),
                         .reads = std::move(reads),
                         .writes = std::move(writes)});
}

void Planner::add_reference_step(std::unique_ptr<kernels::Kernel> kernel,
                                 const std::string& label,
                                 std::vector<int> reads,
                                 std::vector<int> writes) {
  add_step(std::move(kernel), "reference " + label, std::move(reads), std::move(writes));
  plan_.steps.back().is_reference = true;
}

/// Where a result can be read after the step; a state's value is that from before it.
int Planner::result_buffer(int value) {
  if (!graph_.state_of(value)) return buffer_of(value);
  const kernels::Operand from = operand(value);
  const kernels::Operand to = extra(from.shape, from.format);
  plan_.buffers[at(to.buffer)].kind = Buffer::Kind::Pinned;
  add_step(make_reference(std::make_shared<ops::Convert>(from.format.dtype), {from}, {to}),
           "result",
           {from.buffer},
           {to.buffer});
  return to.buffer;
}

Plan Planner::finish() {
  for (const Graph::Assignment& assignment : graph_.assignments()) {
    if (assigned_state(assignment.next)) continue;
    const kernels::Operand from = operand(assignment.next);
    const int to = state_buffer(assignment.state);
    add_step(make_reference(std::make_shared<ops::Convert>(from.format.dtype),
                            {from},
                            {{to, plan_.buffers[at(to)].format, plan_.buffers[at(to)].shape}}),
             "assign " + plan_.buffers[at(to)].state,
             {from.buffer},
             {to});
  }
  for (const Graph::Result& result : graph_.results()) {
    plan_.results.push_back({result.name, result_buffer(result.value)});
  }
  store_missing_lines();
  sort_into_phases(plan_);
  place_buffers(plan_);
  return std::move(plan_);
}

}  // namespace carnyx::plan
