#include "data/streams/stream_source.h"

#include <algorithm>
#include <utility>

#include "data/parallel.h"

namespace carnyx {

std::int64_t StreamSource::samples() const {
  const auto all = pieces();
  return all.empty() ? 0 : all.back().first_sample + all.back().samples;
}

ShardSet::ShardSet(std::vector<std::string> paths) : paths_(std::move(paths)) {
  for (const std::string& path : paths_) stamps_.push_back(ShardFile(path).stamp());
}

std::unique_ptr<ShardContent> ShardSet::open(std::size_t file) const {
  auto content = open_shard(paths_[file]);
  content->require(stamps_[file]);
  return content;
}

std::string_view PieceText::read(const StreamPiece& piece) {
  if (content_ == nullptr || file_ != piece.file) {
    content_ = shards_.open(piece.file);
    file_ = piece.file;
  }
  text_.resize(piece.end - piece.begin);
  content_->require(shards_.stamp(file_));
  content_->read(piece.begin, std::as_writable_bytes(std::span(text_)));
  return text_;
}

void StreamFacts::join(const StreamFacts& other) {
  has_floats = has_floats || other.has_floats;
  has_above_one = has_above_one || other.has_above_one;
  classes = std::max(classes, other.classes);
}

StreamSchema StreamFacts::schema(const Shape& sample_shape) const {
  return {.sample_shape = sample_shape,
          .x_dtype = has_floats ? DType::Float32 : DType::Uint8,
          .divisor = !has_floats || has_above_one ? 255.0F : 1.0F,
          .classes = classes};
}

StreamFacts facts_of(const Dataset& data) {
  StreamFacts facts{.has_floats = data.x.dtype() == DType::Float32, .classes = data.classes};
  if (facts.has_floats) {
    facts.has_above_one = data.divisor != 1;
  } else {
    facts.has_above_one =
        std::ranges::any_of(data.x.data<std::uint8_t>(), [](std::uint8_t v) { return v > 1; });
  }
  return facts;
}

void for_each_chain(std::span<const StreamPiece> pieces,
                    const std::function<void(std::span<const StreamPiece>, std::size_t)>& visit) {
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!pieces[i].is_chained) starts.push_back(i);
  }
  starts.push_back(pieces.size());
  for_each_piece(static_cast<std::int64_t>(starts.size()) - 1, [&](std::int64_t chain) {
    const std::size_t first = starts[static_cast<std::size_t>(chain)];
    const std::size_t end = starts[static_cast<std::size_t>(chain) + 1];
    visit(pieces.subspan(first, end - first), first);
  });
}

void number_samples(std::vector<StreamPiece>& pieces) {
  bool drops_chain_start = false;
  std::int64_t next = 0;
  std::vector<StreamPiece> kept;
  for (StreamPiece piece : pieces) {
    if (!piece.is_chained) drops_chain_start = false;
    if (piece.samples == 0) {
      drops_chain_start = drops_chain_start || !piece.is_chained;
      continue;
    }
    if (std::exchange(drops_chain_start, false)) piece.is_chained = false;
    piece.first_sample = next;
    next += piece.samples;
    kept.push_back(piece);
  }
  pieces = std::move(kept);
}

}  // namespace carnyx
