// The opcodes of Python's pickletools, protocols 0 to 5, but for those that make objects of other
// classes.
#include "data/pickle/pickle_machine.h"

#include <array>
#include <charconv>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/pickle/pickle_text.h"

namespace carnyx {
namespace {

constexpr std::size_t kMostValues = 8'000'000;

struct KnownGlobal {
  std::string_view module;
  std::string_view name;
  PickleGlobal global;
};

constexpr std::array<KnownGlobal, 12> kKnownGlobals = {
    {{"numpy.core.multiarray", "_reconstruct", PickleGlobal::Reconstruct},
     {"numpy._core.multiarray", "_reconstruct", PickleGlobal::Reconstruct},
     {"numpy.core.multiarray", "scalar", PickleGlobal::Scalar},
     {"numpy._core.multiarray", "scalar", PickleGlobal::Scalar},
     {"numpy.core.numeric", "_frombuffer", PickleGlobal::FromBuffer},
     {"numpy._core.numeric", "_frombuffer", PickleGlobal::FromBuffer},
     {"numpy", "ndarray", PickleGlobal::Ndarray},
     {"numpy", "dtype", PickleGlobal::Dtype},
     {"_codecs", "encode", PickleGlobal::Encode},
     {"__builtin__", "bytes", PickleGlobal::Bytes},
     {"builtins", "bytes", PickleGlobal::Bytes},
     {"collections", "OrderedDict", PickleGlobal::OrderedDict}}};

}  // namespace

Pickle decode_pickle(std::span<const std::byte> file, const std::string& name) {
  return PickleMachine(file, name).run();
}

Pickle PickleMachine::run() && {
  while (true) {
    const unsigned char opcode = input_.byte();
    if (opcode == '.') break;
    step(opcode);
  }
  pickle_.root_ = pop();
  if (!input_.at_end()) input_.fail("the end of the file", "more bytes");
  return std::move(pickle_);
}

void PickleMachine::step(unsigned char opcode) {
  const bool done = push_constant(opcode) || push_number(opcode) || push_text(opcode) ||
                    push_container(opcode) || change_container(opcode) || use_memo(opcode) ||
                    use_stack(opcode) || ask_by_name(opcode);
  if (!done) {
    input_.fail(
        "a pickle of plain values and NumPy arrays",
        format("the opcode {} '{}'", opcode, printable({reinterpret_cast<char*>(&opcode), 1})));
  }
}

bool PickleMachine::push_container(unsigned char opcode) {
  const auto tuple_of = [this](std::size_t count) {
    PickleItems items(count);
    for (std::size_t i = count; i > 0; --i) items[i - 1] = pop();
    push(PickleTuple{std::move(items)});
  };
  switch (opcode) {
    case ')':
      push(PickleTuple{});
      return true;
    case 0x85:
    case 0x86:
    case 0x87:
      tuple_of(opcode - std::size_t{0x84});
      return true;
    case 't':
      push(PickleTuple{pop_to_mark()});
      return true;
    case ']':
      push(PickleList{});
      return true;
    case 'l':
      push(PickleList{pop_to_mark()});
      return true;
    case '}':
      push(PickleDict{});
      return true;
    case 'd': {
      const PickleItems items = pop_to_mark();
      push(PickleDict{});
      set_items(items);
      return true;
    }
    default:
      return false;
  }
}

bool PickleMachine::change_container(unsigned char opcode) {
  switch (opcode) {
    case 'a':
      append({pop()});
      return true;
    case 'e':
      append(pop_to_mark());
      return true;
    case 's': {
      const PickleValue* value = pop();
      const PickleValue* key = pop();
      set_items({key, value});
      return true;
    }
    case 'u':
      set_items(pop_to_mark());
      return true;
    default:
      return false;
  }
}

bool PickleMachine::use_memo(unsigned char opcode) {
  const auto decimal = [this] {
    const std::string_view text = input_.line();
    std::uint64_t key = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, key);
    if (error != std::errc() || stop != end) input_.fail("a memo's number", printable(text));
    return key;
  };
  switch (opcode) {
    case 'p':
      memoize(decimal());
      return true;
    case 'q':
      memoize(input_.number(1));
      return true;
    case 'r':
      memoize(input_.number(4));
      return true;
    case 0x94:  // MEMOIZE
      memoize(memo_.size());
      return true;
    case 'g':
      recall(decimal());
      return true;
    case 'h':
      recall(input_.number(1));
      return true;
    case 'j':
      recall(input_.number(4));
      return true;
    default:
      return false;
  }
}

