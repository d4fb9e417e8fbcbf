#include "carnyx/graph/program.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"
#include "carnyx/kernels/steps.h"

#include "graph/at.h"
#include "graph/passes.h"
#include "graph/plan/plan.h"
#include "graph/plan/reference_kernel.h"

namespace carnyx {
namespace {

using plan::Buffer;
using plan::InputLanding;
using plan::Step;

constexpr std::array<std::string_view, 2> kMatmulPrecisions = {"highest", "high"};

/// Kernels that run at one time, as the pool wants them.
using Phase = std::vector<const kernels::Kernel*>;

void check_change(const InputLanding& landing,
                  const std::vector<Buffer>& buffers,
                  const InputSource& source) {
  if (!source.change) return;
  const Shape& shape = buffers[at(landing.twins.front().next)].shape;
  const std::int64_t wanted = shape[0] == 0 ? 0 : shape.elements() / shape[0];
  const bool fits = shape[0] == 0 || source.change->new_elements() == wanted;
  const bool is_image = source.dtype == DType::Uint8 || source.dtype == DType::Float32;
  if (fits && is_image) return;
  throw InvalidArgument(
      format("input '{}': expected uint8 or float32 images that are changed to {} elements, got {} "
             "of {} elements",
             landing.name,
             wanted,
             name_of(source.dtype),
             source.change->new_elements()));
}

std::unique_ptr<kernels::Kernel> gather_kernel(Backend backend,
                                               const InputLanding& landing,
                                               const std::vector<Buffer>& buffers,
                                               const InputSource& source) {
  std::vector<kernels::Operand> outputs;
  for (const plan::Twin& twin : landing.twins) {
    const Buffer& buffer = buffers[at(twin.next)];
    outputs.push_back({twin.next, buffer.format, buffer.shape});
  }
  const Shape shape = outputs.front().shape;
  const DType dtype = outputs.front().format.dtype;
  const bool known = dtype == DType::Int32 || dtype == DType::Float32 || dtype == DType::Bfloat16;
  const std::int64_t batch = shape[0];
  kernels::GatherSpec spec{.source_buffer = landing.source,
                           .source_dtype = source.dtype,
                           .batch = batch,
                           .columns = batch == 0 ? shape.columns() : shape.elements() / batch,
                           .divisor = source.divisor,
                           .scale = landing.scale,
                           .shift = landing.shift,
                           .outputs = std::move(outputs),
                           .change = source.change};
  if (backend != Backend::Cpu || !known) return plan::make_reference_gather(std::move(spec));
  return kernels::make_gather(std::move(spec));
}

}  // namespace

std::string_view name_of(MatmulPrecision precision) {
  return kMatmulPrecisions[static_cast<std::size_t>(precision)];
}
void from_name(std::string_view name, MatmulPrecision& precision) {
  const auto found = std::ranges::find(kMatmulPrecisions, name);
  if (found == kMatmulPrecisions.end()) {
    throw InvalidArgument(unknown_name("float32 matmul precision", name, kMatmulPrecisions));
  }
  precision = static_cast<MatmulPrecision>(found - kMatmulPrecisions.begin());
}

kernels::Format state_format(Backend backend, DType compute_dtype) {
  const DType dtype = compute_dtype == DType::Float64 ? DType::Float64 : DType::Float32;
  return {backend == Backend::Cpu ? kernels::Layout::Panels : kernels::Layout::Rows, dtype};
}

struct Program::State {
  StateStore* states = nullptr;
  kernels::ThreadPool* pool = nullptr;
  std::unique_ptr<Graph> graph;  // the update rules that kernels point at live in its ops
  Backend backend = Backend::Cpu;
  plan::Plan plan;
  bool moves_states = false;
  std::shared_ptr<std::byte[]> arena;
  std::vector<std::byte*> addresses;  // by buffer
  std::vector<Phase> phases;
  Phase derived;  // refreshed when something outside wrote the states
  std::vector<std::unique_ptr<kernels::Kernel>> gathers;  // by input, once bound
  Phase bound_gathers;
  std::uint64_t seen_version = ~std::uint64_t{0};

