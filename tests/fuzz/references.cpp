// Relative references in a list from a server, against the algorithm of RFC 3986 s5.2 as it is written there.
#include <algorithm>
#include <optional>
#include <string>

#include "media/io.hpp"
#include "media/reference.hpp"
#include "target.hpp"

namespace vcplay::fuzz {
namespace {

/// RFC 3986 s3: what there is of it, and whether it is there at all.
struct Parts {
  std::optional<std::string> scheme;
  std::optional<std::string> authority;
  std::string path;
  std::optional<std::string> query;
  std::optional<std::string> fragment;
};

bool is_scheme(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !text.empty() && is_letter(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
}

/// Appendix B, from its end to its beginning.
Parts parts_of(std::string_view text) {
  Parts parts;
  if (const std::size_t at = text.find('#'); at != std::string_view::npos) {
    parts.fragment = text.substr(at + 1);
    text = text.substr(0, at);
  }
  if (const std::size_t at = text.find('?'); at != std::string_view::npos) {
    parts.query = text.substr(at + 1);
    text = text.substr(0, at);
  }
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && is_scheme(text.substr(0, colon))) {
    parts.scheme = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  if (text.starts_with("//")) {
    const std::size_t end = std::min(text.find('/', 2), text.size());
    parts.authority = text.substr(2, end - 2);
    text.remove_prefix(end);
  }
  parts.path = text;
  return parts;
}

/// s5.2.4, step by step.
std::string without_dots(std::string in) {
  std::string out;
  const auto drop_last = [&] { out.resize(std::min(out.rfind('/'), out.size())); };
  while (!in.empty()) {
    if (in.starts_with("../")) {
      in.erase(0, 3);
    } else if (in.starts_with("./")) {
      in.erase(0, 2);
    } else if (in.starts_with("/./")) {
      in.erase(0, 2);
    } else if (in == "/.") {
      in = "/";
    } else if (in.starts_with("/../")) {
      in.erase(0, 3);
      if (!out.empty()) drop_last();
    } else if (in == "/..") {
      in = "/";
      if (!out.empty()) drop_last();
    } else if (in == "." || in == "..") {
      in.clear();
    } else {
      const std::size_t end = std::min(in.find('/', 1), in.size());
      out += in.substr(0, end);
      in.erase(0, end);
    }
  }
  return out;
}

/// s5.2.2 for a reference without a scheme, and s5.3. The base has an authority.
std::string resolved(const Parts& reference, const Parts& base) {
  Parts target = reference;
  target.scheme = base.scheme;
  if (!reference.authority) {
    target.authority = base.authority;
    if (reference.path.empty()) {
      target.path = base.path;
      if (!reference.query) target.query = base.query;
    } else if (reference.path.front() == '/') {
      target.path = without_dots(reference.path);
    } else if (base.path.empty()) {
      target.path = without_dots("/" + reference.path);
    } else {
      target.path = without_dots(base.path.substr(0, base.path.rfind('/') + 1) + reference.path);
    }
  } else {
    target.path = without_dots(reference.path);
  }
  std::string text = *target.scheme + "://" + *target.authority + target.path;
  if (target.query) text += "?" + *target.query;
  if (target.fragment) text += "#" + *target.fragment;
  return text;
}

void resolve_both(const std::string& base, const std::string& reference) {
  const std::string ours = media::resolve_url(reference, base);
  const Parts parts = parts_of(reference);
  if (parts.scheme) {
    // A letter and a colon are a drive of Windows to us.
    if (parts.scheme->size() > 1) must_hold(ours == reference, "what is absolute stays as it is");
    return;
  }
  must_hold(ours == resolved(parts, parts_of(base)), "a reference means what RFC 3986 says");
  must_hold(media::resolve_url(ours, base) == ours, "what was resolved is absolute");
}

void add(std::vector<Seed>& all, std::string_view base, std::string_view reference) {
  const std::string text = std::string(base) + "\n" + std::string(reference);
  all.push_back({"reference_" + std::to_string(all.size()), Bytes(text.begin(), text.end())});
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  // RFC 3986 s5.4.1 and s5.4.2.
  for (const char* const reference : {"g:h",      "g",         "./g",
                                      "g/",       "/g",        "//g",
                                      "?y",       "g?y",       "#s",
                                      "g#s",      "g?y#s",     ";x",
                                      "g;x",      "g;x?y#s",   "",
                                      ".",        "./",        "..",
                                      "../",      "../g",      "../..",
                                      "../../",   "../../g",   "../../../g",
                                      "/./g",     "/../g",     "g.",
                                      ".g",       "g..",       "..g",
                                      "./../g",   "./g/.",     "g/./h",
                                      "g/../h",   "g;x=1/./y", "g?y/./x",
                                      "g#s/../x", "http:g",    "http://x/../y",
                                      "//g/../h"}) {
    add(all, "http://a/b/c/d;p?q", reference);
  }
  add(all, "https://example.org", "a.mp3");
  add(all, "https://example.org?x", "?y");
  add(all, "https://example.org/a/../b//c", "../d//../e");
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  const std::string_view text = as_text({data, size});
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string base(text.substr(0, end));
  const std::string reference(text.substr(std::min(end + 1, text.size())));
  if (!media::is_address(base)) base.insert(0, "http://");
  fuzz::resolve_both(base, reference);
  return 0;
}
