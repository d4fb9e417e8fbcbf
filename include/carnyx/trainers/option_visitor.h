// Options that only a trainer's own file knows, seen field by field: what a template visitor of
// carnyx/base/fields.h is to a struct, an OptionVisitor is to a trainer behind its interface.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carnyx {

/// What --help says of a field, and the flag's other names: "--train-file,--data".
struct FieldHelp {
  std::string_view text;
  std::string_view aliases = {};
};

/// A field and its help, for a trainer's table of them.
struct NamedHelp {
  std::string_view name;
  FieldHelp help;
};

/// The entry of this name. Throws InternalError if there is none.
FieldHelp help_of(std::span<const NamedHelp> table, std::string_view name);

/// Told of each field in turn; the types are those that an own option may have.
class OptionVisitor {
 public:
  virtual ~OptionVisitor() = default;
  virtual void operator()(std::string_view name, bool& value) = 0;
  virtual void operator()(std::string_view name, std::int64_t& value) = 0;
  virtual void operator()(std::string_view name, double& value) = 0;
  virtual void operator()(std::string_view name, std::optional<double>& value) = 0;
  virtual void operator()(std::string_view name, std::string& value) = 0;
  virtual void operator()(std::string_view name, std::vector<std::string>& value) = 0;
  virtual void operator()(std::string_view name, std::vector<std::int64_t>& value) = 0;
};

/// Hands each field to a template visitor, which it borrows.
template <class V>
class ForEachOption final : public OptionVisitor {
 public:
  explicit ForEachOption(V& visit) : visit_(visit) {}
  void operator()(std::string_view name, bool& value) override { visit_(name, value); }
  void operator()(std::string_view name, std::int64_t& value) override { visit_(name, value); }
  void operator()(std::string_view name, double& value) override { visit_(name, value); }
  void operator()(std::string_view name, std::optional<double>& value) override {
    visit_(name, value);
  }
  void operator()(std::string_view name, std::string& value) override { visit_(name, value); }
  void operator()(std::string_view name, std::vector<std::string>& value) override {
    visit_(name, value);
  }
  void operator()(std::string_view name, std::vector<std::int64_t>& value) override {
    visit_(name, value);
  }

 private:
  V& visit_;
};

}  // namespace carnyx