  void bind_addresses() {
    arena = aligned_storage(plan.arena_bytes);
    for (const Buffer& buffer : plan.buffers) {
      std::byte* address = nullptr;
      if (buffer.kind == Buffer::Kind::State) {
        address = states->address(buffer.state);
      } else if (buffer.kind != Buffer::Kind::Source) {
        address = arena.get() + buffer.offset_bytes;
      }
      addresses.push_back(address);
    }
  }

  void sort_kernels() {
    phases.resize(at(plan.phases));
    Phase constants;
    for (const Step& step : plan.steps) {
      pool->reserve_scratch(step.kernel->scratch_bytes());
      switch (step.when) {
        case Step::When::EveryStep:
          phases[at(step.phase)].push_back(step.kernel.get());
          break;
        case Step::When::Once:
          constants.push_back(step.kernel.get());
          break;
        case Step::When::OnStateChange:
          derived.push_back(step.kernel.get());
          break;
      }
    }
    if (phases.empty()) phases.emplace_back();
    pool->run(constants, addresses.data(), {});
  }

  /// The next rows are gathered while the last phase runs.
  void rebuild_gathers() {
    for (const kernels::Kernel* kernel : bound_gathers) std::erase(phases.back(), kernel);
    bound_gathers.clear();
    for (const auto& gather : gathers) {
      if (gather == nullptr) continue;
      pool->reserve_scratch(gather->scratch_bytes());
      bound_gathers.push_back(gather.get());
      phases.back().push_back(gather.get());
    }
  }

  /// Once a phase it calls `run_phase`; then the next step's rows are this step's.
  template <class RunPhase>
  void run_step(const kernels::StepContext& context, const RunPhase& run_phase) {
    if (seen_version != states->version()) {
      pool->run(derived, addresses.data(), context);
      seen_version = states->version();
    }
    for (std::size_t i = 0; i < phases.size(); ++i) run_phase(i);
    use_gathered_rows();
    // Others that derive something from the states must renew it; this one's updates have.
    if (moves_states) seen_version = states->moved();
  }

  void use_gathered_rows() {
    for (const InputLanding& input : plan.inputs) {
      for (const plan::Twin& twin : input.twins) {
        std::swap(addresses[at(twin.current)], addresses[at(twin.next)]);
      }
    }
  }

