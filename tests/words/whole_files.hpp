// Files that are whole, and that play so.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "words/audio_files.hpp"
#include "words/opus_files.hpp"
#include "words/playback.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {

/// What ffmpeg makes of five seconds of sound, as bytes.
inline std::string bytes_of(const std::string& name, const std::string& arguments = {}) {
  return contents_of(make_audio(name, Content::sweep, arguments));
}

/// Little-endian.
inline std::string number(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

/// `text` with `bytes` in place of what stands at `at`.
inline std::string with_at(std::string text, std::size_t at, std::string_view bytes) {
  return text.replace(at, bytes.size(), bytes);
}

/// A WAV of one channel at 48 kHz, or with all numbers the other way round: RIFX.
inline std::string wav(int tag, std::size_t width, const std::string& samples, bool is_big_endian) {
  const auto number = [is_big_endian](std::uint64_t value, std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    if (is_big_endian) std::reverse(text.begin(), text.end());
    return text;
  };
  std::string sound = samples;
  for (std::size_t at = 0; is_big_endian && at + width <= sound.size(); at += width) {
    std::reverse(sound.begin() + static_cast<std::ptrdiff_t>(at),
                 sound.begin() + static_cast<std::ptrdiff_t>(at + width));
  }
  return (is_big_endian ? "RIFX" : "RIFF") + number(36 + sound.size(), 4) + "WAVEfmt " + number(16, 4) +
         number(static_cast<std::uint64_t>(tag), 2) + number(1, 2) + number(48'000, 4) +
         number(48'000 * width, 4) + number(width, 2) + number(8 * width, 2) + "data" +
         number(sound.size(), 4) + sound;
}

/// Plays whole, in a file and in a pipe, and nothing is said about it.
inline void expect_whole(const std::string& name, const std::string& bytes,
                         double seconds = kContentSeconds) {
  for (const bool is_pipe : {false, true}) {
    const LogBook log;
    const std::string path = write_file(name, bytes);
    const Playback playback = play(is_pipe ? piped(path) : path);
    EXPECT_THAT(log.lines(), ::testing::IsEmpty()) << name << (is_pipe ? " in a pipe" : "");
    ASSERT_EQ(playback.results.size(), 1U);
    EXPECT_EQ(playback.results[0].error, "") << name;
    EXPECT_NEAR(static_cast<double>(playback.frames.size()), seconds * 50, 3)
        << name << (is_pipe ? " in a pipe" : "");
  }
}

}  // namespace vcplay::testing
