#pragma once

#include <string>

#include "trainers/model_trainer.h"

namespace carnyx {

/// A recipe: a YAML file with the sections `model` (layers in Keras's words), `compile`, `data` and
/// `fit`; docs/recipe.md says all of it. Paths in it are relative to its folder.
/// Throws NotFound, CorruptData, or InvalidArgument naming the line and the nearest known name.
ModelSource read_recipe(const std::string& path);

}  // namespace carnyx
