// JSON of any kind: what is kept of it is what a full reading has, less what nobody asked
// for, and within limits.
#include "base/json.hpp"

#include <nlohmann/json.hpp>

#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using Value = nlohmann::json;

constexpr json::Field kInner[] = {{"id"}, json::plain_list("roles")};
constexpr json::Field kFields[] = {{"a"}, json::plain_list("b"), json::objects("c", kInner)};
constexpr json::Limits kFew{.bytes = 4096, .values = 20};

std::size_t count(const Value& value) {
  std::size_t sum = 1;
  if (value.is_structured()) {
    for (const Value& inner : value) sum += count(inner);
  }
  return sum;
}

int depth(const Value& value) {
  int deepest = 0;
  if (!value.is_structured()) return 0;
  for (const Value& inner : value) deepest = std::max(deepest, depth(inner));
  return deepest + 1;
}

/// An empty one of the same kind.
Value hollow(const Value& value) { return value.is_array() ? Value::array() : Value::object(); }

Value pruned(const Value& value, std::span<const json::Field> fields);

/// What is kept behind a field's name.
Value behind(const Value& value, const json::Field& field) {
  if (!value.is_structured()) return value;
  if (field.behind == json::Behind::objects) return pruned(value, field.inside);
  Value kept = hollow(value);
  if (field.behind != json::Behind::values || !value.is_array()) return kept;
  for (const Value& element : value) {
    if (!element.is_structured()) kept.push_back(element);
  }
  return kept;
}

Value pruned(const Value& value, std::span<const json::Field> fields) {
  if (!value.is_structured()) return value;
  Value kept = hollow(value);
  if (value.is_array()) {
    for (const Value& element : value) {
      if (element.is_structured()) kept.push_back(pruned(element, fields));
    }
    return kept;
  }
  for (const json::Field& field : fields) {
    const auto member = value.find(std::string(field.name));
    if (member != value.end()) kept[std::string(field.name)] = behind(*member, field);
  }
  return kept;
}

void look_at(const std::string& text) {
  const Value whole = Value::parse(text, nullptr, false);
  const Value all = json::parse(text, {.bytes = text.size(), .values = text.size() + 1});
  const bool is_sane = !whole.is_discarded() && depth(whole) <= json::kMaxDepth;
  must_hold(all.is_discarded() || all == whole, "what is read is what is there");
  must_hold(!is_sane || !all.is_discarded(), "what is JSON and not absurd is read");

  const Value few = json::parse(text, kFew);
  must_hold(few.is_discarded() || (count(few) <= kFew.values && text.size() <= kFew.bytes), "limits hold");

  const Value some = json::parse(text, {.bytes = text.size(), .values = text.size() + 1}, kFields);
  must_hold(some.is_discarded() || some == pruned(whole, kFields), "what is kept is what was asked for");
  must_hold(!is_sane || !some.is_discarded(), "what is passed over may be anything");

  const auto nobody = [](std::string_view, const Value&) { return false; };
  const Value none = json::parse(text, kFew, kFields, nobody);
  must_hold(none.is_discarded() || count(none) <= kFew.values, "limits hold for what stays");
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&](const char* name, std::string_view text) {
    all.push_back({name, Bytes(text.begin(), text.end())});
  };
  add("fields", R"({"a":1,"b":["x",2,null,{}],"c":[{"id":"7","roles":["1"],"x":[[]]},3],"x":{"a":[{}]}})");
  add("other_kinds", R"({"a":{"a":1},"b":{"b":2},"c":"c"})");
  add("twice", R"({"a":1,"a":{},"c":{"id":1},"c":[{"id":2}]})");
  add("list", R"([{"a":1},{"b":[1,2]},[{"a":3}],4])");
  add("numbers", R"([0,-1,18446744073709551615,-9223372036854775808,1e300,0.5,1e400])");
  add("texts", "[\"\\u0000\\ud83d\\ude00\",\"\xc3\xa4\",\"\\ud800\"]");
  add("deep", std::string(64, '[') + std::string(64, ']'));
  add("many", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]");
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  fuzz::look_at(std::string(as_text({data, size})));
  return 0;
}
