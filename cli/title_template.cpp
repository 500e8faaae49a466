#include "cli/title_template.hpp"

#include <fmt/core.h>

#include <vector>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "base/text.hpp"
#include "cli/status_text.hpp"

namespace vcplay::cli {
namespace {

struct TagRow {
  std::string_view name;
  std::string (*value)(const media::TrackInfo& track);
};

std::string file_name(const std::string& location) {
  const bool is_url = location.find("://") != std::string::npos;
  const std::string_view path =
      std::string_view(location).substr(0, is_url ? location.find_first_of("?#") : std::string::npos);
  const std::size_t slash = path.find_last_of('/');
  const bool has_name = slash != std::string_view::npos && slash + 1 < path.size();
  return has_name ? std::string(path.substr(slash + 1)) : location;
}

constexpr TagRow kTags[] = {
    {"artist", [](const media::TrackInfo& track) { return track.artist; }},
    {"title", [](const media::TrackInfo& track) { return track.title; }},
    {"album", [](const media::TrackInfo& track) { return track.album; }},
    {"name", [](const media::TrackInfo& track) { return track.station; }},
    {"file", [](const media::TrackInfo& track) { return track.location; }},
    {"filename", [](const media::TrackInfo& track) { return file_name(track.location); }},
    {"time",
     [](const media::TrackInfo& track) { return track.duration ? format_time(*track.duration) : ""; }},
    {"position", [](const media::TrackInfo& track) { return std::to_string(track.track + 1); }},
};

const TagRow* find_tag(std::string_view name) {
  for (const TagRow& row : kTags) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

/// Fills a pattern in from its left to its right, as mpc does.
class Filler {
 public:
  Filler(std::string_view pattern, const NowPlaying& now) : rest_(pattern), now_(now) {}

  /// Fills in up to the group's end. A group none of whose tags has a value says nothing. The whole pattern
  /// is a group only where it has an '&'.
  std::string fill(bool& found) {
    std::string text;
    bool counts = true;
    found = false;
    while (!rest_.empty()) {
      const char sign = take();
      if (sign == ']') return found ? text : std::string();
      if (sign == '[') {
        bool inner = false;
        text += fill(inner);
        found = found || inner;
      } else if (sign == '|') {
        if (found) {
          skip_section();
        } else {
          text.clear();
          counts = true;
        }
      } else if (sign == '&') {
        if (!found) skip_section();
        counts = found = false;
      } else if (sign == '%') {
        const std::string value = now_.tag(take_name()).value_or("");
        found = found || !value.empty();
        text += value;
      } else {
        text += sign == '#' && !rest_.empty() ? take() : sign;
      }
    }
    return counts || found ? text : std::string();
  }

 private:
  char take() {
    const char sign = rest_.front();
    rest_.remove_prefix(1);
    return sign;
  }

  std::string_view take_name() {
    const std::string_view name = rest_.substr(0, rest_.find('%'));
    rest_.remove_prefix(std::min(name.size() + 1, rest_.size()));
    return name;
  }

  /// Goes on to the end of the group, or to its next '|' or '&'.
  void skip_section() {
    int depth = 0;
    while (!rest_.empty()) {
      const char sign = rest_.front();
      if (depth == 0 && (sign == ']' || sign == '|' || sign == '&')) return;
      if (sign == '[') ++depth;
      if (sign == ']') --depth;
      rest_.remove_prefix(1);
      if (sign == '%') static_cast<void>(take_name());
      if (sign == '#' && !rest_.empty()) rest_.remove_prefix(1);
    }
  }

  std::string_view rest_;
  const NowPlaying& now_;
};

[[noreturn]] void refuse(std::string_view option, const std::string& what) {
  throw Error(Cause::usage, fmt::format("{}: {}", option, what));
}

void check_tag(std::string_view name, std::string_view option) {
  if (find_tag(name) != nullptr) return;
  std::vector<std::string_view> known;
  for (const TagRow& row : kTags) known.push_back(row.name);
  const std::string shown = display_safe(name, 40);
  if (const auto nearest = nearest_spelling(name, known))
    refuse(option, fmt::format("there is no tag %{}%; did you mean %{}%?", shown, *nearest));
  refuse(option, fmt::format("there is no tag %{}%; those that there are: {}.", shown, title_tags()));
}

void check(std::string_view text, std::string_view option) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '#') {
      ++i;
    } else if (text[i] == '[') {
      ++depth;
    } else if (text[i] == ']') {
      if (--depth < 0) refuse(option, "a ']' has no '[' before it; '#]' is the sign itself.");
    } else if (text[i] == '%') {
      const std::size_t end = text.find('%', i + 1);
      if (end == std::string_view::npos)
        refuse(option, "a '%' has no other one behind it; '#%' is the sign itself.");
      check_tag(text.substr(i + 1, end - i - 1), option);
      i = end;
    }
  }
  if (depth > 0) refuse(option, "a '[' has no ']' behind it; '#[' is the sign itself.");
}

}  // namespace

void NowPlaying::begin(const media::TrackInfo& track) { track_ = track; }

/// A stream's title mostly names the artist, too, so the artist that the station gave no longer counts.
void NowPlaying::retitle(const media::StreamTitle& title) {
  track_.title = title.title;
  track_.artist.clear();
}

std::optional<std::string> NowPlaying::tag(std::string_view name) const {
  const TagRow* const row = find_tag(name);
  return row == nullptr ? std::nullopt : std::optional(row->value(track_));
}

TitleTemplate::TitleTemplate() : text_("[%artist% - &%title%]|%title%|%name%|%file%") {}

TitleTemplate::TitleTemplate(std::string_view text, std::string_view option) : text_(text) {
  check(text, option);
}

std::string TitleTemplate::fill(const NowPlaying& now) const {
  bool found = false;
  return Filler(text_, now).fill(found);
}

std::string title_tags() {
  std::string text;
  for (const TagRow& row : kTags) text += fmt::format("{}%{}%", text.empty() ? "" : ", ", row.name);
  return text;
}

}  // namespace vcplay::cli
