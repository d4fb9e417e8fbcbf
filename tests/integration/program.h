// Runs the carnyx program as a user would: arguments, environment, two streams, an exit status.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace carnyx::test {

struct Outcome {
  int status = -1;  ///< exit status; -1 if a signal ended it
  int signal = 0;
  std::string out;
  std::string err;
};

struct Command {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;  ///< added to this process's
  std::string directory;                           ///< to run in; empty: this one
  bool reader_left = false;                        ///< stdout is a pipe that nobody reads
};

/// Waits for its end; throws std::runtime_error if it can't be started.
Outcome run_program(const Command& command);

/// A folder with MNIST's four files, cut to so many synthetic digits.
void write_small_mnist(const std::string& directory, int train, int test);

}  // namespace carnyx::test
