// A folder of tones, and what of it played.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "words/audio_files.hpp"
#include "words/playback.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {

inline constexpr std::size_t kFramesOfATone = 5;  // 0.1 s

/// A short file that any number of names can share.
inline const std::string& tone() {
  static const std::string bytes =
      contents_of(make_file("tone.wav", "-f lavfi -i sine=d=0.1:r=48000", "-ac 2"));
  return bytes;
}

/// A folder of tones.
class Shelf {
 public:
  std::string put(const std::string& name) const {
    std::filesystem::create_directories(std::filesystem::path(folder_.file(name)).parent_path());
    return folder_.write(name, tone());
  }
  std::string list(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(folder_.file(name)).parent_path());
    return folder_.write(name, text);
  }
  [[nodiscard]] std::string path(const std::string& name = {}) const { return folder_.file(name); }

 private:
  TemporaryFolder folder_;
};

inline media::Media word(const std::string& location) { return {location, {}, 0, 0}; }

inline media::PipelineOptions with(const media::ProgramOptions& program) {
  media::PipelineOptions options;
  options.program = program;
  return options;
}

/// What played, without the shelf's own path.
inline std::vector<std::string> played(const Playback& playback, const Shelf& shelf) {
  std::vector<std::string> names;
  for (const media::TrackInfo& track : playback.tracks) {
    names.push_back(std::filesystem::path(track.location).lexically_relative(shelf.path()).string());
  }
  return names;
}

inline std::vector<std::string> errors(const Playback& playback) {
  std::vector<std::string> sentences;
  for (const media::TrackResult& result : playback.results) {
    if (!result.error.empty()) sentences.push_back(result.error);
  }
  return sentences;
}

}  // namespace vcplay::testing
