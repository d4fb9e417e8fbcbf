#include <string>
#include <vector>

#include "carnyx/cli/cli.h"

int main(int argc, char** argv) {
  return carnyx::run_command_line(std::vector<std::string>(argv + 1, argv + argc));
}
