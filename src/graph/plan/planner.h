// What claims work with: the graph, who reads what, which nodes are taken, and the plan so far.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/kernels/matmul.h"

#include "graph/ops/step.h"
#include "graph/plan/plan.h"

namespace carnyx::plan {

/// A further buffer of a value, as the left operand of tile products.
struct LineCopy {
  int parts = 0;
  int buffer = -1;
  bool is_stored = false;
};

class Planner {
 public:
  Planner(const Graph& graph, const ProgramOptions& options);

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] const ProgramOptions& options() const { return options_; }

  [[nodiscard]] bool is_open(int node) const;  ///< live and not claimed yet
  void claim(int node) { claimed_[static_cast<std::size_t>(node)] = true; }
  /// Claims `node` for the group that `member` is in.
  void join(int member, int node);
  /// Whether one kernel can run the groups of both: no path leaves them and comes back.
  [[nodiscard]] bool can_join(int member, int node) const;
  [[nodiscard]] bool in_one_group(int node, int other) const;
  [[nodiscard]] const std::vector<int>& readers(int value) const;
  /// Whether a result or an assignment needs the value itself.
  [[nodiscard]] bool is_kept(int value) const { return kept_[static_cast<std::size_t>(value)]; }
  /// Whether node `later`, or its group, must come after node `earlier`, through any path.
  [[nodiscard]] bool depends(int later, int earlier) const;
  /// Whether an input decides the value: its first axis is then the samples'.
  [[nodiscard]] bool depends_on_inputs(int value) const;

  /// The buffer of a value, made on first use.
  kernels::Operand operand(int value);
  /// Every buffer that whoever makes the value has to fill: its own, unless only tile products
  /// read the value, and the lines that those read.
  std::vector<kernels::Operand> stores(int value);
  /// In how many parts a matmul's operands are multiplied on tiles; 0: not on tiles.
  [[nodiscard]] int tile_parts(int matmul) const;
  /// What the kernel of a matmul reads.
  kernels::Operand left_operand(int matmul);
  kernels::Operand right_operand(int matmul);
  /// A buffer that is no value of the graph.
  kernels::Operand extra(Shape shape, kernels::Format format);
  /// Where an Update finds its states, if a kernel can do it.
  std::optional<kernels::UpdateTarget> update_target(int update_node);
  /// The open Update node that alone reads `gradient`, suits a kernel and can join `member`.
  [[nodiscard]] std::optional<int> sole_update(int member, int gradient) const;

  void add_step(std::unique_ptr<kernels::Kernel> kernel,
                std::string label,
                std::vector<int> reads,
                std::vector<int> writes);
  void add_reference_step(std::unique_ptr<kernels::Kernel> kernel,
                          const std::string& label,
                          std::vector<int> reads,
                          std::vector<int> writes);

  [[nodiscard]] Plan finish();

 private:
  [[nodiscard]] kernels::Format format_of(const ValueType& type) const;
  void order_updates();
  void order(int later, int earlier);
  void want_lines();
  void look_through_converts();
  [[nodiscard]] bool is_tile_left(int matmul, int value) const;
  [[nodiscard]] bool is_tile_right(int matmul, int value) const;
  [[nodiscard]] bool is_read_plainly(int value) const;
  [[nodiscard]] bool is_read_by_windows(int value) const;
  kernels::Operand lines(int value, kernels::Layout layout);
  void store_missing_lines();
  void land_inputs();
  std::vector<Twin> land(int value);
  int land_through(int value, InputLanding& landing);
  Twin add_twin(const ValueType& type, kernels::Format format);
  [[nodiscard]] kernels::Format own_format(int value) const;
  [[nodiscard]] kernels::Operand at_buffer(int buffer) const;
  void claim_constants();
  void claim_derived();
  [[nodiscard]] std::optional<int> landing_reader(int value) const;
  int add_buffer(Buffer buffer);
  int buffer_of(int value);
  [[nodiscard]] bool is_in_place(int update_node) const;
  [[nodiscard]] bool renews_copies(int update_node) const;
  [[nodiscard]] std::optional<int> assigned_state(int value) const;
  [[nodiscard]] std::optional<std::int64_t> position_in_reduction(int value) const;
  int result_buffer(int value);
  [[nodiscard]] int state_buffer(int state);

  const Graph& graph_;
  ProgramOptions options_;
  std::vector<std::vector<int>> readers_;
  std::vector<bool> kept_;
  std::vector<bool> live_;
  std::vector<bool> claimed_;
  std::vector<std::vector<std::uint64_t>> depends_;  // [node], a bit for each node it comes after
  std::map<int, int> buffers_;                       // by value
  std::map<int, int> state_buffers_;                 // by state
  std::map<int, std::vector<int>> derived_;          // by state: converted values that persist
  std::vector<int> tile_parts_;                      // [node]
  std::map<int, std::map<kernels::Layout, LineCopy>> lines_;  // by value
  std::map<int, int> seen_through_;  // by converted value: the state that tile products read
  Plan plan_;
};

/// Each returns whether it claimed `node`, with what fuses to it, and added the steps.
bool claim_matmul(Planner& planner, int node);
bool claim_convolution(Planner& planner, int node);
bool claim_convolution_input_gradient(Planner& planner, int node);
bool claim_convolution_kernel_gradient(Planner& planner, int node);
bool claim_softmax_cross_entropy(Planner& planner, int node);
bool claim_softmax(Planner& planner, int node);
bool claim_layer_norm(Planner& planner, int node);
bool claim_layer_norm_gradient(Planner& planner, int node);
bool claim_batch_norm(Planner& planner, int node);
bool claim_batch_norm_gradient(Planner& planner, int node);
bool claim_pool(Planner& planner, int node);
bool claim_max_pool_gradient(Planner& planner, int node);
bool claim_average_pool_gradient(Planner& planner, int node);
bool claim_movement(Planner& planner, int node);
bool claim_reshape(Planner& planner, int node);
bool claim_sum_to(Planner& planner, int node);
bool claim_augment(Planner& planner, int node);
bool claim_sum(Planner& planner, int node);
bool claim_sum_of_squares(Planner& planner, int node);
bool claim_all_reduce(Planner& planner, int node);
bool claim_update(Planner& planner, int node);
bool claim_elementwise(Planner& planner, int node);
void claim_by_reference(Planner& planner, int node);

}  // namespace carnyx::plan
