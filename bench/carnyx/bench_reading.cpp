// Carnyx as a participant of bench/reading: reads a data set whenever it is asked to. The protocol
// is at the top of bench/reading/run.py.
#include <chrono>
#include <iostream>
#include <string>

#include "carnyx/base/error.h"
#include "carnyx/base/json.h"
#include "carnyx/data/source.h"

namespace {

using namespace carnyx;

Json read_once(const std::string& path) {
  const auto began = std::chrono::steady_clock::now();
  const LoadedData data = read_data(path);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - began;
  std::int64_t sum = 0;
  for (const Dataset* part : {&data.parts.train, &data.parts.test}) {
    if (part->samples() == 0) continue;  // one part, no test set
    for (const std::uint8_t pixel : part->x.data<std::uint8_t>()) sum += pixel;
  }
  return Json::object({{"epoch_s", elapsed.count()},
                       {"rows", data.parts.train.samples() + data.parts.test.samples()},
                       {"sum", sum}});
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2)
      throw InvalidArgument("expected the data set's path, got no argument or several");
    std::cout << R"({"ready": true})" << std::endl;
    for (std::string line; std::getline(std::cin, line);)
      std::cout << read_once(argv[1]).dump() << std::endl;
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "carnyx_bench_reading: " << error.what() << "\n";
    return 1;
  }
}
