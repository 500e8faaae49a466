#include "rehearsal/fault_script.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/snowflake.hpp"
#include "base/spelling.hpp"
#include "base/text.hpp"
#include "base/time_text.hpp"

namespace vcplay::rehearsal {
namespace {

using enum FaultKind;

using Words = std::vector<std::string_view>;

constexpr Duration kLatest = std::chrono::hours(24);
constexpr std::size_t kMostFaults = 1000;
constexpr std::size_t kMostBytes = 64 << 10;
constexpr std::size_t kShownColumns = 40;  // of what was typed
// Discord, "Channel Object": the bitrates that a guild can have.
constexpr std::uint64_t kLeastBits = 8'000;
constexpr std::uint64_t kMostBits = 384'000;
constexpr std::uint64_t kMostMessages = 10'000;  // of one flood
constexpr std::uint64_t kLeastBytes = 1'000;     // of one message
constexpr std::uint64_t kMostBytesOfOne = 16'000'000;

std::string shown(std::string_view text) { return fmt::format("'{}'", display_safe(text, kShownColumns)); }

[[noreturn]] void refuse(const std::string& sentence) { throw Error(Cause::usage, sentence); }

Words words_of(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\v\f";
  Words words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    if (text.empty()) return words;
    const std::size_t end = std::min(text.find_first_of(kBlanks), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

/// The fault at the beginning of `said` that has most words; nothing when its words are none.
const FaultForm* find_form(const Words& said) {
  const FaultForm* longest = nullptr;
  for (const FaultForm& form : fault_forms()) {
    const Words words = words_of(form.words);
    const bool fits = words.size() <= said.size() && std::equal(words.begin(), words.end(), said.begin());
    if (fits && (longest == nullptr || form.words.size() > longest->words.size())) longest = &form;
  }
  return longest;
}

/// What can come behind the first `depth` words of `said`, each once.
Words words_behind(const Words& said, std::size_t depth) {
  Words next;
  for (const FaultForm& form : fault_forms()) {
    const Words words = words_of(form.words);
    const bool fits = words.size() > depth &&
                      std::equal(said.begin(), said.begin() + static_cast<long>(depth), words.begin());
    if (fits && std::find(next.begin(), next.end(), words[depth]) == next.end()) next.push_back(words[depth]);
  }
  return next;
}

/// Where the words stop being a fault's, and which would do there.
[[noreturn]] void refuse_words(const Words& said) {
  std::size_t depth = 0;
  while (depth < said.size()) {
    const Words known = words_behind(said, depth);
    if (std::find(known.begin(), known.end(), said[depth]) == known.end()) break;
    ++depth;
  }
  const Words known = words_behind(said, depth);
  const std::string choice = fmt::format("{}", fmt::join(known, depth == 0 ? ", " : " or "));
  if (depth == said.size()) refuse(fmt::format("'{}' wants {} behind it.", fmt::join(said, " "), choice));
  const auto nearest = nearest_spelling(said[depth], known);
  if (depth == 0) {
    refuse(nearest ? fmt::format("there is no fault {}; did you mean '{}'?", shown(said[0]), *nearest)
                   : fmt::format("there is no fault {}; a fault begins with {}.", shown(said[0]), choice));
  }
  const auto begin = Words(said.begin(), said.begin() + static_cast<long>(depth));
  refuse(nearest && known.size() > 1
             ? fmt::format("'{}' wants {} behind it, not {}; did you mean '{}'?", fmt::join(begin, " "),
                           choice, shown(said[depth]), *nearest)
             : fmt::format("'{}' wants {} behind it, not {}.", fmt::join(begin, " "), choice,
                           shown(said[depth])));
}

std::optional<std::uint64_t> read_whole(std::string_view digits) {
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

/// RFC 6455 s7.4: what may stand in a close frame.
bool is_close_code(std::uint64_t code) {
  const bool stands_for_none = code == 1004 || code == 1005 || code == 1006;
  return (code >= 1000 && code <= 1014 && !stands_for_none) || (code >= 3000 && code <= 4999);
}

/// "64k" and 64000 alike.
std::optional<std::uint64_t> read_thousands(std::string_view text, std::uint64_t least, std::uint64_t most) {
  const bool thousands = !text.empty() && (text.back() == 'k' || text.back() == 'K');
  if (thousands) text.remove_suffix(1);
  const auto number = read_whole(text);
  if (!number || *number > most) return std::nullopt;
  const std::uint64_t value = *number * (thousands ? 1000 : 1);
  return value >= least && value <= most ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> read_percent(std::string_view text) {
  if (!text.empty() && text.back() == '%') text.remove_suffix(1);
  const auto percent = read_whole(text);
  return percent && *percent <= 99 ? percent : std::nullopt;
}

/// How a number is called and bounded in the sentences about it.
std::string_view wanted_number(FaultNumber number) {
  switch (number) {
    case FaultNumber::code:
      return "a close code such as 4015";
    case FaultNumber::channel:
      return "no more than a channel's id";
    case FaultNumber::bits:
      return "8k to 384k (bits per second)";
    case FaultNumber::percent:
      return "0% to 99%";
    case FaultNumber::count:
      return "1 to 10000 (messages)";
    case FaultNumber::bytes:
      return "1k to 16000k (bytes)";
    case FaultNumber::none:
      break;
  }
  return "nothing";
}

std::optional<std::uint64_t> read_number(FaultNumber number, std::string_view text) {
  switch (number) {
    case FaultNumber::code: {
      const auto code = read_whole(text);
      return code && is_close_code(*code) ? code : std::nullopt;
    }
    case FaultNumber::channel: {
      const auto channel = Snowflake::parse(text);
      return channel ? std::optional(channel->value) : std::nullopt;
    }
    case FaultNumber::bits:
      return read_thousands(text, kLeastBits, kMostBits);
    case FaultNumber::bytes:
      return read_thousands(text, kLeastBytes, kMostBytesOfOne);
    case FaultNumber::percent:
      return read_percent(text);
    case FaultNumber::count: {
      const auto count = read_whole(text);
      return count && *count > 0 && *count <= kMostMessages ? count : std::nullopt;
    }
    case FaultNumber::none:
      break;
  }
  return std::nullopt;
}

/// "10 s", "10 min" or "1 h".
std::string bound_text(Duration bound) {
  if (bound % 1h == Duration::zero()) return fmt::format("{} h", bound / 1h);
  if (bound % 1min == Duration::zero()) return fmt::format("{} min", bound / 1min);
  return fmt::format("{} s", bound / 1s);
}

/// A statement that is read from left to right.
class Reader {
 public:
  explicit Reader(Words words) : words_(std::move(words)) {}

  ScriptedFault statement() {
    ScriptedFault scripted;
    place(scripted);
    if (words_.front() == "at") scripted.at = start();
    const FaultForm* const form = words_.empty() ? nullptr : find_form(words_);
    if (form == nullptr) refuse_words(words_);
    skip(words_of(form->words).size());
    scripted.fault = {form->kind, 0, form->usual_time, form->flag};
    if (form->number != FaultNumber::none) scripted.fault.number = number(*form);
    if (form->time != FaultTime::none) scripted.fault.span = span(*form);
    check_reach(scripted, *form);
    if (words_.empty()) return scripted;
    refuse(fmt::format("{} is too much; a statement is '{}'.", shown(words_.front()), form->pattern()));
  }

 private:
  /// What stands at the end of any statement: `in` and where.
  void place(ScriptedFault& scripted) {
    const auto in = std::find(words_.begin(), words_.end(), "in");
    if (in == words_.end()) return;
    const std::string_view where = words_.end() - in == 2 ? words_.back() : "";
    const std::optional<Snowflake> id = Snowflake::parse(where);
    scripted.everywhere = where == "all";
    if (!id && !scripted.everywhere) {
      const Words behind(in + 1, words_.end());
      refuse(fmt::format(
          "'in' wants the id of a channel or a guild behind it, or 'all', and nothing more, not {}.",
          shown(fmt::format("{}", fmt::join(behind, " ")))));
    }
    if (id) scripted.in = *id;
    words_.erase(in, words_.end());
    if (words_.empty()) refuse("'in' stands behind a fault.");
  }

  static void check_reach(const ScriptedFault& scripted, const FaultForm& form) {
    const bool names_one = scripted.in != Snowflake{};
    const FaultReach reach = reach_of(form.kind);
    if (reach == FaultReach::call || (reach == FaultReach::shard && !scripted.everywhere)) return;
    if (!names_one && !scripted.everywhere) return;
    refuse(fmt::format("'{}' happens to more than one channel anyway; leave 'in {}' away.", form.words,
                       names_one ? scripted.in.str() : "all"));
  }

  void skip(std::size_t words) { words_.erase(words_.begin(), words_.begin() + static_cast<long>(words)); }

  Duration start() {
    const std::string_view text = words_.size() > 1 ? words_[1] : "";
    const auto at = read_time(text);
    if (!at || *at < Duration::zero() || *at > kLatest) {
      refuse(fmt::format("'at' wants a time such as 3, 500ms or 1:30, not {}.", shown(text)));
    }
    skip(2);
    if (words_.empty()) refuse(fmt::format("'at {}' wants a fault behind it.", time_text(*at)));
    return *at;
  }

  std::uint64_t number(const FaultForm& form) {
    const bool may_lack = form.number == FaultNumber::channel;
    if (may_lack && words_.empty()) return 0;
    const std::string_view text = words_.empty() ? "" : words_.front();
    const auto value = read_number(form.number, text);
    if (!value)
      refuse(fmt::format("'{}' wants {}, not {}.", form.words, wanted_number(form.number), shown(text)));
    skip(1);
    return *value;
  }

  Duration span(const FaultForm& form) {
    if (form.time == FaultTime::optional && words_.empty()) return form.usual_time;
    const bool has_word = !form.before_time.empty();
    const std::size_t length = has_word ? 2 : 1;
    const bool is_there = words_.size() >= length && (!has_word || words_.front() == form.before_time);
    const auto time = is_there ? read_time(words_[length - 1]) : std::nullopt;
    const bool may_be_zero = form.kind == delay_acks || form.kind == migrate;
    const Duration least = may_be_zero ? Duration::zero() : Duration(1ms);
    if (!time || *time < least || *time > form.longest_time) {
      refuse(fmt::format("'{}' wants {}a time up to {}, not {}.", form.words,
                         has_word ? fmt::format("'{}' and ", form.before_time) : "",
                         bound_text(form.longest_time), shown(fmt::format("{}", fmt::join(words_, " ")))));
    }
    skip(length);
    return *time;
  }

  Words words_;
};

void parse_line(std::string_view line, FaultScript& script) {
  line = line.substr(0, line.find('#'));
  while (true) {
    const std::size_t end = std::min(line.find(';'), line.size());
    Words words = words_of(line.substr(0, end));
    if (!words.empty()) script.push_back(Reader(std::move(words)).statement());
    if (script.size() > kMostFaults) refuse(fmt::format("a script has {} faults at most.", kMostFaults));
    if (end == line.size()) return;
    line.remove_prefix(end + 1);
  }
}

std::string number_text(FaultNumber number, std::uint64_t value) {
  if (number == FaultNumber::percent) return fmt::format(" {}%", value);
  const bool takes_k = number == FaultNumber::bits || number == FaultNumber::bytes;
  if (takes_k && value % 1000 == 0) return fmt::format(" {}k", value / 1000);
  const bool is_left_out = number == FaultNumber::none || (number == FaultNumber::channel && value == 0);
  return is_left_out ? "" : fmt::format(" {}", value);
}

}  // namespace

FaultScript parse_script(std::string_view text, std::string_view name) {
  FaultScript script;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    try {
      parse_line(text.substr(0, end), script);
    } catch (const Error& error) {
      throw Error(Cause::usage, fmt::format("{}:{}: {}", display_safe(name), line, error.what()));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return script;
}

FaultScript read_script(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  // A file that is shorter than asked for has failed only to be longer.
  if (!file.eof() && file.fail()) {
    refuse(fmt::format("The script {} cannot be read: {}.", shown(path),
                       std::generic_category().message(errno == 0 ? EIO : errno)));
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMostBytes) refuse(fmt::format("The script {} has more than 64 KiB.", shown(path)));
  return parse_script(text, path);
}

std::string to_text(const Fault& fault) {
  const std::span<const FaultForm> forms = fault_forms();
  const auto form = std::find_if(forms.begin(), forms.end(), [&](const FaultForm& one) {
    return one.kind == fault.kind && (one.flag == fault.flag || one.kind != invalidate_gateway);
  });
  if (form == forms.end()) return "nothing that has a name";
  std::string text = fmt::format("{}{}", form->words, number_text(form->number, fault.number));
  const bool has_time = form->time == FaultTime::wanted ||
                        (form->time == FaultTime::optional && fault.span != form->usual_time);
  if (!has_time) return text;
  if (!form->before_time.empty()) text += fmt::format(" {}", form->before_time);
  return text + " " + time_text(fault.span);
}

std::string to_text(const ScriptedFault& when) {
  const std::string where = when.everywhere          ? " in all"
                            : when.in == Snowflake{} ? ""
                                                     : " in " + when.in.str();
  return fmt::format("at {} {}{}", time_text(when.at), to_text(when.fault), where);
}

}  // namespace vcplay::rehearsal
