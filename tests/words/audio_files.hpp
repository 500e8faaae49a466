// Audio files made on the spot by the ffmpeg program, our independent witness.
#pragma once

#include <string>
#include <vector>

namespace vcplay::testing {

/// The folder of this test program's files, with a slash at its end; removed when the program ends.
[[nodiscard]] const std::string& scratch();

/// What a test file says. Both are 44.1 kHz stereo with different channels and last exactly five seconds.
enum class Content { sweep, speech };

inline constexpr double kContentSeconds = 5.0;

/// Makes the file `name` in scratch() by `ffmpeg -i <content> <arguments>`; its ending decides the container.
[[nodiscard]] std::string make_audio(const std::string& name, Content content,
                                     const std::string& arguments = {});

/// The same with any input options, for example "-f lavfi -i sine".
[[nodiscard]] std::string make_file(const std::string& name, const std::string& input,
                                    const std::string& arguments = {});

/// ffmpeg's own decode of `path` to 48 kHz interleaved stereo.
[[nodiscard]] std::vector<float> ffmpeg_decode(const std::string& path);

/// The path of `name` in scratch(), now holding `contents`.
[[nodiscard]] std::string write_file(const std::string& name, const std::string& contents);

}  // namespace vcplay::testing
