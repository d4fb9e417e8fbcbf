#include <gtest/gtest.h>

#include "carnyx/base/error.h"

#include "saving/model_bytes.h"
#include "tests/saving/h5_pieces.h"

namespace carnyx {
namespace {

TEST(H5Model, RefusesAFileCutAtAnyByte) {
  const std::string file = file_of({});
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_THROW((void)decode_h5_model(std::string_view(file).substr(0, size), "m.h5"), CorruptData)
        << size;
  }
}

}  // namespace
}  // namespace carnyx
