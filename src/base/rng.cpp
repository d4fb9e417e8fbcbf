#include "carnyx/base/rng.h"

#include <cmath>
#include <numbers>

namespace carnyx {
namespace {

constexpr std::uint32_t kMultiplier0 = 0xD2511F53U;
constexpr std::uint32_t kMultiplier1 = 0xCD9E8D57U;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9U;
constexpr std::uint32_t kWeyl1 = 0xBB67AE85U;

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::uint64_t key,
                                    int rounds) {
  auto key0 = static_cast<std::uint32_t>(key);
  auto key1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < rounds; ++round, key0 += kWeyl0, key1 += kWeyl1) {
    const std::uint64_t a = std::uint64_t{kMultiplier0} * counter[0];
    const std::uint64_t b = std::uint64_t{kMultiplier1} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key0,
               static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key1,
               static_cast<std::uint32_t>(a)};
  }
  return counter;
}

std::uint32_t stream_of(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

Rng Rng::fork(std::uint64_t key) const {
  const auto mixed = philox({static_cast<std::uint32_t>(stream_),
                             static_cast<std::uint32_t>(stream_ >> 32),
                             static_cast<std::uint32_t>(key),
                             static_cast<std::uint32_t>(key >> 32)},
                            seed_);
  return Rng(seed_, std::uint64_t{mixed[0]} << 32 | mixed[1]);
}

std::uint32_t Rng::next() {
  const std::uint64_t lane = position_ % 4;
  if (lane == 0) {
    const std::uint64_t block = position_ / 4;
    block_ = philox({static_cast<std::uint32_t>(block),
                     static_cast<std::uint32_t>(block >> 32),
                     static_cast<std::uint32_t>(stream_),
                     static_cast<std::uint32_t>(stream_ >> 32)},
                    seed_);
  }
  ++position_;
  return block_[lane];
}

float Rng::uniform() {
  return static_cast<float>(next() >> 8) * 0x1p-24F;
}

float Rng::normal() {
  const double radius = std::sqrt(-2 * std::log((static_cast<double>(next()) + 1) * 0x1p-32));
  return static_cast<float>(radius * std::cos(2 * std::numbers::pi * next() * 0x1p-32));
}

std::uint64_t Rng::below(std::uint64_t bound) {
  // Draws above the last whole multiple of the bound are drawn again.
  const std::uint64_t limit = ~std::uint64_t{0} - ~std::uint64_t{0} % bound;
  while (true) {
    const std::uint64_t high = next();
    const std::uint64_t draw = high << 32 | next();
    if (draw < limit) return draw % bound;
  }
}

}  // namespace carnyx
