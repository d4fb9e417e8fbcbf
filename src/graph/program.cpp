#include "carnyx/graph/program.h"

#include <algorithm>

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"
#include "carnyx/kernels/steps.h"

#include "graph/passes.h"
#include "graph/plan/plan.h"
#include "graph/plan/reference_kernel.h"

namespace carnyx {
namespace {

using plan::Buffer;
using plan::InputLanding;
using plan::Step;

std::size_t at(int id) {
  return static_cast<std::size_t>(id);
}

/// Kernels that run at one time, as the pool wants them.
using Phase = std::vector<const kernels::Kernel*>;

std::unique_ptr<kernels::Kernel> gather_kernel(Backend backend,
                                               const InputLanding& landing,
                                               const Buffer& buffer,
                                               const InputSource& source) {
  const kernels::Operand output{landing.next, buffer.format, buffer.shape};
  const DType dtype = buffer.format.dtype;
  const bool known = dtype == DType::Int32 || dtype == DType::Float32 || dtype == DType::Bfloat16;
  if (backend != Backend::Cpu || !known) {
    return plan::make_reference_gather(landing.source, source.dtype, source.divisor, output);
  }
  const std::int64_t batch = buffer.shape[0];
  kernels::GatherSpec spec{
      .source_buffer = landing.source,
      .source_dtype = source.dtype,
      .batch = batch,
      .columns = batch == 0 ? buffer.shape.columns() : buffer.shape.elements() / batch,
      .divisor = source.divisor,
      .outputs = {output}};
  return kernels::make_gather(std::move(spec));
}

}  // namespace

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
    std::erase_if(phases, [](const Phase& phase) { return phase.empty(); });
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

  void use_gathered_rows() {
    for (const InputLanding& input : plan.inputs) {
      std::swap(addresses[at(input.current)], addresses[at(input.next)]);
    }
  }

  const Buffer& result_buffer(std::string_view name, const std::byte** address) const {
    for (const auto& result : plan.results) {
      if (result.name != name) continue;
      int buffer = result.buffer;
      for (const InputLanding& input : plan.inputs) {
        if (buffer == input.current)
          buffer = input.next;  // the step's rows changed places with them
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
    state_->addresses[at(landing.source)] = const_cast<std::byte*>(source.rows);  // only read
    state_->gathers[i] =
        gather_kernel(state_->backend, landing, state_->plan.buffers[at(landing.next)], source);
    state_->rebuild_gathers();
    return;
  }
  throw NotFound("input '" + std::string(input) + "': the program reads none of this name");
}

void Program::prime(std::span<const std::int64_t> indices) {
  kernels::StepContext context;
  context.next.indices = indices;
  state_->pool->run(state_->bound_gathers, state_->addresses.data(), context);
  state_->use_gathered_rows();
}

void Program::run(const kernels::StepContext& context) {
  State& state = *state_;
  if (state.seen_version != state.states->version()) {
    state.pool->run(state.derived, state.addresses.data(), context);
    state.seen_version = state.states->version();
  }
  for (const Phase& phase : state.phases) {
    state.pool->run(phase, state.addresses.data(), context);
  }
  state.use_gathered_rows();
  // Others that derive something from the states must renew it; this one's updates have.
  if (state.moves_states) state.seen_version = state.states->moved();
}

double Program::number(std::string_view result) const {
  const std::byte* address = nullptr;
  const Buffer& buffer = state_->result_buffer(result, &address);
  CARNYX_ENSURE(buffer.shape.elements() == 1);
  return load_element(address, buffer.format.dtype, 0);
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

std::string Program::describe() const {
  std::string text;
  for (const Step& step : state_->plan.steps) {
    const char* when = step.when == Step::When::EveryStep ? "" : " (kept)";
    text += std::to_string(step.phase) + "  " + step.label + "  x" +
            std::to_string(step.kernel->chunks()) + when + "\n";
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
