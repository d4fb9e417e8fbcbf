#include "tests/integration/program.h"

#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "carnyx/base/temporary_directory.h"
#include "carnyx/data/synthetic_digits.h"

namespace carnyx::test {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int pipe_without_reader() {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) _exit(126);
  close(ends[0]);
  return ends[1];
}

[[noreturn]] void become(const Command& command, const std::string& out, const std::string& err) {
  if (!command.directory.empty() && chdir(command.directory.c_str()) != 0) _exit(126);
  dup2(command.reader_left ? pipe_without_reader() : open(out.c_str(), O_WRONLY | O_CREAT, 0600),
       STDOUT_FILENO);
  dup2(open(err.c_str(), O_WRONLY | O_CREAT, 0600), STDERR_FILENO);
  for (const auto& [name, value] : command.environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<std::string> words = {CARNYX_PROGRAM};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(CARNYX_PROGRAM, argv.data());
  _exit(127);
}

void write_idx(const std::string& path, const Tensor& values) {
  std::ofstream file(path, std::ios::binary);
  const auto word = [&](std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
      file.put(static_cast<char>(value >> shift & 0xFFU));
  };
  word(0x800U + static_cast<std::uint32_t>(values.shape().rank()));
  for (const std::int64_t extent : values.shape()) word(static_cast<std::uint32_t>(extent));
  file.write(reinterpret_cast<const char*>(values.bytes()), values.size_bytes());
}

}  // namespace

Outcome run_program(const Command& command) {
  const TemporaryDirectory folder;
  const std::string out = folder.path() + "/out";
  const std::string err = folder.path() + "/err";
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) become(command, out, err);
  int status = 0;
  waitpid(child, &status, 0);
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
          .out = contents(out),
          .err = contents(err)};
}

void write_small_mnist(const std::string& directory, int train, int test) {
  const TrainTest digits = datasets::synthetic_digits({.train = train, .test = test});
  write_idx(directory + "/train-images-idx3-ubyte", digits.train.x);
  write_idx(directory + "/train-labels-idx1-ubyte", digits.train.y);
  write_idx(directory + "/t10k-images-idx3-ubyte", digits.test.x);
  write_idx(directory + "/t10k-labels-idx1-ubyte", digits.test.y);
}

}  // namespace carnyx::test