bool PickleMachine::use_stack(unsigned char opcode) {
  switch (opcode) {
    case '(':
      marks_.push_back(stack_.size());
      return true;
    case '0':
      pop();
      return true;
    case '1':
      pop_to_mark();
      return true;
    case '2':
      stack_.push_back(top());
      return true;
    default:
      return false;
  }
}

bool PickleMachine::ask_by_name(unsigned char opcode) {
  switch (opcode) {
    case 'c': {
      const std::string_view module = input_.line();
      push_global(module, input_.line());
      return true;
    }
    case 0x93: {  // STACK_GLOBAL
      const std::string_view name = expect_text(*pop(), "a name");
      push_global(expect_text(*pop(), "a module's name"), name);
      return true;
    }
    case 'R':
      reduce();
      return true;
    case 'b':
      build();
      return true;
    default:
      return false;
  }
}

void PickleMachine::push_global(std::string_view module, std::string_view name) {
  for (const KnownGlobal& known : kKnownGlobals) {
    if (known.module == module && known.name == name) return push(known.global);
  }
  input_.fail("nothing but NumPy's arrays asked for by name",
              format("{}.{}; this file would run code, and is refused; save the arrays with "
                     "numpy.savez",
                     printable(module),
                     printable(name)));
}

void PickleMachine::push(Value value) {
  if (pickle_.values_.size() == kMostValues) {
    input_.fail(format("at most {} values", kMostValues), "more");
  }
  stack_.push_back(&pickle_.values_.emplace_back(PickleValue{std::move(value)}));
}

PickleValue* PickleMachine::top() {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) input_.fail("a value on the stack", "none");
  return stack_.back();
}

PickleValue* PickleMachine::pop() {
  PickleValue* value = top();
  stack_.pop_back();
  return value;
}

PickleItems PickleMachine::pop_to_mark() {
  if (marks_.empty()) input_.fail("a mark on the stack", "none");
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  PickleItems items(first, stack_.end());
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return items;
}

void PickleMachine::append(const PickleItems& items) {
  auto* list = std::get_if<PickleList>(&top()->value);
  if (list == nullptr) input_.fail("a list to append to", describe(*top()));
  list->items.insert(list->items.end(), items.begin(), items.end());
}

void PickleMachine::set_items(const PickleItems& items) {
  auto* dict = std::get_if<PickleDict>(&top()->value);
  if (dict == nullptr) input_.fail("a dict", describe(*top()));
  if (items.size() % 2 != 0) input_.fail("keys with values", "a key without one");
  for (std::size_t i = 0; i < items.size(); i += 2) {
    dict->items.emplace_back(items[i], items[i + 1]);
  }
}

void PickleMachine::memoize(std::uint64_t key) {
  memo_[key] = top();
}

void PickleMachine::recall(std::uint64_t key) {
  const auto found = memo_.find(key);
  if (found == memo_.end()) input_.fail("a memo that was stored", format("number {}", key));
  stack_.push_back(found->second);
}

std::string_view PickleMachine::expect_text(const PickleValue& value, std::string_view what) const {
  if (const auto* text = std::get_if<PickleText>(&value.value)) return text->text;
  return expect<PickleBytes>(value, what).bytes;
}

void PickleMachine::spend(std::uint64_t bytes) {
  constexpr std::uint64_t kTimes = 16;
  constexpr std::uint64_t kAlways = 1 << 16;
  spent_bytes_ += bytes;
  if (spent_bytes_ > kTimes * input_.size() + kAlways) {
    input_.fail(format("content of at most {} times the file", kTimes), "more");
  }
}

}  // namespace carnyx
