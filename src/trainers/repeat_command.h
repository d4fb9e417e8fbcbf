#pragma once

#include <string>

#include "carnyx/trainers/trainer.h"

namespace carnyx {

/// The command line that trains the same again, in a folder of its own: what a job ran with, as far
/// as it is not the default; the seed, the epochs and the batch size in any case.
std::string repeat_command(Trainer& trainer, const JobOptions& options);

/// A word as the shell reads it: 'it'\''s'.
std::string shell_word(const std::string& text);

}  // namespace carnyx
