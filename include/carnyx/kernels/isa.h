#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace carnyx::kernels {

/// Instruction sets that the kernels are compiled for, weakest first.
enum class Isa { Baseline, Avx2, Avx512, Avx512Bf16, Amx };

std::string_view name_of(Isa isa);  ///< "baseline", "avx2", "avx512", "avx512_bf16", "amx"
/// What this CPU and kernel can run, weakest first; never empty.
std::vector<Isa> available_isas();
/// Whether this build plays it by other instructions: Amx, where CARNYX_EMULATE_TILES is defined,
/// so that its kernels are tested on machines without it. "auto" never chooses such a one.
bool is_emulated(Isa isa);
/// The strongest available one unless select_isa() chose another.
Isa selected_isa();
/// For this process, before any kernel is made. Throws InvalidArgument naming what the machine has
/// if `name` is unknown or not available here; "auto" is the strongest. `option` is what errors
/// call the choice.
void select_isa(std::string_view name, std::string_view option = "isa");
/// E.g. "avx2+fma, AuthenticAMD family 25 model 1, 2 CPUs": for doctor and checkpoints.
std::string describe_cpu();

}  // namespace carnyx::kernels
