// Reads JSON token by token, so that what is not wanted is never built.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/json.hpp"

namespace vcplay::json {
namespace {

/// What is kept of a list or an object.
struct View {
  enum class Kind : std::uint8_t { everything, fields, plain_values, nothing };
  Kind kind = Kind::nothing;
  std::span<const Field> fields = {};
};

View view_of(const Field& field) {
  switch (field.behind) {
    case Behind::value:
      return {};
    case Behind::values:
      return {View::Kind::plain_values};
    case Behind::objects:
      return {View::Kind::fields, field.inside};
  }
  return {};
}

/// Hears the tokens of one text (nlohmann's interface of that name). False ends the reading.
class Reader {
 public:
  Reader(Limits limits, View root, const Wanted& wanted) : limits_(limits), root_(root), wanted_(wanted) {}

  [[nodiscard]] nlohmann::json take() { return std::move(whole_); }

  bool null() { return value(nullptr); }
  bool boolean(bool truth) { return value(truth); }
  bool number_integer(std::int64_t number) { return value(number); }
  bool number_unsigned(std::uint64_t number) { return value(number); }
  bool number_float(double number, const std::string& /*text*/) { return value(number); }
  bool string(std::string& text) { return value(std::move(text)); }
  bool binary(nlohmann::json::binary_t& /*bytes*/) { return false; }  // not in JSON
  bool start_object(std::size_t /*size*/) { return open(nlohmann::json::object()); }
  bool end_object() { return close(); }
  bool start_array(std::size_t /*size*/) { return open(nlohmann::json::array()); }
  bool end_array() { return close(); }
  bool key(std::string& name);
  static bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) { return false; }

 private:
  /// A list or an object that has begun.
  struct Open {
    nlohmann::json value;
    View view;                     // what of it is kept
    std::string_view name;         // of the list; empty for the whole text and in lists of lists
    std::size_t kept_before;       // values before it
    std::string key = {};          // of the member that comes next
    const Field* field = nullptr;  // the same, where it is named
  };

  template <typename T>
  bool value(T&& plain);
  bool open(nlohmann::json container);
  bool close();
  [[nodiscard]] bool takes_values() const;
  [[nodiscard]] std::optional<View> view_of_next(bool is_list) const;
  void put(nlohmann::json value);

  const Limits limits_;
  const View root_;
  const Wanted& wanted_;
  nlohmann::json whole_;
  std::vector<Open> open_;
  int passed_over_ = 0;  // lists and objects that have begun inside one that is not kept
  std::size_t kept_ = 0;
};

bool Reader::key(std::string& name) {
  if (passed_over_ > 0) return true;
  Open& object = open_.back();
  object.field = nullptr;
  for (const Field& field : object.view.fields) {
    if (field.name == name) object.field = &field;
  }
  if (object.field != nullptr || object.view.kind == View::Kind::everything) object.key = std::move(name);
  return true;
}

/// A plain value is kept here.
bool Reader::takes_values() const {
  if (open_.empty()) return true;
  const Open& here = open_.back();
  if (here.view.kind == View::Kind::everything) return true;
  return here.value.is_array() ? here.view.kind == View::Kind::plain_values : here.field != nullptr;
}

/// What is kept of a list or an object that begins here; nothing: not even that it was there.
std::optional<View> Reader::view_of_next(bool is_list) const {
  if (open_.empty()) return root_;
  const Open& here = open_.back();
  if (here.view.kind == View::Kind::everything) return here.view;
  if (here.value.is_array()) {
    return here.view.kind == View::Kind::fields ? std::optional(here.view) : std::nullopt;
  }
  if (here.field == nullptr) return std::nullopt;
  const View next = view_of(*here.field);
  return next.kind == View::Kind::plain_values && !is_list ? View{} : next;
}

template <typename T>
bool Reader::value(T&& plain) {
  if (passed_over_ > 0 || !takes_values()) return true;
  if (++kept_ > limits_.values) return false;
  put(std::forward<T>(plain));
  return true;
}

bool Reader::open(nlohmann::json container) {
  if (static_cast<int>(open_.size()) + passed_over_ >= kMaxDepth) return false;
  const std::optional<View> view = passed_over_ > 0 ? std::nullopt : view_of_next(container.is_array());
  if (!view) {
    ++passed_over_;
    return true;
  }
  const std::size_t before = kept_;
  if (++kept_ > limits_.values) return false;
  const bool is_member = !open_.empty() && open_.back().field != nullptr;
  open_.push_back({std::move(container), *view, is_member ? open_.back().field->name : "", before});
  return true;
}

bool Reader::close() {
  if (passed_over_ > 0) {
    --passed_over_;
    return true;
  }
  Open done = std::move(open_.back());
  open_.pop_back();
  const bool is_element = !open_.empty() && open_.back().value.is_array();
  if (is_element && wanted_ && !wanted_(open_.back().name, done.value)) {
    kept_ = done.kept_before;
    return true;
  }
  put(std::move(done.value));
  return true;
}

void Reader::put(nlohmann::json value) {
  if (open_.empty()) {
    whole_ = std::move(value);
  } else if (open_.back().value.is_array()) {
    open_.back().value.push_back(std::move(value));
  } else {
    open_.back().value[open_.back().key] = std::move(value);
  }
}

/// The last byte of a text whose quotation mark stands at `at`, or of `text`.
std::size_t end_of_text(std::string_view text, std::size_t at) {
  while (++at < text.size() && text[at] != '"') {
    if (text[at] == '\\') ++at;
  }
  return std::min(at, text.size() - 1);
}

/// Nlohmann's reader keeps all that it has read since a text or a number began until the next one does, and
/// what a text says besides: of a message of nothing but brackets all of it, and of one long text three times
/// as much. True when that is more than any honest text needs.
bool has_long_stretch(std::string_view text) {
  constexpr std::size_t kLongestStretch = 128 * 1024;
  std::size_t begin = 0;
  bool in_number = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char here = text[at];
    const bool is_number = (here >= '0' && here <= '9') || here == '-';
    if (here == '"' || (is_number && !in_number)) begin = at;
    in_number = is_number;
    if (here == '"') at = end_of_text(text, at);
    if (at - begin > kLongestStretch) return true;
  }
  return false;
}

nlohmann::json read(std::string_view text, Limits limits, View root, const Wanted& wanted) {
  Reader reader(limits, root, wanted);
  const bool fits = text.size() <= limits.bytes;
  text.remove_suffix(text.size() - (text.find_last_not_of(" \t\r\n") + 1));
  if (!fits || has_long_stretch(text) || !nlohmann::json::sax_parse(text, &reader)) {
    return nlohmann::json(nlohmann::json::value_t::discarded);
  }
  return reader.take();
}

}  // namespace

nlohmann::json parse(std::string_view text, Limits limits) {
  return read(text, limits, {View::Kind::everything}, {});
}

nlohmann::json parse(std::string_view text, Limits limits, std::span<const Field> fields,
                     const Wanted& wanted) {
  return read(text, limits, {View::Kind::fields, fields}, wanted);
}

}  // namespace vcplay::json
