#include "carnyx/kernels/isa.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>

#include <cpuid.h>
#include <hwy/targets.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "carnyx/base/error.h"
#include "carnyx/kernels/thread_pool.h"

namespace carnyx::kernels {
namespace {

struct Leaf {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Leaf cpuid(unsigned leaf) {
  Leaf found;
  __get_cpuid_count(leaf, 0, &found.eax, &found.ebx, &found.ecx, &found.edx);
  return found;
}

/// Asks the kernel to let this process use tile registers; it answers for all its threads.
bool amx_granted() {
  constexpr unsigned kBfloat16Tiles = 1U << 22;
  constexpr unsigned kTiles = 1U << 24;
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM, Linux 5.16
  constexpr long kTileData = 18;               // the XSAVE component of the tiles
  const unsigned features = cpuid(7).edx;
  return (features & kBfloat16Tiles) != 0 && (features & kTiles) != 0 &&
         syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

/// AVX512_BF16: dot products of pairs of bfloat16 numbers.
bool has_bf16_dot_products() {
  Leaf found;
  __get_cpuid_count(7, 1, &found.eax, &found.ebx, &found.ecx, &found.edx);
  return (found.eax & 1U << 5) != 0;
}

/// Highway's targets that this machine has, whatever select_isa() has hidden from Highway since.
std::int64_t machine_targets() {
  static const std::int64_t targets = hwy::SupportedTargets();
  return targets;
}

std::vector<Isa> detect() {
  std::vector<Isa> found = {Isa::Baseline};
  if ((machine_targets() & HWY_AVX2) != 0) found.push_back(Isa::Avx2);
  if ((machine_targets() & HWY_AVX3) != 0) {
    found.push_back(Isa::Avx512);
    if (has_bf16_dot_products()) found.push_back(Isa::Avx512Bf16);
    const bool tiles = is_emulated(Isa::Amx) || amx_granted();
    if (has_bf16_dot_products() && tiles) found.push_back(Isa::Amx);
  }
  return found;
}

/// That ISA's target and all weaker ones: in Highway's masks a lower bit is a stronger target.
std::int64_t targets_up_to(Isa isa) {
  switch (isa) {
    case Isa::Baseline:
      return machine_targets() & ~(HWY_SSE4 - 1);
    case Isa::Avx2:
      return machine_targets() & ~(HWY_AVX2 - 1);
    case Isa::Avx512:
    case Isa::Avx512Bf16:
    case Isa::Amx:
      return machine_targets();
  }
  return machine_targets();
}

Isa strongest() {
  const std::vector<Isa> isas = available_isas();
  return *std::find_if_not(isas.rbegin(), isas.rend(), is_emulated);
}

std::atomic<Isa>& selection() {
  static std::atomic<Isa> isa = strongest();
  return isa;
}

std::string names_of_available() {
  std::string names;
  for (const Isa isa : available_isas())
    names += (names.empty() ? "" : ", ") + std::string(name_of(isa));
  return names;
}

std::string features() {
  switch (strongest()) {
    case Isa::Baseline:
      return "baseline";
    case Isa::Avx2:
      return "avx2+fma";
    case Isa::Avx512:
      return "avx512";
    case Isa::Avx512Bf16:
      return "avx512+bf16";
    case Isa::Amx:
      return "avx512+bf16+amx";
  }
  return "";
}

/// "AuthenticAMD family 25 model 1". Intel's and AMD's manuals join the base and extended fields
/// so.
std::string processor() {
  const Leaf vendor = cpuid(0);
  std::array<char, 12> text{};
  std::memcpy(text.data(), &vendor.ebx, 4);
  std::memcpy(text.data() + 4, &vendor.edx, 4);
  std::memcpy(text.data() + 8, &vendor.ecx, 4);
  const unsigned signature = cpuid(1).eax;
  const unsigned base_family = signature >> 8 & 0xFU;
  const unsigned family = base_family == 15 ? base_family + (signature >> 20 & 0xFFU) : base_family;
  const bool extended = base_family == 6 || base_family == 15;
  const unsigned model = (signature >> 4 & 0xFU) + (extended ? (signature >> 12 & 0xF0U) : 0);
  return std::string(text.data(), text.size()) + " family " + std::to_string(family) + " model " +
         std::to_string(model);
}

}  // namespace

std::string_view name_of(Isa isa) {
  switch (isa) {
    case Isa::Baseline:
      return "baseline";
    case Isa::Avx2:
      return "avx2";
    case Isa::Avx512:
      return "avx512";
    case Isa::Avx512Bf16:
      return "avx512_bf16";
    case Isa::Amx:
      return "amx";
  }
  return "";
}

bool is_emulated([[maybe_unused]] Isa isa) {
#ifdef CARNYX_EMULATE_TILES
  return isa == Isa::Amx;
#else
  return false;
#endif
}

std::vector<Isa> available_isas() {
  static const std::vector<Isa> isas = detect();
  return isas;
}

Isa selected_isa() {
  return selection().load();
}

void select_isa(std::string_view name, std::string_view option) {
  const std::vector<Isa> isas = available_isas();
  const std::string_view wanted = name == "auto" ? name_of(strongest()) : name;
  const auto chosen =
      std::find_if(isas.begin(), isas.end(), [&](Isa isa) { return name_of(isa) == wanted; });
  if (chosen == isas.end()) {
    throw InvalidArgument(std::string(option) + ": expected auto or one that this machine has (" +
                          names_of_available() + "), got '" + std::string(name) + "'");
  }
  hwy::SetSupportedTargetsForTest(targets_up_to(*chosen));
  selection().store(*chosen);
}

std::string describe_cpu() {
  const int cpus = usable_cpus();
  return features() + ", " + processor() + ", " + std::to_string(cpus) +
         (cpus == 1 ? " CPU" : " CPUs");
}

}  // namespace carnyx::kernels
