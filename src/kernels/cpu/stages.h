#pragma once

#include <span>
#include <string_view>

#include "carnyx/kernels/stage.h"

#include "kernels/cpu/strip.h"

namespace carnyx::kernels {

/// Runs the stages in order on a strip of a [rows, columns] matrix, in place. `spare` holds another
/// strip of kStripRows rows.
void run_stages(std::span<const Stage> stages,
                const StripPlace& place,
                const Arguments& arguments,
                float* strip,
                float* spare);

/// Throws InvalidArgument naming `kernel` if an operand of a stage can't be that of a
/// [rows, columns] matrix.
void check_stages(std::span<const Stage> stages,
                  std::int64_t rows,
                  std::int64_t columns,
                  std::string_view kernel);

/// Throws InvalidArgument unless `operand` is a [rows, columns] matrix of a float or, if
/// `integers`, uint8 or int32.
void check_operand(const Operand& operand,
                   std::int64_t rows,
                   std::int64_t columns,
                   bool integers,
                   std::string_view place);

}  // namespace carnyx::kernels
