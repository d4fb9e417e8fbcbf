#pragma once

#include <string>

#include <gtest/gtest.h>

namespace carnyx {

/// What `act` complains of; fails the test if it throws no Kind.
template <class Kind, class Act>
std::string message_of(const Act& act) {
  try {
    act();
  } catch (const Kind& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace carnyx
