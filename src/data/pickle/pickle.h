// What a pickle holds, read without running anything: a pickle is a program for a small machine,
// and this machine knows plain values and NumPy's arrays. Whatever else a pickle asks for by name
// is refused by that name, where it asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "carnyx/tensor/tensor.h"

#include "data/numpy_type.h"

namespace carnyx {

struct PickleValue;
using PickleItems = std::vector<const PickleValue*>;

struct PickleNone {};
/// str of Python 3, unicode of Python 2: UTF-8.
struct PickleText {
  std::string_view text;
};
/// bytes of Python 3, str of Python 2.
struct PickleBytes {
  std::string_view bytes;
};
struct PickleTuple {
  PickleItems items;
};
struct PickleList {
  PickleItems items;
};
struct PickleDict {
  std::vector<std::pair<const PickleValue*, const PickleValue*>> items;
};
/// The only things that a pickle may ask for by name.
enum class PickleGlobal {
  Reconstruct,
  Scalar,
  FromBuffer,
  Ndarray,
  Dtype,
  Encode,
  Bytes,
  OrderedDict
};
struct PickleDtype {
  NumpyType type;
};
/// `is_built` only once the pickle gave it its elements.
struct PickleArray {
  Tensor tensor;
  bool is_built = false;
};

struct PickleValue {
  std::variant<PickleNone,
               bool,
               std::int64_t,
               double,
               PickleText,
               PickleBytes,
               PickleTuple,
               PickleList,
               PickleDict,
               PickleGlobal,
               PickleDtype,
               PickleArray>
      value;
};

/// "a tuple of 2", for messages.
std::string describe(const PickleValue& value);

/// Values may be shared and, in a hostile file, contain themselves: follow them to a fixed depth.
class Pickle {
 public:
  [[nodiscard]] const PickleValue& root() const { return *root_; }

 private:
  friend class PickleMachine;

  std::deque<PickleValue> values_;  // their addresses stay
  std::deque<std::string> texts_;   // what views of texts look at if not at the file
  const PickleValue* root_ = nullptr;
};

/// Reads one pickle of protocol 0 to 5, all of `file`, which must outlive the result.
/// Throws CorruptData with the offset; uses memory in proportion to the file.
Pickle decode_pickle(std::span<const std::byte> file, const std::string& name);

}  // namespace carnyx
