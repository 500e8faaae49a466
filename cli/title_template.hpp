// How a track is called, by a pattern such as '%artist% - %title%'.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "media/pipeline.hpp"

namespace vcplay::cli {

/// What plays now: the track, and what its stream says since.
class NowPlaying {
 public:
  void begin(const media::TrackInfo& track);
  void retitle(const media::StreamTitle& title);

  /// The value of %name%, empty when there is none; nothing when there is no such name.
  [[nodiscard]] std::optional<std::string> tag(std::string_view name) const;

 private:
  media::TrackInfo track_;
};

/// A pattern in the language of mpc's --format: %tag%, [a group that vanishes when none of its tags has a
/// value], this|that when this has none, this&that when both have, #% and its like for the signs themselves.
class TitleTemplate {
 public:
  /// "Artist - Title" as far as they are known, else the station, else the file.
  TitleTemplate();
  /// Throws Error{usage} with one sentence that names `option`: an unknown tag, a bracket without its other.
  TitleTemplate(std::string_view text, std::string_view option);

  [[nodiscard]] std::string fill(const NowPlaying& now) const;

 private:
  std::string text_;
};

/// "%artist%, %title%, …" for the documents.
[[nodiscard]] std::string title_tags();

}  // namespace vcplay::cli
