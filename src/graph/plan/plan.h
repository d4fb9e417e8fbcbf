// A plan: the steps that compute a graph, each a group of its nodes bound to one kernel, and the
// buffers they read and write. Groups are sets of nodes of the same graph, so each can always be
// run unfused by the reference and compared.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/graph/graph.h"
#include "carnyx/graph/program.h"
#include "carnyx/kernels/kernel.h"

namespace carnyx::plan {

struct Buffer {
  enum class Kind {
    Arena,     ///< lives from its first writer to its last reader
    Gradient,  ///< materialised gradient, or what is reduced: kept, and laid out in order
    Pinned,    ///< results and constants: kept
    Input,     ///< this step's rows; its twin receives the next step's
    State,     ///< in the state store
    Derived,   ///< a state in another dtype: kept, and renewed by whoever moves the state
    Source,    ///< an input's data set, bound from outside
  };
  Kind kind = Kind::Arena;
  kernels::Format format;
  Shape shape;
  std::int64_t size_bytes = 0;
  std::string state;       // State: its name
  std::int64_t order = 0;  // Gradient: its state's index, or its place in the reduction
  std::int64_t offset_bytes = -1;
};

struct Step {
  enum class When {
    EveryStep,
    Once,           ///< constants
    OnStateChange,  ///< derived from states that something outside wrote
  };
  std::unique_ptr<kernels::Kernel> kernel;
  std::string label;
  std::vector<int> reads;  // buffers
  std::vector<int> writes;
  When when = When::EveryStep;
  bool is_reference = false;
  int phase = 0;
};

/// Buffers of one format: this step's rows, and the next step's.
struct Twin {
  int current = -1;
  int next = -1;
};

/// Where an input lands: its rows reshaped, scaled and converted as its readers want them.
struct InputLanding {
  std::string name;
  int source = -1;  // the buffer of the bound array
  float scale = 1;  // of what is read, before `shift` is added
  float shift = 0;
  std::vector<Twin> twins;
};

struct ResultBuffer {
  std::string name;
  int buffer = -1;
};

struct Plan {
  std::vector<Buffer> buffers;
  std::vector<Step> steps;  // sorted by phase
  std::vector<InputLanding> inputs;
  std::vector<ResultBuffer> results;
  int phases = 0;
  std::int64_t arena_bytes = 0;
};

/// `graph` must already be simplified and in the compute dtype; the kernels keep no reference to
/// it.
Plan make_plan(const Graph& graph, const ProgramOptions& options);

/// Sorts steps into phases: a step comes after those it reads from, and whoever replaces a state
/// comes after every other reader of it.
void sort_into_phases(Plan& plan);

/// Gives every arena buffer an offset; buffers that are never live in one phase may share memory.
void place_buffers(Plan& plan);

}  // namespace carnyx::plan
