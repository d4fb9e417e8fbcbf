#include "carnyx/base/yaml.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

constexpr int kMostNesting = 64;
constexpr std::int64_t kMostValues = 100'000;

bool is_one_of(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

template <class T>
std::optional<T> number_in(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = error == std::errc() && end == text.data() + text.size() && !text.empty();
  return is_whole ? std::optional(value) : std::nullopt;
}

/// Source: YAML 1.2, section 10.3.2.
Json plain_scalar(const std::string& text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return {};
  if (is_one_of(text, {"true", "True", "TRUE"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE"})) return false;
  if (is_one_of(text, {".inf", ".Inf", ".INF", "+.inf"})) {
    return std::numeric_limits<double>::infinity();
  }
  if (text == "-.inf") return -std::numeric_limits<double>::infinity();
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return std::numeric_limits<double>::quiet_NaN();
  const bool may_be_number = text.find_first_not_of("+-.0123456789eE") == text.npos;
  if (!may_be_number) return text;
  if (const auto whole = number_in<std::int64_t>(text)) return *whole;
  if (const auto number = number_in<double>(text)) return *number;
  return text;
}

class Converter {
 public:
  using Lines = std::map<std::string, std::int64_t, std::less<>>;
  Converter(std::string_view where, Lines& lines) : where_(where), lines_(lines) {}

  Json convert(const YAML::Node& node, const std::string& path, int depth) {
    lines_[path] = line_of(node);
    if (depth > kMostNesting) fail(node, format("nesting beyond {}", kMostNesting));
    if (++values_ > kMostValues) fail(node, format("more than {} values", kMostValues));
    if (node.IsMap()) return convert_map(node, path, depth);
    if (node.IsSequence()) {
      Json list = Json::array();
      for (std::size_t i = 0; i < node.size(); ++i) {
        list.push_back(convert(node[i], format("{}[{}]", path, i), depth + 1));
      }
      return list;
    }
    if (!node.IsScalar()) return {};
    return node.Tag() == "!" ? Json(node.Scalar()) : plain_scalar(node.Scalar());
  }

 private:
  static std::int64_t line_of(const YAML::Node& node) { return std::int64_t{node.Mark().line} + 1; }
  [[noreturn]] void fail(const YAML::Node& node, std::string_view problem) const {
    throw CorruptData(format("{}: line {}: {}", where_, line_of(node), problem));
  }

  Json convert_map(const YAML::Node& node, const std::string& path, int depth) {
    Json object = Json::object();
    for (const auto& member : node) {
      if (!member.first.IsScalar()) fail(member.first, "expected a name as the key");
      const std::string& key = member.first.Scalar();
      if (object.contains(key)) fail(member.first, format("the key '{}' stands here twice", key));
      const std::string below = path + "." + key;
      object.set(key, convert(member.second, below, depth + 1));
      lines_[below] = line_of(member.first);
    }
    return object;
  }

  std::string_view where_;
  Lines& lines_;
  std::int64_t values_ = 0;
};

/// Hears a document and keeps nothing of it.
struct Nobody final : YAML::EventHandler {
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&,
                const std::string&,
                YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&,
                       const std::string&,
                       YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&,
                  const std::string&,
                  YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// Whether anything follows the first document. YAML::LoadAll() would not end where a text is no
/// YAML between documents (libyaml-cpp 0.7).
bool goes_on(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Nobody nobody;
  return parser.HandleNextDocument(nobody) && static_cast<bool>(parser);
}

}  // namespace

Yaml Yaml::parse(std::string_view text, std::string_view where) {
  Yaml yaml;
  yaml.where_ = where;
  try {
    const std::string owned(text);
    const YAML::Node document = YAML::Load(owned);
    if (goes_on(owned)) throw CorruptData(format("{}: expected one document, found more", where));
    yaml.value_ = Converter(where, yaml.lines_).convert(document, "$", 0);
  } catch (const YAML::Exception& error) {
    throw CorruptData(format("{}: line {}: {}", where, error.mark.line + 1, error.msg));
  }
  return yaml;
}

std::int64_t Yaml::line_of(std::string_view path) const {
  while (true) {
    const auto found = lines_.find(path);
    if (found != lines_.end()) return found->second;
    const std::size_t end = path.find_last_of(".[");
    if (end == path.npos) return 1;
    path = path.substr(0, end);
  }
}

std::string Yaml::place_of(std::string_view path) const {
  return format("{}: line {}", where_, line_of(path));
}

}  // namespace carnyx
