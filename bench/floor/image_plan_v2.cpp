#include "image_plan_v2.h"

#include <algorithm>
#include <utility>

#include "image_loops.h"

namespace carnyx::bench {

using dnnl::memory;

namespace {

std::size_t floats_of(const memory& memory) {
  return memory.get_desc().get_size() / sizeof(float);
}

std::int64_t elements_of(Dtype dtype, const memory& memory) {
  return static_cast<std::int64_t>(memory.get_desc().get_size() /
                                   (dtype == Dtype::Float32 ? sizeof(float) : sizeof(BFloat16)));
}

template <typename T>
T* pointer(const memory& memory) {
  return static_cast<T*>(memory.get_data_handle());
}

template <typename T>
std::function<void()> gate_task(const memory& dy,
                                const memory* more,
                                const memory& y,
                                std::int64_t size) {
  T* to = pointer<T>(dy);
  const T* from = pointer<T>(y);
  if (more == nullptr) return [=] { relu_dropout_backward(to, from, size, 0.0F); };
  const T* added = pointer<T>(*more);
  return [=] { add_relu_backward(to, added, from, size); };
}

}  // namespace

memory Buffers::make(const memory::desc& layout) {
  const std::size_t bytes = layout.get_size();
  if (const auto found = free_.find(bytes); found != free_.end()) {
    void* reused = found->second;
    free_.erase(found);
    return {layout, cpu(), reused};
  }
  constexpr std::size_t kLine = 64;
  owned_.push_back(std::make_unique<std::byte[]>(bytes + kLine));
  const auto address = reinterpret_cast<std::uintptr_t>(owned_.back().get());
  return {layout, cpu(), owned_.back().get() + (kLine - address % kLine) % kLine};
}

void Buffers::free(const memory& memory) {
  free_.emplace(memory.get_desc().get_size(), memory.get_data_handle());
}

Weights& Parameters::kernel(const memory::desc& layout, double deviation) {
  if (next_kernel_ == kernels_.size()) {
    kernels_.push_back(std::make_unique<Weights>(Weights{memory(layout, cpu(), DNNL_MEMORY_NONE),
                                                         memory(layout, cpu(), DNNL_MEMORY_NONE),
                                                         deviation,
                                                         0}));
  }
  return *kernels_[next_kernel_++];
}

Weights& Parameters::vector(std::int64_t size, float start) {
  if (next_vector_ == vectors_.size()) {
    const memory::desc layout({size}, memory::data_type::f32, memory::format_tag::x);
    vectors_.push_back(std::make_unique<Weights>(Weights{memory(layout, cpu(), DNNL_MEMORY_NONE),
                                                         memory(layout, cpu(), DNNL_MEMORY_NONE),
                                                         0,
                                                         start}));
  }
  return *vectors_[next_vector_++];
}

MovingStatistics& Parameters::statistics(std::int64_t channels) {
  if (next_statistics_ == statistics_.size()) {
    statistics_.push_back(std::make_unique<MovingStatistics>(
        MovingStatistics{std::vector<float>(channels, 0.0F), std::vector<float>(channels, 1.0F)}));
  }
  return *statistics_[next_statistics_++];
}

std::size_t Parameters::floats(const std::vector<std::unique_ptr<Weights>>& all) {
  std::size_t sum = 0;
  for (const auto& weights : all) sum += aligned(floats_of(weights->value));
  return sum;
}

void Parameters::bind(const ImageWeights& weights) {
  const auto hand_out = [](auto& all, float* values, float* gradients) {
    for (auto& one : all) {
      one->value.set_data_handle(values);
      one->gradient.set_data_handle(gradients);
      values += aligned(floats_of(one->value));
      gradients += aligned(floats_of(one->value));
    }
  };
  hand_out(kernels_, weights.kernels, weights.kernel_gradients);
  hand_out(vectors_, weights.others, weights.other_gradients);
}

void Parameters::initialize(std::mt19937& bits) {
  for (auto& one : kernels_) {
    const memory::desc layout = one->value.get_desc();
    memory plain({layout.dims(), memory::data_type::f32, memory::format_tag::oihw}, cpu());
    std::normal_distribution<float> normal(0, static_cast<float>(one->deviation));
    std::generate_n(pointer<float>(plain), floats_of(plain), [&] { return normal(bits); });
    dnnl::reorder(plain, one->value).execute(stream(), plain, one->value);
  }
  for (auto& one : vectors_) {
    std::fill_n(pointer<float>(one->value), floats_of(one->value), one->start);
  }
}

memory::desc Plan::wanted(const memory::dims& dims) const {
  using Tag = memory::format_tag;
  const Tag blocked = dims[1] % 16 == 0 ? Tag::nChw16c : Tag::any;
  return {dims,
          type_of(dtype),
          layout == Layout::Any    ? Tag::any
          : layout == Layout::Nhwc ? Tag::nhwc
                                   : blocked};
}

void execute(Tasks& tasks, const dnnl::primitive& primitive, Arguments arguments) {
  tasks.push_back(
      [primitive, arguments = std::move(arguments)] { primitive.execute(stream(), arguments); });
}

memory reordered(Plan& plan, Tasks& tasks, const memory& from, const memory::desc& wanted) {
  if (from.get_desc() == wanted) return from;
  const memory to = plan.buffers.make(wanted);
  execute(tasks, dnnl::reorder(from, to), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
  plan.implementations += "  an activation is reordered\n";
  return to;
}

void free_copy(Plan& plan, const memory& copy, const memory& original) {
  if (copy.get_data_handle() != original.get_data_handle()) plan.buffers.free(copy);
}

memory add_relu(Plan& plan, const memory& a, const memory& b) {
  const memory::desc layout = a.get_desc();
  const memory other = reordered(plan, plan.forward, b, layout);
  const memory y = plan.buffers.make(layout);
  const std::int64_t size = elements_of(plan.dtype, a);
  if (plan.dtype == Dtype::Float32) {
    plan.forward.push_back(
        [to = pointer<float>(y), l = pointer<float>(a), r = pointer<float>(other), size] {
          add_relu(to, l, r, size);
        });
  } else {
    plan.forward.push_back(
        [to = pointer<BFloat16>(y), l = pointer<BFloat16>(a), r = pointer<BFloat16>(other), size] {
          add_relu(to, l, r, size);
        });
  }
  plan.buffers.free(a);
  free_copy(plan, other, b);
  return y;
}

memory gated(Plan& plan, const memory& dy, const memory* more, const memory& y) {
  const memory::desc layout = y.get_desc();
  const memory gate = reordered(plan, plan.backward, dy, layout);
  std::optional<memory> added;
  if (more != nullptr) added = reordered(plan, plan.backward, *more, layout);
  const memory* extra = added ? &*added : nullptr;
  const std::int64_t size = elements_of(plan.dtype, y);
  plan.backward.push_back(plan.dtype == Dtype::Float32 ? gate_task<float>(gate, extra, y, size)
                                                       : gate_task<BFloat16>(gate, extra, y, size));
  free_copy(plan, dy, gate);
  if (more != nullptr) free_copy(plan, *added, *more);
  return gate;
}

}  // namespace carnyx::bench
