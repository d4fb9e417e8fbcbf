#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "carnyx/graph/graph.h"
#include "carnyx/graph/state_store.h"
#include "carnyx/kernels/image_change.h"
#include "carnyx/kernels/thread_pool.h"
#include "carnyx/tensor/tensor.h"

namespace carnyx {

enum class Backend {
  Cpu,        ///< fused kernels for what they claim, the reference for the rest
  Reference,  ///< every op alone, as its specification says
};

/// JAX's and PyTorch's words for what a float32 product may cost: highest is plain float32, high at
/// least as close as three bfloat16 products. A CPU without bfloat16 tiles computes both as
/// highest.
enum class MatmulPrecision { Highest, High };
std::string_view name_of(MatmulPrecision precision);  ///< "highest", "high"
void from_name(std::string_view name, MatmulPrecision& precision);

struct ProgramOptions {
  Backend backend = Backend::Cpu;
  DType compute_dtype = DType::Float32;  ///< Bfloat16: mixed_bfloat16; Float64: Reference alone
  /// Run the optimizer inside the weight gradient's epilogue where the graph allows it. If not,
  /// gradients lie in one flat run of memory, in the states' order, and each weight is moved after.
  bool fuse_updates = true;
  MatmulPrecision float32_matmul_precision = MatmulPrecision::Highest;
};

/// Where an input's rows come from: a row-major array that outlives its use.
struct InputSource {
  const std::byte* rows = nullptr;
  DType dtype = DType::Float32;
  float divisor = 1;  ///< each element is divided by it on reading
  /// What is done with each row, an image, before anything else sees it; of Uint8 or Float32.
  std::optional<kernels::ImageChange> change = std::nullopt;
};

/// A graph compiled once and run many times: kernels bound to one arena and to a state store.
/// Inputs are gathered one step ahead, so rows are announced before the step that uses them:
///   program.prime(first);  program.run(context with .next = second);  ...
/// After construction nothing is allocated by prime() and run().
/// Threads: one caller at a time.
class Program {
 public:
  /// `states` and `pool` outlive the program. Throws InvalidArgument if a state is missing.
  Program(const Graph& graph,
          StateStore& states,
          kernels::ThreadPool& pool,
          ProgramOptions options);
  ~Program();
  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;

  /// Throws NotFound, or InvalidArgument for a change that gives other rows than the input's.
  void bind(std::string_view input, InputSource source);
  /// Whether a result or a state depends on the input.
  [[nodiscard]] bool reads(std::string_view input) const;
  /// Gathers the rows of the first step to come.
  void prime(const kernels::BatchRows& rows);
  void prime(std::span<const std::int64_t> indices);
  /// One step over the rows gathered before; then `context.next` waits to be used by the next.
  void run(const kernels::StepContext& context);
  /// The same, adding to seconds[phase] what each phase took; phase_count() of them.
  void run_timed(const kernels::StepContext& context, std::span<double> seconds);
  [[nodiscard]] std::size_t phase_count() const;

  /// A result of the last step, by name: a sum as one number, or all its elements, row-major.
  [[nodiscard]] double number(std::string_view result) const;
  [[nodiscard]] Tensor value(std::string_view result) const;
  /// Its elements, row-major, into as many numbers; allocates nothing.
  void read(std::string_view result, std::span<double> numbers) const;
  [[nodiscard]] bool has_result(std::string_view result) const;

  /// One line a step: phase, what it computes, chunks; with `seconds` of each phase its
  /// microseconds.
  [[nodiscard]] std::string describe(std::span<const double> seconds = {}) const;
  [[nodiscard]] std::int64_t arena_bytes() const;
  /// Steps run by the op's reference; 0 where the fast kernels cover the whole graph.
  [[nodiscard]] int reference_steps() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The state format a backend wants.
kernels::Format state_format(Backend backend, DType compute_dtype);

}  // namespace carnyx
