// The machine that reads a pickle: a stack, marks on it, a memo.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/pickle/pickle.h"
#include "data/pickle/pickle_input.h"

namespace carnyx {

class PickleMachine {
 public:
  PickleMachine(std::span<const std::byte> file, const std::string& name) : input_(file, name) {}

  Pickle run() &&;

 private:
  using Value = decltype(PickleValue::value);

  void step(unsigned char opcode);
  bool push_constant(unsigned char opcode);
  bool push_number(unsigned char opcode);
  bool push_text(unsigned char opcode);
  bool push_container(unsigned char opcode);
  bool change_container(unsigned char opcode);
  bool use_memo(unsigned char opcode);
  bool use_stack(unsigned char opcode);
  bool ask_by_name(unsigned char opcode);

  void push(Value value);
  void push_long(std::string_view little_endian);
  void push_decimal(std::string_view text);
  void push_owned_text(std::optional<std::string> text, bool is_bytes);
  PickleValue* pop();
  PickleValue* top();
  PickleItems pop_to_mark();
  void append(const PickleItems& items);
  void set_items(const PickleItems& items);
  void memoize(std::uint64_t key);
  void recall(std::uint64_t key);
  void push_global(std::string_view module, std::string_view name);

  // In pickle_numpy.cpp: what the known globals do.
  void reduce();
  void build();
  void call(PickleGlobal global, const PickleItems& arguments);
  void make_dtype(const PickleItems& arguments);
  void make_scalar(const PickleItems& arguments);
  void make_array_from_buffer(const PickleItems& arguments);
  void encode(const PickleItems& arguments);
  void build_dtype(PickleDtype& dtype, const PickleItems& state);
  void build_array(PickleArray& array, const PickleItems& state);
  Tensor array_of(const PickleItems& shape,
                  const PickleValue& dtype,
                  bool is_fortran,
                  std::string_view raw);

  template <class T>
  const T& expect(const PickleValue& value, std::string_view what) const;
  std::string_view expect_text(const PickleValue& value, std::string_view what) const;
  /// Counts memory that was made from the file: a few times its size is enough for any real pickle.
  void spend(std::uint64_t bytes);

  PickleInput input_;
  Pickle pickle_;
  std::vector<PickleValue*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, PickleValue*> memo_;
  std::uint64_t spent_bytes_ = 0;
};

template <class T>
const T& PickleMachine::expect(const PickleValue& value, std::string_view what) const {
  const T* typed = std::get_if<T>(&value.value);
  if (typed == nullptr) input_.fail(what, describe(value));
  return *typed;
}

}  // namespace carnyx
