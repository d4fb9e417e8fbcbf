// Keras walks the calls depth first from the outputs, takes for a call's depth the longest way to
// an output, for a layer's that of its deepest call, and lists layers by depth, then as the walk
// met them. Files hold weights in that order. The walks keep their own stack: a file can describe
// millions of calls in a row.
// Source: keras/src/ops/function.py of Keras 3.15; tf-keras and Keras 2 order alike.
#include "models/drawn_graph.h"

#include <algorithm>
#include <map>
#include <optional>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "models/layer_names.h"

namespace carnyx {
namespace {

/// Indices for the calls of symbolic tensors, what is called on before what calls.
class Drawing {
 public:
  explicit Drawing(NamingStyle naming) : names_(naming) {}

  std::size_t draw(const SymbolicTensor& tensor) {
    std::vector<Step> open = {{&tensor.call()}};
    while (!open.empty()) {
      Step& step = open.back();
      if (calls_.contains(step.call)) {
        open.pop_back();
      } else if (step.next < step.call->inputs.size()) {
        open.push_back({&step.call->inputs[step.next++].call()});
      } else {
        add(*step.call);
        open.pop_back();
      }
    }
    return calls_.at(&tensor.call());
  }
  DrawnGraph take() { return std::move(graph_); }

 private:
  using Call = SymbolicTensor::Call;
  struct Step {
    const Call* call;
    std::size_t next = 0;
  };

  void add(const Call& call) {
    const auto [layer, is_new] = layers_.try_emplace(call.layer.operator->(), layers_.size());
    if (is_new) graph_.layers.push_back({names_.name_of(*call.layer), call.layer});
    std::vector<std::size_t> sources;
    for (const SymbolicTensor& input : call.inputs) sources.push_back(calls_.at(&input.call()));
    calls_.emplace(&call, graph_.calls.size());
    graph_.calls.push_back({layer->second, std::move(sources)});
  }

  LayerNames names_;
  std::map<const Call*, std::size_t> calls_;
  std::map<const Layer*, std::size_t> layers_;
  DrawnGraph graph_;
};

/// Keras's depth-first walk.
class Walk {
 public:
  explicit Walk(const DrawnGraph& graph)
      : graph_(graph), states_(graph.calls.size()), first_met_(graph.layers.size()) {}

  void from(std::size_t output) {
    if (states_[output] == State::New) enter(output);
    while (!open_.empty()) {
      auto& [call, next] = open_.back();
      const std::vector<std::size_t>& sources = graph_.calls[call].sources;
      if (next == sources.size()) {
        states_[call] = State::Done;
        finished_.push_back(call);
        open_.pop_back();
        continue;
      }
      const std::size_t source = sources[next++];
      if (states_[source] == State::Open) refuse_cycle(source);
      if (states_[source] == State::New) enter(source);
    }
  }
  [[nodiscard]] const std::vector<std::size_t>& finished() const { return finished_; }
  /// When the walk met the layer; nothing if it did not.
  [[nodiscard]] const std::optional<std::size_t>& first_met(std::size_t layer) const {
    return first_met_[layer];
  }

 private:
  enum class State { New, Open, Done };

  void enter(std::size_t call) {
    states_[call] = State::Open;
    std::optional<std::size_t>& met = first_met_[graph_.calls[call].layer];
    if (!met) met = count_++;
    open_.push_back({call, 0});
  }
  [[noreturn]] void refuse_cycle(std::size_t call) const {
    throw InvalidArgument(format("model: layer '{}' is called on what comes of it: a cycle",
                                 graph_.layers[graph_.calls[call].layer].name));
  }

  const DrawnGraph& graph_;
  std::vector<State> states_;
  std::vector<std::optional<std::size_t>> first_met_;
  std::size_t count_ = 0;
  std::vector<std::pair<std::size_t, std::size_t>> open_;
  std::vector<std::size_t> finished_;
};

}  // namespace

DrawnGraph drawn_graph(const FunctionalOptions& options) {
  Drawing drawing(options.naming);
  std::vector<std::size_t> inputs;
  std::vector<std::size_t> outputs;
  for (const SymbolicTensor& input : options.inputs) inputs.push_back(drawing.draw(input));
  for (const SymbolicTensor& output : options.outputs) outputs.push_back(drawing.draw(output));
  DrawnGraph graph = drawing.take();
  graph.inputs = std::move(inputs);
  graph.outputs = std::move(outputs);
  return graph;
}

namespace {

/// Fills in the depths of calls; returns those of layers.
std::vector<std::size_t> find_depths(const DrawnGraph& graph,
                                     const std::vector<std::size_t>& finished,
                                     KerasOrder& order) {
  std::vector<std::size_t> layer_depths(graph.layers.size());
  order.depths.resize(graph.calls.size());
  for (auto call = finished.rbegin(); call != finished.rend(); ++call) {
    std::size_t& layer_depth = layer_depths[graph.calls[*call].layer];
    std::size_t& depth = order.depths[*call];
    layer_depth = depth = std::max(depth, layer_depth);
    for (const std::size_t source : graph.calls[*call].sources) {
      order.depths[source] = std::max(order.depths[source], depth + 1);
    }
  }

  return layer_depths;
}

void number_calls(const DrawnGraph& graph, std::vector<std::size_t> calls, KerasOrder& order) {
  std::vector<std::size_t> counts(graph.layers.size());
  order.numbers.resize(graph.calls.size());
  std::ranges::sort(calls);
  for (const std::size_t call : calls) order.numbers[call] = counts[graph.calls[call].layer]++;
}

void sort_layers(const DrawnGraph& graph,
                 const Walk& walk,
                 const std::vector<std::size_t>& depths,
                 KerasOrder& order) {
  for (const std::size_t input : graph.inputs) {  // one that no output needs is there all the same
    const std::size_t layer = graph.calls[input].layer;
    if (!walk.first_met(layer)) order.layers.push_back(layer);
  }
  for (std::size_t layer = 0; layer < graph.layers.size(); ++layer) {
    if (walk.first_met(layer)) order.layers.push_back(layer);
  }
  std::ranges::stable_sort(order.layers, [&](std::size_t a, std::size_t b) {
    if (depths[a] != depths[b]) return depths[a] > depths[b];
    return walk.first_met(a) < walk.first_met(b);  // nothing is before anything
  });
}

void sort_calls(const DrawnGraph& graph, KerasOrder& order) {
  std::vector<std::size_t> places(graph.layers.size());
  for (std::size_t i = 0; i < order.layers.size(); ++i) places[order.layers[i]] = i;
  std::ranges::sort(order.calls, [&](std::size_t a, std::size_t b) {
    if (order.depths[a] != order.depths[b]) return order.depths[a] > order.depths[b];
    return std::pair(places[graph.calls[a].layer], a) < std::pair(places[graph.calls[b].layer], b);
  });
}

}  // namespace

KerasOrder keras_order(const DrawnGraph& graph) {
  Walk walk(graph);
  for (const std::size_t output : graph.outputs) walk.from(output);
  KerasOrder order;
  const std::vector<std::size_t> layer_depths = find_depths(graph, walk.finished(), order);
  number_calls(graph, walk.finished(), order);
  sort_layers(graph, walk, layer_depths, order);
  order.calls = walk.finished();
  sort_calls(graph, order);
  return order;
}

}  // namespace carnyx