  const Buffer& result_buffer(std::string_view name, const std::byte** address) const {
    for (const auto& result : plan.results) {
      if (result.name != name) continue;
      int buffer = result.buffer;
      for (const InputLanding& input : plan.inputs) {
        for (const plan::Twin& twin : input.twins) {
          if (result.buffer == twin.current) buffer = twin.next;  // they have changed places
        }
      }
      *address = addresses[at(buffer)];
      return plan.buffers[at(buffer)];
    }
    throw NotFound("result '" + std::string(name) + "': the program computes none of this name");
  }
};

Program::Program(const Graph& graph,
                 StateStore& states,
                 kernels::ThreadPool& pool,
                 ProgramOptions options)
    : state_(std::make_unique<State>()) {
  if (options.compute_dtype == DType::Float64 && options.backend != Backend::Reference) {
    throw InvalidArgument(
        "precision float64: only the reference backend computes in it; add "
        "--backend reference");
  }
  state_->states = &states;
  state_->pool = &pool;
  state_->graph = simplified(*in_compute_dtype(*simplified(graph), options.compute_dtype));
  state_->backend = options.backend;
  state_->plan = plan::make_plan(*state_->graph, options);
  state_->moves_states = !state_->graph->assignments().empty();
  state_->gathers.resize(state_->plan.inputs.size());
  state_->bind_addresses();
  state_->sort_kernels();
}

Program::~Program() = default;
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;

void Program::bind(std::string_view input, InputSource source) {
  for (std::size_t i = 0; i < state_->plan.inputs.size(); ++i) {
    const InputLanding& landing = state_->plan.inputs[i];
    if (landing.name != input) continue;
    check_change(landing, state_->plan.buffers, source);
    state_->addresses[at(landing.source)] = const_cast<std::byte*>(source.rows);  // only read
    state_->gathers[i] = gather_kernel(state_->backend, landing, state_->plan.buffers, source);
    state_->rebuild_gathers();
    return;
  }
  throw NotFound("input '" + std::string(input) + "': the program reads none of this name");
}

bool Program::reads(std::string_view input) const {
  return std::ranges::any_of(state_->plan.inputs,
                             [&](const InputLanding& landing) { return landing.name == input; });
}

void Program::prime(std::span<const std::int64_t> indices) {
  prime(kernels::BatchRows{.indices = indices});
}

void Program::prime(const kernels::BatchRows& rows) {
  kernels::StepContext context;
  context.next = rows;
  state_->pool->run(state_->bound_gathers, state_->addresses.data(), context);
  state_->use_gathered_rows();
}

void Program::run(const kernels::StepContext& context) {
  State& state = *state_;
  state.run_step(context, [&](std::size_t i) {
    state.pool->run(state.phases[i], state.addresses.data(), context);
  });
}

void Program::run_timed(const kernels::StepContext& context, std::span<double> seconds) {
  State& state = *state_;
  state.run_step(context, [&](std::size_t i) {
    const auto began = std::chrono::steady_clock::now();
    state.pool->run(state.phases[i], state.addresses.data(), context);
    seconds[i] += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  });
}

std::size_t Program::phase_count() const {
  return state_->phases.size();
}

double Program::number(std::string_view result) const {
  const std::byte* address = nullptr;
  const Buffer& buffer = state_->result_buffer(result, &address);
  CARNYX_ENSURE(buffer.shape.elements() == 1);
  return load_element(address, buffer.format.dtype, 0);
}

void Program::read(std::string_view result, std::span<double> numbers) const {
  const std::byte* address = nullptr;
  const Buffer& buffer = state_->result_buffer(result, &address);
  CARNYX_ENSURE(buffer.shape.elements() == static_cast<std::int64_t>(numbers.size()));
  const std::int64_t rows = buffer.shape.rows();
  const std::int64_t columns = buffer.shape.columns();
  for (std::int64_t i = 0; i < buffer.shape.elements(); ++i) {
    const std::int64_t offset =
        kernels::offset(buffer.format.layout, rows, columns, i / columns, i % columns);
    numbers[static_cast<std::size_t>(i)] = load_element(address, buffer.format.dtype, offset);
  }
}

Tensor Program::value(std::string_view result) const {
  const std::byte* address = nullptr;
  const Buffer& buffer = state_->result_buffer(result, &address);
  Tensor values(buffer.format.dtype, buffer.shape);
  copy_formatted(address,
                 buffer.format,
                 values.bytes(),
                 {kernels::Layout::Rows, buffer.format.dtype},
                 buffer.shape);
  return values;
}

bool Program::has_result(std::string_view result) const {
  return std::ranges::any_of(state_->plan.results,
                             [&](const auto& entry) { return entry.name == result; });
}

std::string Program::describe(std::span<const double> seconds) const {
  std::string text;
  int timed_phase = -1;  // steps that run now and then come first in their phase
  for (const Step& step : state_->plan.steps) {
    const bool kept = step.when != Step::When::EveryStep;
    std::string time;
    if (!seconds.empty()) {
      const bool first = !kept && step.phase != timed_phase;
      time = first ? format("{:7.1f}  ", seconds[at(step.phase)] * 1e6) : std::string(9, ' ');
      if (first) timed_phase = step.phase;
    }
    text += format("{:2}  {}{}  x{}{}\n",
                   step.phase,
                   time,
                   step.label,
                   step.kernel->chunks(),
                   kept ? " (kept)" : "");
  }
  return text;
}

std::int64_t Program::arena_bytes() const {
  return state_->plan.arena_bytes;
}

int Program::reference_steps() const {
  return static_cast<int>(std::ranges::count_if(
      state_->plan.steps, [](const Step& step) { return step.is_reference; }));
}

}  // namespace carnyx
