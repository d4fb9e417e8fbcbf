#pragma once

#include <string>
#include <vector>

#include "carnyx/training/assessment.h"

namespace carnyx::report {

/// What a class is called: its name, or its number where there are no names.
std::string class_name(const std::vector<std::string>& names, std::int64_t index);

/// A table of labels and guesses, or with too many classes nothing of it; and the pairs that are
/// confused most. Markup.
std::string confusion_of(const ConfusionMatrix& confusion, const std::vector<std::string>& names);

/// A card for each mistake: the sample, its class, what it was taken for. Markup.
std::string mistakes_of(const std::vector<Mistake>& worst, const std::vector<std::string>& names);

}  // namespace carnyx::report
