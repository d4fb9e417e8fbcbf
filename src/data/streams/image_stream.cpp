#include "data/streams/image_stream.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "data/images/image.h"
#include "data/images/image_folder.h"
#include "data/labelled.h"
#include "data/mapped_file.h"

namespace carnyx {
namespace {

class ImageStream final : public StreamSource {
 public:
  explicit ImageStream(const std::string& folder)
      : name_(folder), files_(image_samples(folder)), shape_(common_image_shape(files_)) {
    const auto count = static_cast<std::int64_t>(files_.size());
    const std::int64_t at_once =
        std::max<std::int64_t>(static_cast<std::int64_t>(kStreamPieceBytes) / shape_.bytes(), 1);
    for (std::int64_t first = 0; first < count; first += at_once) {
      pieces_.push_back({.first_sample = first, .samples = std::min(at_once, count - first)});
    }
    classes_ = static_cast<std::int64_t>(image_classes(folder).size());
  }

  [[nodiscard]] std::span<const StreamPiece> pieces() const override { return pieces_; }
  [[nodiscard]] StreamSchema schema() const override {
    return {.sample_shape = sample_shape(),
            .x_dtype = DType::Uint8,
            .divisor = 255,
            .classes = classes_};
  }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::unique_ptr<PieceReader> open() const override {
    return std::make_unique<Reader>(*this);
  }

 private:
  class Reader final : public PieceReader {
   public:
    explicit Reader(const ImageStream& stream) : stream_(stream) {}
    Dataset read(const StreamPiece& piece, const StreamSchema& schema) override {
      std::vector<std::int64_t> axes = stream_.sample_shape().axes();
      axes.insert(axes.begin(), piece.samples);
      Tensor images(DType::Uint8, Shape(std::move(axes)));
      Tensor labels(DType::Int64, {piece.samples});
      const auto size = static_cast<std::size_t>(stream_.shape_.bytes());
      for (std::int64_t i = 0; i < piece.samples; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const ImageSample& sample =
            stream_.files_[static_cast<std::size_t>(piece.first_sample) + at];
        decode_image(MappedFile(sample.path).text(),
                     sample.path,
                     stream_.shape_,
                     images.data<std::uint8_t>().subspan(at * size, size));
        labels.data<std::int64_t>()[at] = sample.label;
      }
      return labelled(
          std::move(images), labels, {stream_.name_, stream_.name_}, {.classes = schema.classes});
    }

   private:
    const ImageStream& stream_;
  };

  [[nodiscard]] Shape sample_shape() const {
    if (shape_.channels == 1) return {shape_.height, shape_.width};
    return {shape_.height, shape_.width, shape_.channels};
  }

  std::string name_;
  std::vector<ImageSample> files_;
  ImageShape shape_;
  std::vector<StreamPiece> pieces_;
  std::int64_t classes_ = 0;
};

}  // namespace

std::unique_ptr<StreamSource> open_image_folder(const std::string& folder) {
  return std::make_unique<ImageStream>(folder);
}

}  // namespace carnyx
