#include "media/nearby.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "media/directory.hpp"
#include "media/playlist.hpp"
#include "media/reference.hpp"

namespace vcplay::media {
namespace {

std::string_view without_ending(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? name : name.substr(0, dot);
}

/// "music/" of "music/a.mp3", and nothing of "a.mp3".
std::string_view folder_part(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash + 1);
}

/// The letter of a drive, a colon and a slash.
bool has_drive(std::string_view path) {
  return path.size() > 2 && std::isalpha(static_cast<unsigned char>(path[0])) != 0 && path[1] == ':' &&
         path[2] == '/';
}

/// Looks for files by names that come near.
class Walk {
 public:
  Walk(const OpenFolder& open, bool may_end_otherwise) : open_(open), may_end_otherwise_(may_end_otherwise) {}

  /// The file `rest` below `folder`.
  [[nodiscard]] std::optional<std::string> find(std::string folder, std::string_view rest) const {
    constexpr int kMostParts = 32;
    for (int parts = 0; parts < kMostParts; ++parts) {
      const std::size_t slash = rest.find('/');
      const bool is_last = slash == std::string_view::npos;
      const std::string_view part = rest.substr(0, slash);
      if (part.empty() || part == "." || part == "..") {
        folder.append(part);
      } else {
        const FolderNames& names = open_(folder);
        const std::string* found = names.called(part);
        if (found == nullptr && is_last && may_end_otherwise_) found = names.with_another_ending(part);
        if (found == nullptr) return std::nullopt;
        folder.append(*found);
      }
      if (is_last) return folder;
      folder += '/';
      rest.remove_prefix(slash + 1);
    }
    return std::nullopt;
  }

  /// The file by which `rest` ends, below `folder`: as much of it as there is.
  [[nodiscard]] std::optional<std::string> find_end(const std::string& folder, std::string_view rest) const {
    for (;;) {
      if (auto found = find(folder, rest)) return found;
      const std::size_t slash = rest.find('/');
      if (slash == std::string_view::npos) return std::nullopt;
      rest.remove_prefix(slash + 1);
    }
  }

 private:
  const OpenFolder& open_;
  const bool may_end_otherwise_;
};

std::optional<std::string> plain(std::string_view path) {
  try {
    return percent_decoded(path);
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

}  // namespace

std::string folded(std::string_view name) {
  std::string text = to_utf8(name);
  utf8proc_uint8_t* folded_text = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &folded_text, options);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(folded_text, &std::free);
  if (size < 0) return text;
  return {reinterpret_cast<const char*>(folded_text), static_cast<std::size_t>(size)};
}

FolderNames::FolderNames(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::string compared = folded(name);
    by_name_.emplace(compared, name);
    if (has_media_ending(name)) by_stem_[std::string(without_ending(compared))].push_back(name);
  }
}

const std::string* FolderNames::called(std::string_view name) const {
  const auto found = by_name_.find(folded(name));
  return found == by_name_.end() ? nullptr : &found->second;
}

const std::string* FolderNames::with_another_ending(std::string_view name) const {
  const auto found = by_stem_.find(without_ending(folded(name)));
  return found == by_stem_.end() || found->second.size() != 1 ? nullptr : &found->second.front();
}

std::optional<std::string> find_nearby(const Missing& missing, const OpenFolder& open) {
  const Walk walk(open, missing.is_of_sheet);
  const std::string beside(folder_part(missing.list));
  std::vector<std::string> paths{missing.path};
  if (auto decoded = plain(missing.path); decoded && *decoded != missing.path)
    paths.push_back(std::move(*decoded));
  for (std::string& path : paths) {
    std::replace(path.begin(), path.end(), '\\', '/');
    // What stands in the list is looked for below its folder, whatever that one is called.
    const bool is_below = !beside.empty() && path.starts_with(beside);
    const std::string root = is_below ? beside : std::string(path.starts_with('/') ? "/" : "");
    const std::string_view rest = std::string_view(path).substr(root.size());
    if (auto found = walk.find(root, rest)) return found;
    if (!missing.is_of_sheet && !has_drive(rest)) continue;
    if (auto found = walk.find_end(beside, rest)) return found;
  }
  if (!missing.is_of_sheet || !missing.is_only_file) return std::nullopt;
  const std::string* const found =
      open(beside).with_another_ending(std::string_view(missing.list).substr(beside.size()));
  return found == nullptr ? std::nullopt : std::optional(beside + *found);
}

}  // namespace vcplay::media
