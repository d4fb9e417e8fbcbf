// What a model makes of a table's rows, in the words of that table.
#pragma once

#include <string>

#include "carnyx/data/table.h"
#include "carnyx/tensor/tensor.h"

namespace carnyx::cli {

/// The header that guesses_csv() goes under: "file,row,LABEL", and of classes "probability".
std::string guesses_header(const TableMapping& table);

/// A line a row, rows from 1: the class with its probability, or the number.
std::string guesses_csv(const std::string& file, const Tensor& outputs, const TableMapping& table);

/// The same as JSON Lines, with all outputs.
std::string guesses_json(const std::string& file, const Tensor& outputs, const TableMapping& table);

}  // namespace carnyx::cli
