// The few kinds of error the library throws. A kind tells the caller what can be done about it; the
// text names the place, what was expected, what came, and the remedy.
#pragma once

#include <stdexcept>
#include <string>

namespace carnyx {

/// Base of every error the library throws; what() is one line a user can act on.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The caller broke a documented precondition; the same call cannot succeed. Exit status 2.
class InvalidArgument final : public Error {
 public:
  using Error::Error;
};

/// What was asked for by name is not there: a file, a layer, a data set. Exit status 3.
class NotFound final : public Error {
 public:
  using Error::Error;
};

/// Bytes from outside break their format. The file is not used. Exit status 3.
class CorruptData final : public Error {
 public:
  using Error::Error;
};

/// The machine refused to read or write: no space, no permission, a broken disk. Exit status 1.
class IoError final : public Error {
 public:
  using Error::Error;
};

/// A peer or a service did not answer in time; a retry may help. Exit status 75.
class Unavailable final : public Error {
 public:
  using Error::Error;
};

/// The work was asked to stop, and did. Exit status 130 or 143.
class Cancelled final : public Error {
 public:
  using Error::Error;
};

}  // namespace carnyx
