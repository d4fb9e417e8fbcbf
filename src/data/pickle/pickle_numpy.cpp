// What a pickle may call, and what NumPy's objects are told afterwards: numpy.ndarray.__reduce__,
// numpy.dtype.__reduce__ and their __setstate__.
#include <optional>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/pickle/pickle_machine.h"
#include "data/pickle/pickle_text.h"

namespace carnyx {
namespace {

std::string_view name_of(PickleGlobal global) {
  switch (global) {
    case PickleGlobal::Reconstruct:
      return "numpy's _reconstruct";
    case PickleGlobal::Scalar:
      return "numpy's scalar";
    case PickleGlobal::FromBuffer:
      return "numpy's _frombuffer";
    case PickleGlobal::Ndarray:
      return "numpy.ndarray";
    case PickleGlobal::Dtype:
      return "numpy.dtype";
    case PickleGlobal::Encode:
      return "_codecs.encode";
    case PickleGlobal::Bytes:
      return "bytes";
    case PickleGlobal::OrderedDict:
      return "OrderedDict";
  }
  return "unknown";
}

struct Describer {
  std::string operator()(const PickleNone& /*unused*/) const { return "None"; }
  std::string operator()(bool value) const { return value ? "True" : "False"; }
  std::string operator()(std::int64_t value) const { return format("the number {}", value); }
  std::string operator()(double value) const { return format("the number {}", value); }
  std::string operator()(const PickleText& value) const {
    return format("a text of {} bytes", value.text.size());
  }
  std::string operator()(const PickleBytes& value) const {
    return format("{} bytes", value.bytes.size());
  }
  std::string operator()(const PickleTuple& value) const {
    return format("a tuple of {}", value.items.size());
  }
  std::string operator()(const PickleList& value) const {
    return format("a list of {}", value.items.size());
  }
  std::string operator()(const PickleDict& value) const {
    return format("a dict of {}", value.items.size());
  }
  std::string operator()(PickleGlobal global) const { return std::string(name_of(global)); }
  std::string operator()(const PickleDtype& /*unused*/) const { return "a numpy.dtype"; }
  std::string operator()(const PickleArray& array) const {
    if (!array.is_built) return "an array without elements";
    return format(
        "an array {} {}", carnyx::name_of(array.tensor.dtype()), array.tensor.shape().to_string());
  }
};

}  // namespace

std::string describe(const PickleValue& value) {
  return std::visit(Describer(), value.value);
}

void PickleMachine::reduce() {
  const PickleItems arguments = expect<PickleTuple>(*pop(), "a tuple of arguments").items;
  const PickleGlobal global = expect<PickleGlobal>(*pop(), "something to call");
  call(global, arguments);
}

void PickleMachine::call(PickleGlobal global, const PickleItems& arguments) {
  const auto expect_count = [&](std::size_t least, std::size_t most) {
    if (arguments.size() >= least && arguments.size() <= most) return;
    input_.fail(format("{} to {} arguments of {}", least, most, name_of(global)),
                format("{}", arguments.size()));
  };
  switch (global) {
    case PickleGlobal::Reconstruct:
      expect_count(3, 3);
      if (expect<PickleGlobal>(*arguments[0], "numpy.ndarray") != PickleGlobal::Ndarray) {
        input_.fail("numpy.ndarray", describe(*arguments[0]));
      }
      return push(PickleArray{});
    case PickleGlobal::Scalar:
      expect_count(2, 2);
      return make_scalar(arguments);
    case PickleGlobal::FromBuffer:
      expect_count(4, 4);
      return make_array_from_buffer(arguments);
    case PickleGlobal::Dtype:
      expect_count(1, 3);
      return make_dtype(arguments);
    case PickleGlobal::Encode:
      expect_count(1, 2);
      return encode(arguments);
    case PickleGlobal::Bytes:
      expect_count(0, 0);
      return push(PickleBytes{});
    case PickleGlobal::OrderedDict:
      expect_count(0, 0);
      return push(PickleDict{});
    case PickleGlobal::Ndarray:
      input_.fail("an array made by _reconstruct", "a call of numpy.ndarray");
  }
}

void PickleMachine::make_dtype(const PickleItems& arguments) {
  const std::string_view descr = expect_text(*arguments[0], "a dtype's name");
  const auto type = numpy_type(descr);
  if (!type) input_.fail(format("an array of {}", kNumpyTypes), descr);
  push(PickleDtype{*type});
}

void PickleMachine::build() {
  const PickleValue* state = pop();
  PickleValue* object = top();
  if (auto* dtype = std::get_if<PickleDtype>(&object->value)) {
    return build_dtype(*dtype, expect<PickleTuple>(*state, "a dtype's state").items);
  }
  if (auto* array = std::get_if<PickleArray>(&object->value)) {
    return build_array(*array, expect<PickleTuple>(*state, "an array's state").items);
  }
  input_.fail("state of an array or a dtype", "state of " + describe(*object));
}

/// (version, byte order, subarray, names, fields, size, alignment, flags...)
void PickleMachine::build_dtype(PickleDtype& dtype, const PickleItems& state) {
  if (state.size() < 5) input_.fail("a dtype's state", format("a tuple of {}", state.size()));
  const std::string_view order = expect_text(*state[1], "a byte order");
  if (order.size() != 1 || std::string_view("<>|=").find(order[0]) == std::string_view::npos) {
    input_.fail("the byte order <, >, | or =", order);
  }
  for (const std::size_t field : {2, 3, 4}) expect<PickleNone>(*state[field], "a plain dtype");
  dtype.type.order = order[0];
}

/// (version, shape, dtype, is Fortran order, bytes)
void PickleMachine::build_array(PickleArray& array, const PickleItems& state) {
  if (array.is_built) input_.fail("an array built once", "a second time");
  if (state.size() != 5)
    input_.fail("an array's state of 5", format("a tuple of {}", state.size()));
  const auto* flag = std::get_if<bool>(&state[3]->value);
  const bool is_fortran =
      flag != nullptr ? *flag : expect<std::int64_t>(*state[3], "True or False") != 0;
  array.tensor = array_of(expect<PickleTuple>(*state[1], "an array's shape").items,
                          *state[2],
                          is_fortran,
                          expect<PickleBytes>(*state[4], "an array's bytes").bytes);
  array.is_built = true;
}

void PickleMachine::make_array_from_buffer(const PickleItems& arguments) {
  const std::string_view order = expect_text(*arguments[3], "an order");
  if (order != "C" && order != "F") input_.fail("the order C or F", order);
  Tensor tensor = array_of(expect<PickleTuple>(*arguments[2], "an array's shape").items,
                           *arguments[1],
                           order == "F",
                           expect<PickleBytes>(*arguments[0], "an array's bytes").bytes);
  push(PickleArray{std::move(tensor), true});
}

void PickleMachine::make_scalar(const PickleItems& arguments) {
  const std::string_view raw = expect<PickleBytes>(*arguments[1], "a scalar's bytes").bytes;
  const Tensor tensor = array_of({}, *arguments[0], false, raw);
  if (is_floating(tensor.dtype())) return push(tensor.at(0));
  push(static_cast<std::int64_t>(tensor.at(0)));
}

Tensor PickleMachine::array_of(const PickleItems& shape,
                               const PickleValue& dtype,
                               bool is_fortran,
                               std::string_view raw) {
  const NumpyType& type = expect<PickleDtype>(dtype, "a dtype").type;
  if (shape.size() > 32) input_.fail("at most 32 axes", format("{}", shape.size()));
  std::vector<std::int64_t> axes;
  auto left = static_cast<std::int64_t>(raw.size()) / type.size;
  for (const PickleValue* axis : shape) {
    axes.push_back(expect<std::int64_t>(*axis, "an axis"));
    if (axes.back() < 0 || axes.back() > left) {
      input_.fail(format("a shape that {} bytes fill", raw.size()), Shape(axes).to_string());
    }
    if (axes.back() > 0) left /= axes.back();
  }
  const Shape whole(std::move(axes));
  if (static_cast<std::uint64_t>(whole.elements() * type.size) != raw.size()) {
    input_.fail(format("{} elements of {} bytes", whole.elements(), type.size),
                format("{} bytes", raw.size()));
  }
  spend(static_cast<std::uint64_t>(whole.elements() * size_of(held_as(type))));
  return numpy_tensor(type, whole, is_fortran, std::as_bytes(std::span(raw)));
}

/// How Python 3 writes bytes for protocols 0 to 2: as the text whose Latin-1 they are.
void PickleMachine::encode(const PickleItems& arguments) {
  if (arguments.size() > 1) {
    const std::string_view coding = expect_text(*arguments[1], "a coding");
    if (coding != "latin1" && coding != "latin-1") input_.fail("the coding latin1", coding);
  }
  const std::string_view text = expect_text(*arguments[0], "a text");
  spend(text.size());
  push_owned_text(utf8_to_latin1(text), true);
}

}  // namespace carnyx
