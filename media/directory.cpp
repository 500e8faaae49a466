#include "media/directory.hpp"

#include <strings.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>

#include "media/playlist.hpp"

namespace vcplay::media {
namespace {

constexpr auto kEndings = std::to_array<std::string_view>(
    {"3g2", "3gp", "aac", "ac3", "adts", "aif",  "aifc", "aiff", "alac", "amr",  "ape",  "asf", "au",
     "avi", "caf", "dff", "dsf", "dts",  "eac3", "flac", "flv",  "it",   "m2ts", "m4a",  "m4b", "m4r",
     "m4v", "mka", "mkv", "mlp", "mod",  "mov",  "mp2",  "mp3",  "mp4",  "mpc",  "mpeg", "mpg", "mpga",
     "mts", "oga", "ogg", "ogv", "opus", "ra",   "rf64", "rm",   "s3m",  "snd",  "spx",  "tak", "thd",
     "ts",  "tta", "voc", "w64", "wav",  "wave", "weba", "webm", "wma",  "wmv",  "wv",   "xm"});

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

/// Takes the number at the front of `text`, without leading zeros.
std::string_view take_digits(std::string_view& text) {
  while (text.size() > 1 && text[0] == '0' && is_digit(text[1])) text.remove_prefix(1);
  std::size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  const std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  return digits;
}

int compare(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (is_digit(a[0]) && is_digit(b[0])) {
      const std::string_view number_a = take_digits(a);
      const std::string_view number_b = take_digits(b);
      if (number_a.size() != number_b.size()) return number_a.size() < number_b.size() ? -1 : 1;
      if (const int order = number_a.compare(number_b); order != 0) return order;
    } else {
      if (const int order = ::strncasecmp(a.data(), b.data(), 1); order != 0) return order;
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return (a.empty() ? 0 : 1) - (b.empty() ? 0 : 1);
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  const int order = compare(a, b);
  return order != 0 ? order < 0 : a < b;
}

bool has_media_ending(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view ending = name.substr(dot + 1);
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view known) { return same_word(known, ending); });
}

std::vector<std::string> list_directory(const std::string& path, std::size_t most) {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  std::error_code failure;
  for (fs::directory_iterator at(path, failure), end; !failure && at != end; at.increment(failure)) {
    std::string name = at->path().filename().string();
    if (name.empty() || name.front() == '.') continue;
    std::error_code unknown;
    const fs::file_type type = at->status(unknown).type();
    // A link that leads nowhere is somebody's mistake, which is told when its turn comes. A named pipe would
    // hold the folder up until somebody writes it, and nobody can play a socket.
    const bool is_file = type == fs::file_type::regular || type == fs::file_type::not_found;
    if (type == fs::file_type::directory || (is_file && has_media_ending(name)))
      names.push_back(std::move(name));
    if (names.size() > most) throw std::runtime_error("holds more than " + std::to_string(most) + " names");
  }
  if (failure) throw std::runtime_error("cannot be read: " + failure.message());
  std::sort(names.begin(), names.end(), natural_less);
  const std::string folder = path.back() == '/' ? path : path + '/';
  for (std::string& name : names) name.insert(0, folder);
  return names;
}

std::vector<std::string> names_in(const std::string& path, std::size_t most) {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  std::error_code failure;
  for (fs::directory_iterator at(path, failure), end; !failure && at != end && names.size() < most;
       at.increment(failure)) {
    names.push_back(at->path().filename().string());
  }
  return names;
}

}  // namespace vcplay::media
