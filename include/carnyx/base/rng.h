// Counter-based randomness: a draw is a pure function of (seed, stream, step, index), so no result
// depends on threads, ranks or the order of calls.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace carnyx {

/// One block of Philox4x32 with `rounds` rounds. 10 rounds for values, 7 for dropout masks.
/// Source: Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3 (SC11).
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::uint64_t key,
                                    int rounds = 10);

/// FNV-1a of a name, 32 bits: the stream of a layer's random draws.
std::uint32_t stream_of(std::string_view name);

/// A sequence of draws that its (seed, stream) fixes. Copying it copies its position.
class Rng {
 public:
  explicit Rng(std::uint64_t seed, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  /// An independent sequence named by `key`; neither sequence moves the other.
  [[nodiscard]] Rng fork(std::uint64_t key) const;

  std::uint32_t next();
  /// Uniform in [0, 1), 24 bits.
  float uniform();
  /// Uniform in [low, high).
  float uniform(float low, float high) { return low + (high - low) * uniform(); }
  /// Normal with mean 0 and standard deviation 1 (Box-Muller, one draw a call).
  float normal();
  /// Uniform integer in [0, bound), without bias; bound > 0.
  std::uint64_t below(std::uint64_t bound);

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t position_ = 0;
  std::array<std::uint32_t, 4> block_{};
};

/// Fisher-Yates: one order for one rng, on every machine.
template <class T>
void shuffle(std::span<T> items, Rng rng) {
  for (std::size_t i = items.size(); i > 1; --i) {
    const auto j = static_cast<std::size_t>(rng.below(i));
    const T swapped = items[i - 1];
    items[i - 1] = items[j];
    items[j] = swapped;
  }
}

}  // namespace carnyx
