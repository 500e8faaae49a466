// Pictures of sixty megabytes, wherever a file may have one: they cost no more than any medium may.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "words/audio_files.hpp"
#include "words/index_bomb.hpp"
#include "words/opus_files.hpp"
#include "words/peak_memory.hpp"
#include "words/playback.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

constexpr std::size_t kPicture = 60'000'000;
constexpr std::int64_t kMostMegabytes = 108;  // of a medium's 80 MiB, and what may be allocated beyond them

std::string little(std::uint32_t value) {
  const std::string big = big_endian(value);
  return {big.rbegin(), big.rend()};
}

/// How many frames come of a medium, in little memory.
std::size_t frames_of(const std::string& location) {
  const PeakMemory peak;
  const std::size_t frames = play(location).frames.size();
  if (peak.is_known()) {
    EXPECT_LT(peak.megabytes(), kMostMegabytes) << location;
  }
  return frames;
}

/// The sound of `name` with a tag whose text is as long as a picture.
std::string with_long_tag(const std::string& name) {
  const std::string tags = write_file(
      "tags.txt", ";FFMETADATA1\nMETADATA_BLOCK_PICTURE=" + std::string(kPicture, 'A') + "\ntitle=Title\n");
  return make_audio(name, Content::sweep, "-f ffmetadata -i " + tags + " -map 0 -map_metadata 1");
}

TEST(LargePicture, InOggIsCutAndTheSoundPlays) {
  for (const char* const name : {"large.ogg", "large.opus"}) {
    const std::string path = with_long_tag(name);
    EXPECT_GT(frames_of(path), 200U) << name;
    EXPECT_GT(frames_of(piped(path)), 200U) << name << " in a pipe";
  }
}

TEST(LargePicture, InOggChangesNoSample) {
  const std::string bare = make_audio("bare.ogg", Content::sweep);
  const std::string large = with_long_tag("cut.ogg");
  EXPECT_EQ(play(large).heard(), play(bare).heard());
  EXPECT_EQ(play(piped(large)).heard(), play(piped(bare)).heard());
  media::Media middle = file(large);
  media::Media plain = file(bare);
  middle.start = plain.start = 3s;
  EXPECT_EQ(play({middle}).heard(), play({plain}).heard());
}

TEST(LargePicture, InMatroskaCostsNoMoreThanItMay) {
  const std::string picture = write_file("picture.bin", std::string(kPicture, 'p'));
  const std::string path =
      make_audio("large.mka", Content::sweep, "-attach " + picture + " -metadata:s:t mimetype=image/png");
  static_cast<void>(frames_of(path));
  static_cast<void>(frames_of(piped(path)));
}

/// A cover in the index of an MP4, which FFmpeg writes behind the sound.
TEST(LargePicture, InMp4CostsNoMoreThanItMay) {
  std::string mp4 = contents_of(make_audio("bare.m4a", Content::sweep));
  const std::size_t moov = mp4.rfind("moov") - 4;
  const std::string cover =
      box("covr", box("data", big_endian(13) + big_endian(0) + std::string(kPicture, 'p')));
  const std::string handler =
      full_box("hdlr", big_endian(0) + "mdirappl" + big_endian(0) + big_endian(0) + std::string(1, '\0'));
  mp4 += box("udta", full_box("meta", handler + box("ilst", cover)));
  mp4.replace(moov, 4, big_endian(static_cast<std::uint32_t>(mp4.size() - moov)));
  const std::string path = write_file("large.m4a", mp4);
  static_cast<void>(frames_of(path));
  static_cast<void>(frames_of(piped(path)));
}

/// APEv2, behind the sound: an item with a picture, and a footer.
TEST(LargePicture, InAnApeTagCostsNoMoreThanItMay) {
  const std::string item =
      little(kPicture) + little(2) + "Cover Art (Front)" + std::string(1, '\0') + std::string(kPicture, 'p');
  const std::string footer = "APETAGEX" + little(2'000) +
                             little(static_cast<std::uint32_t>(item.size()) + 32) + little(1) + little(0) +
                             std::string(8, '\0');
  const std::string path =
      write_file("large.wv", contents_of(make_audio("bare.wv", Content::sweep)) + item + footer);
  EXPECT_GT(frames_of(path), 200U);
  EXPECT_GT(frames_of(piped(path)), 200U);
}

}  // namespace
}  // namespace vcplay::testing
