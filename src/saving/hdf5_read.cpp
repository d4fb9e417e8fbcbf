#include <algorithm>
#include <array>
#include <set>
#include <span>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "saving/confinement.h"
#include "saving/hdf5_file.h"
#include "saving/hdf5_library.h"
#include "saving/hdf5_stream.h"
#include "saving/hdf5_walk.h"

namespace carnyx {
namespace {

/// The stream of a child that may be someone else's by now.
class Receiver {
 public:
  Receiver(ConfinedChild& child, const std::string& where, std::uint64_t max_bytes)
      : child_(child), where_(where), budget_(max_bytes) {}

  std::vector<NamedTensor> receive() {
    std::vector<NamedTensor> tensors;
    while (true) {
      switch (take<Hdf5Frame>()) {
        case Hdf5Frame::Dataset:
          if (tensors.size() == kMostDatasets) fail("more datasets than a model can have");
          tensors.push_back(dataset());
          break;
        case Hdf5Frame::Refusal:
          throw CorruptData(format("{}: {}", where_, text()));
        case Hdf5Frame::End:
          child_.finish();
          return tensors;
        default:
          fail("its reader said what it should not");
      }
    }
  }

  std::vector<AttributedGroup> receive_attributes() {
    std::vector<AttributedGroup> groups;
    while (true) {
      switch (take<Hdf5Frame>()) {
        case Hdf5Frame::Attribute:
          add_attribute(groups);
          break;
        case Hdf5Frame::Refusal:
          throw CorruptData(format("{}: {}", where_, text()));
        case Hdf5Frame::End:
          child_.finish();
          return groups;
        default:
          fail("its reader said what it should not");
      }
    }
  }

 private:
  /// To the group it belongs to, the last or a new one.
  void add_attribute(std::vector<AttributedGroup>& groups) {
    std::string path = text();
    if (groups.empty() || groups.back().path != path) {
      if (!paths_.insert(path).second) fail(format("/{}: there twice", path));
      groups.push_back({.path = std::move(path), .attributes = {}});
    }
    groups.back().attributes.push_back(attribute());
  }

  [[noreturn]] void fail(std::string_view problem) const {
    throw CorruptData(
        format("{}: {}; the file is damaged or was made to do harm", where_, problem));
  }

  template <class T>
  T take() {
    T value{};
    child_.read(std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }

  /// Printable: this text reaches terminals.
  std::string text() {
    const auto size = take<std::uint16_t>();
    if (size > kMostPathBytes) fail("its reader said what it should not");
    std::string text(size, '\0');
    child_.read(std::as_writable_bytes(std::span(text)));
    return printable(std::move(text));
  }

  void spend(std::uint64_t bytes) {
    if (bytes > budget_) fail("more bytes than the model can have");
    budget_ -= bytes;
  }

  /// As it is: the text of a config may be in any language.
  TextAttribute attribute() {
    const auto number = take<std::uint8_t>();
    if (number >= kTextAttributes.size()) fail("its reader said what it should not");
    TextAttribute attribute{.name = std::string(kTextAttributes[number]), .values = {}};
    const auto count = take<std::uint32_t>();
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto size = take<std::uint32_t>();
      spend(kTextOverhead + size);
      std::string value(size, '\0');
      child_.read(std::as_writable_bytes(std::span(value)));
      attribute.values.push_back(std::move(value));
    }
    return attribute;
  }

  NamedTensor dataset() {
    std::string path = text();
    if (!paths_.insert(path).second) fail(format("/{}: there twice", path));
    const bool is_integer = take<std::uint8_t>() != 0;
    Tensor tensor(is_integer ? DType::Int64 : DType::Float32, shape(is_integer ? 8 : 4));
    child_.read({tensor.bytes(), static_cast<std::size_t>(tensor.size_bytes())});
    return {std::move(path), std::move(tensor)};
  }

  Shape shape(std::uint64_t element_bytes) {
    const auto rank = take<std::uint8_t>();
    if (rank > kMostAxes) fail(format("a shape of {} axes", rank));
    std::vector<std::int64_t> axes;
    std::uint64_t bytes = element_bytes;
    for (int i = 0; i < rank; ++i) {
      const auto axis = take<std::uint64_t>();
      if (axis > 0 && bytes > budget_ / axis) fail("more bytes than the model can have");
      bytes *= axis;
      axes.push_back(static_cast<std::int64_t>(axis));
    }
    spend(bytes);
    return Shape(std::move(axes));
  }

  ConfinedChild& child_;
  const std::string& where_;
  std::uint64_t budget_;
  std::set<std::string> paths_;
};

ConfinementLimits limits_for(std::uint64_t file_bytes, std::uint64_t max_bytes) {
  constexpr std::uint64_t kLibraryBytes = std::uint64_t{128} << 20;
  // libhdf5 copies the image with every property list; a dataset needs two buffers at most. It
  // reads far more than 10 MB/s, and there are files of a few bytes that it reads for ever. Bytes
  // may come from a slow disk.
  return {.memory_bytes = kLibraryBytes + 6 * file_bytes + 2 * max_bytes,
          .cpu = std::chrono::milliseconds(700 + file_bytes / 10'000),
          .wall = std::chrono::milliseconds(30'000 + file_bytes / 5'000)};
}

ConfinedChild start_reader(std::string_view file,
                           Hdf5Part part,
                           const std::string& where,
                           std::uint64_t max_bytes) {
  const auto work = [=](ConfinedOutput& output) { walk_hdf5(file, part, max_bytes, output); };
  const MutexLock lock(hdf5_mutex());
  start_hdf5();
  return {work, limits_for(file.size(), max_bytes), where};
}

}  // namespace

std::vector<NamedTensor> receive_hdf5(ConfinedChild& child,
                                      const std::string& where,
                                      std::uint64_t max_bytes) {
  return Receiver(child, where, max_bytes).receive();
}

std::vector<NamedTensor> read_hdf5(std::string_view file,
                                   const std::string& where,
                                   std::uint64_t max_bytes) {
  ConfinedChild child = start_reader(file, Hdf5Part::Datasets, where, max_bytes);
  return receive_hdf5(child, where, max_bytes);
}

std::vector<AttributedGroup> receive_hdf5_attributes(ConfinedChild& child,
                                                     const std::string& where) {
  return Receiver(child, where, kMostTextBytes).receive_attributes();
}

std::vector<AttributedGroup> read_hdf5_attributes(std::string_view file, const std::string& where) {
  ConfinedChild child = start_reader(file, Hdf5Part::Attributes, where, kMostTextBytes);
  return receive_hdf5_attributes(child, where);
}

std::string printable(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace carnyx
