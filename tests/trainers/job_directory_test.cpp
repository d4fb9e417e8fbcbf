#include "trainers/job_directory.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"

namespace carnyx {
namespace {

TEST(JobDirectory, KeepsNothingOfAnEarlierRunThatDescribesItsModel) {
  const TemporaryDirectory folder;
  const JobDirectory directory(folder.path());
  for (const std::string& path : {directory.model(),
                                  directory.table(),
                                  directory.pictures(),
                                  directory.history(),
                                  directory.report()}) {
    write_file_atomically(path, "earlier");
  }

  remove_earlier_run(directory);

  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace carnyx
