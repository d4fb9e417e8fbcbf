#pragma once

#include <memory>
#include <string>

#include "data/streams/shard_content.h"

namespace carnyx {

/// The member called `member` of an .npz file. A stored one is read where it lies; a deflated one
/// is_packed(). Throws NotFound, IoError or CorruptData.
std::unique_ptr<ShardContent> open_npz_member(const std::string& path, const std::string& member);

}  // namespace carnyx
