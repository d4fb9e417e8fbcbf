// Text attributes of HDF5 files as one Keras or another wrote them. Runs in the confined child.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "saving/hdf5_library.h"

namespace carnyx {

/// The strings of a group's attribute `name`, or of NAME0, NAME1, ... one after the other; nothing
/// if it is not there or holds something else. Strings of fixed or variable length, in ASCII or
/// UTF-8, with any padding; no elements of any type are an empty list. Takes what they need off
/// `budget`. Throws CorruptData, which names the attribute: unreadable, or more than `budget`.
std::optional<std::vector<std::string>> text_attribute(hid_t group,
                                                       const std::string& name,
                                                       std::uint64_t& budget);

}  // namespace carnyx
