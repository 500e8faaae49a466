// What plays, in the words that somebody wants for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "cli/title_template.hpp"

namespace vcplay::cli {
namespace {

using ::testing::HasSubstr;

media::TrackInfo autobahn() {
  media::TrackInfo track;
  track.track = 2;
  track.location = "/music/Kraftwerk/Autobahn #1.flac";
  track.title = "Autobahn";
  track.artist = "Kraftwerk";
  track.album = "Autobahn (1974)";
  track.duration = 22min + 43s;
  return track;
}

std::string filled(std::string_view pattern, const media::TrackInfo& track) {
  NowPlaying now;
  now.begin(track);
  return TitleTemplate(pattern, "--title").fill(now);
}

std::string by_default(const media::TrackInfo& track) {
  NowPlaying now;
  now.begin(track);
  return TitleTemplate().fill(now);
}

TEST(Title, KnowsEveryTag) {
  EXPECT_EQ(filled("%position%. %artist% - %title% (%album%, %time%)", autobahn()),
            "3. Kraftwerk - Autobahn (Autobahn (1974), 22:43)");
  EXPECT_EQ(filled("%file%", autobahn()), "/music/Kraftwerk/Autobahn #1.flac");
  EXPECT_EQ(filled("%filename%", autobahn()), "Autobahn #1.flac");
  media::TrackInfo radio;
  radio.location = "https://radio.example/live.ogg?session=1";
  radio.station = "Radio Example";
  EXPECT_EQ(filled("%name%: %filename%", radio), "Radio Example: live.ogg");
}

TEST(Title, IsTheFileWhereNothingElseIsKnown) {
  EXPECT_EQ(by_default(autobahn()), "Kraftwerk - Autobahn");
  media::TrackInfo track = autobahn();
  track.artist.clear();
  EXPECT_EQ(by_default(track), "Autobahn");
  track.title.clear();
  EXPECT_EQ(by_default(track), track.location);
  track.artist = "Kraftwerk";
  EXPECT_EQ(by_default(track), track.location) << "an artist alone names no song";
  track.station = "Radio Example";
  EXPECT_EQ(by_default(track), "Radio Example");
}

TEST(Title, OfAGroupVanishesWithItsTags) {
  media::TrackInfo track = autobahn();
  EXPECT_EQ(filled("[%artist% - ]%title%", track), "Kraftwerk - Autobahn");
  track.artist.clear();
  EXPECT_EQ(filled("[%artist% - ]%title%", track), "Autobahn");
  EXPECT_EQ(filled("[by [%artist%]]%title%", track), "Autobahn") << "a group in a group, both without";
  EXPECT_EQ(filled("[no tag]", track), "") << "mpc prints nothing, either";
}

TEST(Title, TakesTheFirstThatThereIs) {
  media::TrackInfo track = autobahn();
  EXPECT_EQ(filled("%name%|%title%|%file%", track), "Autobahn");
  EXPECT_EQ(filled("[%name%|%album%|%title%] on air", track), "Autobahn (1974) on air");
  EXPECT_EQ(filled("%title%|[%name%|%artist%]|%file%", track), "Autobahn") << "skips groups whole";
  EXPECT_EQ(filled("%artist%&%name%|%title%", track), "Autobahn") << "both or none";
  EXPECT_EQ(filled("%artist% and &%name%", track), "");
  EXPECT_EQ(filled("%name%&%artist%", track), "");
}

TEST(Title, LetsTheSignsStandForThemselves) {
  EXPECT_EQ(filled("#[%title%#] 100#% ##1", autobahn()), "[Autobahn] 100% #1");
  EXPECT_EQ(filled("%name%&#%|%title%", autobahn()), "Autobahn") << "also in what is skipped";
}

TEST(Title, FollowsWhatTheStreamSays) {
  media::TrackInfo radio;
  radio.station = radio.title = "Radio Example";
  NowPlaying now;
  now.begin(radio);
  EXPECT_EQ(TitleTemplate("%name%: %title%", "--title").fill(now), "Radio Example: Radio Example");
  now.retitle({.track = 0, .frame = 50, .title = "Kraftwerk - Autobahn"});
  EXPECT_EQ(TitleTemplate("%name%: %title%", "--title").fill(now), "Radio Example: Kraftwerk - Autobahn");
  EXPECT_EQ(TitleTemplate().fill(now), "Kraftwerk - Autobahn");
}

struct Mistake {
  const char* pattern;
  const char* words;
};

TEST(Title, SaysWhatIsWrongWithATemplate) {
  for (const Mistake& mistake :
       {Mistake{"%artst%", "did you mean %artist%?"},
        Mistake{"%xyzzyplugh%", "those that there are: %artist%, %title%"},
        Mistake{"%%", "there is no tag %%"}, Mistake{"100%", "'#%' is the sign itself"},
        Mistake{"[%title%", "has no ']'"}, Mistake{"%title%]", "has no '['"}}) {
    try {
      static_cast<void>(TitleTemplate(mistake.pattern, "--set-status"));
      ADD_FAILURE() << mistake.pattern << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.cause(), Cause::usage);
      EXPECT_THAT(error.what(), HasSubstr(mistake.words)) << mistake.pattern;
      EXPECT_THAT(error.what(), HasSubstr("--set-status: "));
    }
  }
}

}  // namespace
}  // namespace vcplay::cli
