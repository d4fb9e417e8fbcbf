// The pieces of a convolutional network's step: buffers, tasks in their order, weights, and layers
// that add their tasks to a plan. For oneDNN's API 2.x.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "image_part.h"
#include "onednn_v2.h"

namespace carnyx::bench {

/// Activations and gradients. A freed buffer serves a later task of the plan, so that what is
/// written next is still in the cache, as a framework's allocator has it.
class Buffers final {
 public:
  dnnl::memory make(const dnnl::memory::desc& layout);
  void free(const dnnl::memory& memory);

 private:
  std::vector<std::unique_ptr<std::byte[]>> owned_;
  std::multimap<std::size_t, void*> free_;
};

/// Weights of a layer: master, gradient, and how they begin.
struct Weights {
  dnnl::memory value;
  dnnl::memory gradient;
  double deviation;  // of a normal distribution around `start`
  float start;
};

struct MovingStatistics {
  std::vector<float> mean;
  std::vector<float> variance;
};

/// The weights of a network in the order in which its layers ask for them. The plan that trains
/// makes them; one that is built after `rewind` gets the same ones again.
class Parameters final {
 public:
  Weights& kernel(const dnnl::memory::desc& layout, double deviation);
  Weights& vector(std::int64_t size, float start);
  MovingStatistics& statistics(std::int64_t channels);
  void rewind() { next_kernel_ = next_vector_ = next_statistics_ = 0; }

  std::size_t kernel_floats() const { return floats(kernels_); }
  std::size_t vector_floats() const { return floats(vectors_); }
  void bind(const ImageWeights& weights);
  void initialize(std::mt19937& bits);

 private:
  static std::size_t floats(const std::vector<std::unique_ptr<Weights>>& all);

  std::vector<std::unique_ptr<Weights>> kernels_, vectors_;
  std::vector<std::unique_ptr<MovingStatistics>> statistics_;
  std::size_t next_kernel_ = 0, next_vector_ = 0, next_statistics_ = 0;
};

using Tasks = std::vector<std::function<void()>>;
using Arguments = std::unordered_map<int, dnnl::memory>;

struct Plan {
  Dtype dtype;
  Layout layout;
  bool is_training;
  Parameters& parameters;
  Buffers buffers;
  Tasks forward, backward;
  std::string implementations;

  /// Of an activation, for a primitive to choose or as the layout demands.
  dnnl::memory::desc wanted(const dnnl::memory::dims& dims) const;
};

void execute(Tasks& tasks, const dnnl::primitive& primitive, Arguments arguments);

/// `from` itself if it is laid out as wanted, else a reordered copy, made by a task.
dnnl::memory reordered(Plan& plan,
                       Tasks& tasks,
                       const dnnl::memory& from,
                       const dnnl::memory::desc& wanted);

/// Frees a copy that `reordered` made of `original`; nothing if it made none.
void free_copy(Plan& plan, const dnnl::memory& copy, const dnnl::memory& original);

/// y = relu(a + b), which frees a and b's copy.
dnnl::memory add_relu(Plan& plan, const dnnl::memory& a, const dnnl::memory& b);

/// dy, or dy + more, where y > 0, else zero; in dy's buffer if it is laid out as y.
dnnl::memory gated(Plan& plan,
                   const dnnl::memory& dy,
                   const dnnl::memory* more,
                   const dnnl::memory& y);

}  // namespace carnyx::bench
