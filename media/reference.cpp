#include "media/reference.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <vector>

#include "media/io.hpp"

namespace vcplay::media {
namespace {

bool exists(const std::string& path) {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0;
}

/// What stands before the first colon, when it may be a scheme (RFC 3986 s3.1). One letter
/// is a Windows drive.
std::string_view scheme_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon < 2 || std::isalpha(static_cast<unsigned char>(text[0])) == 0)
    return {};
  const std::string_view scheme = text.substr(0, colon);
  const bool fits = std::all_of(scheme.begin(), scheme.end(), [](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '+' || letter == '-' ||
           letter == '.';
  });
  return fits ? scheme : std::string_view{};
}

bool is_web(std::string_view scheme) { return same_word(scheme, "http") || same_word(scheme, "https"); }

std::string in_small_letters(std::string_view scheme) {
  std::string small(scheme);
  for (char& letter : small) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return small;
}

int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  const int lower = std::tolower(static_cast<unsigned char>(letter));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The path of "file:///music/a%20b.mp3" or "file://localhost/music/…".
std::string path_of_file_url(std::string_view url) {
  std::string_view rest = url.substr(std::string_view("file:").size());
  if (rest.substr(0, 2) == "//") {
    rest.remove_prefix(2);
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view host = rest.substr(0, slash);
    if (!host.empty() && !same_word(host, "localhost"))
      throw std::runtime_error("which is a file of another computer");
    rest.remove_prefix(slash);
  }
  return percent_decoded(rest);
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

std::string beside(const std::string& playlist, const std::string& name) {
  if (!name.empty() && name.front() == '/') return name;
  const std::string path = folder_of(playlist) + name;
  // A file of that name, neither standard input nor what a server has.
  return path == "-" || is_address(path) ? "./" + path : path;
}

/// As it stands, or as it may have been meant: in another encoding, with a PC's slashes.
std::string existing_file(const std::string& name, const std::string& playlist) {
  std::string path = beside(playlist, name);
  std::string slashed = name;
  std::replace(slashed.begin(), slashed.end(), '\\', '/');
  const std::string utf8 = to_utf8(name);
  // The kernel is asked only where there is a choice: it may take its time.
  if ((slashed == name && utf8 == name) || exists(path)) return path;
  for (const std::string& guess : {utf8, slashed, to_utf8(slashed)}) {
    std::string other = beside(playlist, guess);
    if (exists(other)) return other;
  }
  return path;
}

/// RFC 3986 s3, behind the scheme: each with the sign that begins it, empty where it is not there.
struct Parts {
  std::string_view authority;
  std::string_view path;
  std::string_view query;
  std::string_view fragment;

  [[nodiscard]] std::string tail() const { return std::string(query).append(fragment); }
};

Parts parts_of(std::string_view text) {
  const auto take_back = [&](std::size_t at) {
    const std::string_view part = text.substr(std::min(at, text.size()));
    text.remove_suffix(part.size());
    return part;
  };
  Parts parts;
  parts.fragment = take_back(text.find('#'));
  parts.query = take_back(text.find('?'));
  parts.path = take_back(text.substr(0, 2) == "//" ? text.find('/', 2) : 0);
  parts.authority = text;
  return parts;
}

/// RFC 3986 s5.2.4.
std::string without_dot_segments(std::string_view path) {
  if (path.empty()) return {};
  std::vector<std::string_view> segments;
  bool ends_in_folder = false;
  while (!path.empty()) {
    path.remove_prefix(1);  // its slash
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    ends_in_folder = segment == "." || segment == "..";
    if (segment == ".." && !segments.empty()) segments.pop_back();
    if (!ends_in_folder) segments.push_back(segment);
  }
  std::string whole;
  for (const std::string_view segment : segments) whole.append("/").append(segment);
  return ends_in_folder || whole.empty() ? whole + '/' : whole;
}

std::string resolve_remote(const std::string& reference, const PlaylistPlace& place) {
  if (is_address(place.location)) {
    std::string url = resolve_url(reference, place.location);
    if (is_address(url)) return url;
  }
  throw std::runtime_error("but a playlist from a server may lead to http and https only");
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    if (!escaped) {
      plain += text[i];
      continue;
    }
    plain += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
    i += 2;
  }
  if (plain.find('\0') != std::string::npos) throw std::runtime_error("which is no file's name");
  return plain;
}

std::string location_of(const std::string& word) {
  const std::string_view scheme = scheme_of(word);
  const std::string rest = word.substr(scheme.size());
  if (!rest.starts_with("://")) return word;
  if (is_web(scheme)) return in_small_letters(scheme) + rest;
  if (!same_word(scheme, "file")) return word;
  std::string path = path_of_file_url(word);
  if (path.empty()) throw std::runtime_error("which names no file");
  return path;
}

std::string resolve_url(std::string_view reference, std::string_view base) {
  if (!scheme_of(reference).empty()) return std::string(reference);
  const Parts there = parts_of(base.substr(base.find("//")));
  const Parts here = parts_of(reference);
  std::string url(base.substr(0, base.find("//")));
  if (!here.authority.empty()) {
    return url.append(here.authority).append(without_dot_segments(here.path)).append(here.tail());
  }
  url.append(there.authority);
  if (here.path.empty()) {
    return url.append(there.path).append(here.query.empty() ? there.query : here.query).append(here.fragment);
  }
  std::string path;
  if (here.path.front() != '/') {
    path = there.path.substr(0, there.path.rfind('/') + 1);
    if (path.empty()) path = "/";
  }
  return url.append(without_dot_segments(path.append(here.path))).append(here.tail());
}

std::string resolve(const PlaylistEntry& entry, const PlaylistPlace& place) {
  const std::string& reference = entry.reference;
  if (reference.find('\0') != std::string::npos) throw std::runtime_error("which is no file's name");
  if (place.remote) return resolve_remote(reference, place);
  const std::string_view scheme = scheme_of(reference);
  if (is_web(scheme)) return in_small_letters(scheme) + reference.substr(scheme.size());
  if (same_word(scheme, "file")) return path_of_file_url(reference);
  // "01: Intro.mp3" is a file; "rtsp://host" is none.
  if (reference.substr(scheme.size(), 3) == "://" && !scheme.empty()) {
    throw std::runtime_error("but a playlist may name files, http and https only");
  }
  return existing_file(entry.is_uri ? percent_decoded(reference) : reference, place.location);
}

}  // namespace vcplay::media
