// What tests of the program share: small data, a folder for a job, a training command.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/temporary_directory.h"

#include "tests/integration/program.h"

namespace carnyx {

class CommandLine : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    data_ = std::make_unique<TemporaryDirectory>();
    test::write_small_mnist(data_->path(), 500, 100);
  }
  static void TearDownTestSuite() { data_.reset(); }

  static test::Outcome run(std::vector<std::string> arguments,
                           std::map<std::string, std::string> environment = {}) {
    return test::run_program({.arguments = std::move(arguments),
                              .environment = std::move(environment),
                              .directory = {}});
  }
  test::Outcome train(std::vector<std::string> more,
                      std::map<std::string, std::string> environment = {}) {
    std::vector<std::string> arguments = {"train",
                                          "mnist_mlp",
                                          "--job-dir",
                                          job_.path() + "/job",
                                          "--data-dir",
                                          data_->path(),
                                          "--epochs",
                                          "2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(std::move(arguments), std::move(environment));
  }

  static inline std::unique_ptr<TemporaryDirectory> data_;
  TemporaryDirectory job_;
};

}  // namespace carnyx
