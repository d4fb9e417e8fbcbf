#include "saving/hdf5_texts.h"

#include <cstring>
#include <string_view>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "saving/hdf5_stream.h"

namespace carnyx {
namespace {

[[noreturn]] void refuse_text(const std::string& name, std::string_view problem) {
  throw CorruptData(format("attribute {}: {}", name, problem));
}

void spend(std::uint64_t& budget, std::uint64_t bytes, const std::string& name) {
  if (bytes > budget) refuse_text(name, "more text than a model can have");
  budget -= bytes;
}

bool is_there(hid_t group, const std::string& name) {
  const htri_t found = H5Aexists(group, name.c_str());
  if (found < 0) refuse_text(name, "can't be read");
  return found > 0;
}

/// One string of fixed length, without what fills it up.
std::string unpadded(std::string_view field, H5T_str_t padding) {
  if (padding == H5T_STR_SPACEPAD) {
    const std::size_t last = field.find_last_not_of(' ');
    return std::string(field.substr(0, last == std::string_view::npos ? 0 : last + 1));
  }
  return std::string(field.substr(0, field.find('\0')));
}

std::vector<std::string> of_fixed_length(hid_t attribute,
                                         hid_t type,
                                         std::uint64_t count,
                                         const std::string& name,
                                         std::uint64_t& budget) {
  const std::uint64_t size = H5Tget_size(type);
  if (size == 0 || size > budget || count > budget / (kTextOverhead + size)) {
    refuse_text(name, "more text than a model can have");
  }
  std::string fields(size * count, '\0');
  if (H5Aread(attribute, type, fields.data()) < 0) refuse_text(name, "can't be read");
  const H5T_str_t padding = H5Tget_strpad(type);
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < count; ++i) {
    texts.push_back(unpadded(std::string_view(fields).substr(i * size, size), padding));
    spend(budget, kTextOverhead + texts.back().size(), name);
  }
  return texts;
}

std::vector<std::string> of_variable_length(hid_t attribute,
                                            hid_t type,
                                            hid_t space,
                                            std::uint64_t count,
                                            const std::string& name,
                                            std::uint64_t& budget) {
  if (count > budget / kTextOverhead) refuse_text(name, "more text than a model can have");
  std::vector<char*> pointers(count, nullptr);
  if (H5Aread(attribute, type, pointers.data()) < 0) refuse_text(name, "can't be read");
  std::vector<std::string> texts;
  for (const char* text : pointers) {
    const std::size_t size = text == nullptr ? 0 : std::strlen(text);
    spend(budget, kTextOverhead + size, name);
    texts.emplace_back(text == nullptr ? "" : text, size);
  }
  H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
  return texts;
}

std::optional<std::vector<std::string>> strings_of(hid_t group,
                                                   const std::string& name,
                                                   std::uint64_t& budget) {
  const Hdf5Attribute attribute(H5Aopen(group, name.c_str(), H5P_DEFAULT));
  if (!attribute.ok()) refuse_text(name, "can't be read");
  const Hdf5Type type(H5Aget_type(attribute.get()));
  const Hdf5Space space(H5Aget_space(attribute.get()));
  const hssize_t count = H5Sget_simple_extent_npoints(space.get());
  if (!type.ok() || count < 0) refuse_text(name, "can't be read");
  if (count == 0) return std::vector<std::string>();
  if (H5Tget_class(type.get()) != H5T_STRING) return std::nullopt;
  const auto elements = static_cast<std::uint64_t>(count);
  if (H5Tis_variable_str(type.get()) > 0) {
    return of_variable_length(attribute.get(), type.get(), space.get(), elements, name, budget);
  }
  return of_fixed_length(attribute.get(), type.get(), elements, name, budget);
}

}  // namespace

std::optional<std::vector<std::string>> text_attribute(hid_t group,
                                                       const std::string& name,
                                                       std::uint64_t& budget) {
  if (is_there(group, name)) return strings_of(group, name, budget);
  std::optional<std::vector<std::string>> all;
  for (int part = 0; is_there(group, name + std::to_string(part)); ++part) {
    const auto texts = strings_of(group, name + std::to_string(part), budget);
    if (!texts) return std::nullopt;
    if (!all) all.emplace();
    all->insert(all->end(), texts->begin(), texts->end());
  }
  return all;
}

}  // namespace carnyx
