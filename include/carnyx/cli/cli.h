#pragma once

#include <string>
#include <vector>

namespace carnyx {

/// Runs one command line, without the program's name: results on stdout, everything else on stderr.
/// Returns the exit status: 0 done; 1 failed, a retry may help; 2 wrong usage or configuration;
/// 3 bad data or model file; 70 our bug; 75 a peer or the platform was lost; 130 and 143 left on
/// SIGINT and SIGTERM after a checkpoint.
int run_command_line(const std::vector<std::string>& arguments);

}  // namespace carnyx
