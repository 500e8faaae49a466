#include "base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/unicode.hpp"

namespace vcplay {
namespace {

constexpr std::string_view kEllipsis = "…";

/// Signs of ours that can be said in ASCII.
struct Spelled {
  std::string_view sign;
  std::string_view ascii;
};
constexpr Spelled kSpelled[] = {{kEllipsis, "..."}, {"\u00b5", "u"}, {"\u00d7", "x"}};
constexpr std::string_view kMark = "://";  // of a URL
// Real scripts stack a few marks on a letter; a longer pile is there to smear over the lines around it.
constexpr int kMaxCombiningMarks = 4;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_scheme_char(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

/// Where the scheme that ends at `colon` starts, or `colon` when there is none. Not before `from`.
std::size_t scheme_start(std::string_view text, std::size_t from, std::size_t colon) {
  std::size_t start = colon;
  while (start > from && is_scheme_char(text[start - 1])) --start;
  while (start < colon && !is_letter(text[start])) ++start;  // RFC 3986 s3.1: a scheme starts with a letter
  return start;
}

/// Where the URL ends whose authority starts at `from`: at a space, a control or a delimiter that RFC
/// 3986 keeps out of URLs, or at another URL glued to its path; without the punctuation of the sentence
/// that it stands in.
std::size_t url_end(std::string_view text, std::size_t from) {
  std::size_t end = from;
  bool in_parameters = false;
  for (; end < text.size(); ++end) {
    const auto c = static_cast<unsigned char>(text[end]);
    if (c <= ' ' || c == 0x7f || c == '"' || c == '<' || c == '>' || c == '`') break;
    in_parameters = in_parameters || c == '?' || c == '#';
    if (in_parameters || text.substr(end, kMark.size()) != kMark) continue;
    const std::size_t next = scheme_start(text, from, end);
    if (next < end) return next;
  }
  while (end > from && std::string_view("'),.;:!]}").find(text[end - 1]) != std::string_view::npos) --end;
  return end;
}

/// `rest` is a URL without its "scheme://": hides who logs in there, and with which parameters.
void append_masked(std::string& out, std::string_view rest) {
  const std::size_t authority_end = std::min(rest.find_first_of("/?#\\"), rest.size());
  const std::size_t at = rest.substr(0, authority_end).rfind('@');
  if (at != std::string_view::npos) {
    out += "***";
    rest.remove_prefix(at);
  }
  const std::size_t parameters = rest.find_first_of("?#");  // a fragment may carry a token, too
  if (parameters == std::string_view::npos) {
    out += rest;
    return;
  }
  out += rest.substr(0, parameters + 1);
  if (parameters + 1 < rest.size()) out += "***";
}

std::string mask_urls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t done = 0;
  for (std::size_t mark = text.find(kMark); mark != std::string_view::npos; mark = text.find(kMark, mark)) {
    const bool has_scheme = scheme_start(text, done, mark) < mark;
    mark += kMark.size();
    if (!has_scheme) continue;
    out += text.substr(done, mark - done);
    done = url_end(text, mark);
    append_masked(out, text.substr(mark, done - mark));
    mark = done;
  }
  out += text.substr(done);
  return out;
}

/// What stands on the terminal for one character of the text.
std::string visible(char32_t code, std::string_view original) {
  if (!is_invisible(code)) return std::string(original);
  if (code == U'\n') return "\\n";
  if (code == U'\r') return "\\r";
  if (code == U'\t') return "\\t";
  const auto value = static_cast<unsigned>(code);
  return value < 0x80 ? fmt::format("\\x{:02x}", value) : fmt::format("\\u{{{:x}}}", value);
}

/// Collects pieces until a line is full, and remembers where an ellipsis would still fit.
class Line {
 public:
  explicit Line(std::size_t max_columns) : max_columns_(max_columns) {}

  /// False when the line is full.
  bool add(std::string_view piece, std::size_t width) {
    if (width > max_columns_ - columns_) return false;
    text_ += piece;
    columns_ += width;
    if (columns_ < max_columns_) cut_ = text_.size();
    return true;
  }
  std::string whole() && { return std::move(text_); }
  std::string shortened() && {
    text_.resize(cut_);
    if (max_columns_ > 0) text_ += kEllipsis;
    return std::move(text_);
  }

 private:
  const std::size_t max_columns_;
  std::size_t columns_ = 0;
  std::size_t cut_ = 0;
  std::string text_;
};

}  // namespace

std::string display_safe(std::string_view text, std::size_t max_columns) {
  const std::string masked = mask_urls(text);
  std::string_view rest = masked;
  Line line(max_columns);
  int marks = 0;
  while (!rest.empty()) {
    const DecodedChar c = decode_utf8(rest);
    const bool mark = c.valid && char_width(c.code) == 0;
    marks = mark ? marks + 1 : 0;
    std::string piece = c.valid ? visible(c.code, rest.substr(0, c.bytes)) : "\uFFFD";
    rest.remove_prefix(c.bytes);
    if (marks > kMaxCombiningMarks) continue;
    if (!line.add(piece, display_width(piece))) return std::move(line).shortened();
  }
  return std::move(line).whole();
}

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const DecodedChar c = decode_utf8(text);
    columns += char_width(c.code);
    text.remove_prefix(c.bytes);
  }
  return columns;
}

std::string ascii_only(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const DecodedChar c = decode_utf8(text);
    const bool printable = c.valid && c.code >= 0x20 && c.code < 0x7f;
    if (printable) {
      out += static_cast<char>(c.code);
    } else if (const auto* const spelled =
                   std::find_if(std::begin(kSpelled), std::end(kSpelled),
                                [&](const auto& one) { return one.sign == text.substr(0, c.bytes); });
               spelled != std::end(kSpelled)) {
      out += spelled->ascii;
    } else if (!c.valid || char_width(c.code) > 0) {
      out += '?';
    }
    text.remove_prefix(c.bytes);
  }
  return out;
}

std::string wrapped(std::string_view line, std::size_t columns, std::size_t indent) {
  std::string text;
  std::size_t width = 0;  // of the present line
  bool has_word = false;  // and whether it has any
  while (!line.empty()) {
    const std::size_t blanks = std::min(line.find_first_not_of(' '), line.size());
    const std::size_t end = std::min(line.find(' ', blanks), line.size());
    const std::string_view word = line.substr(blanks, end - blanks);
    const std::size_t more = display_width(word);
    if (has_word && width + blanks + more > columns) {
      text += '\n' + std::string(indent, ' ');
      width = indent;
    } else {
      text.append(blanks, ' ');
      width += blanks;
    }
    text += word;
    width += more;
    has_word = true;
    line.remove_prefix(end);
  }
  return text;
}

}  // namespace vcplay
