#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/graph/graph.h"
#include "carnyx/kernels/format.h"
#include "carnyx/tensor/tensor.h"

namespace carnyx {

/// All that a model keeps between steps, in one flat block: weights first, then statistics, then
/// slots, one slot kind after another. Each tensor is 64-byte aligned; weights and slots share one
/// format, so an optimizer's pass runs over flat memory. Files and users see row-major tensors.
/// Threads: not for concurrent use with a running program.
class StateStore {
 public:
  struct Entry {
    StateSpec spec;
    std::int64_t offset_bytes;
  };

  StateStore() = default;
  /// Lays out `states` and fills each by its initializer; a state's values depend on (seed, name)
  /// alone. `dtype`: Float32, or Float64 for the double reference.
  StateStore(std::span<const Graph::State> states, kernels::Format format, std::uint64_t seed);

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] kernels::Format format() const { return format_; }
  [[nodiscard]] bool contains(std::string_view name) const;
  /// Row-major copy in the store's dtype. Throws NotFound.
  [[nodiscard]] Tensor read(std::string_view name) const;
  /// Converts from any floating dtype. Throws NotFound, or InvalidArgument if the shapes differ.
  void write(std::string_view name, const Tensor& values);
  /// Copies every state that `other` also has.
  void copy_from(const StateStore& other);

  [[nodiscard]] std::byte* address(std::string_view name) const;
  /// Grows with every change of the values; a program then refreshes what it derived of them.
  [[nodiscard]] std::uint64_t version() const { return version_; }
  /// For a program that has moved the states itself: the version from now on.
  std::uint64_t moved() { return ++version_; }
  [[nodiscard]] std::int64_t size_bytes() const { return size_bytes_; }

 private:
  [[nodiscard]] const Entry& entry(std::string_view name) const;

  std::vector<Entry> entries_;
  kernels::Format format_;
  std::int64_t size_bytes_ = 0;
  std::shared_ptr<std::byte[]> memory_;  // shared with the programs bound to it
  std::uint64_t version_ = 0;
};

/// Element-wise copy between formats of one shape, converting dtypes. Slow and general.
void copy_formatted(const std::byte* from,
                    kernels::Format from_format,
                    std::byte* to,
                    kernels::Format to_format,
                    const Shape& shape);

}  // namespace carnyx
