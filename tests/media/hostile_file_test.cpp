// Media that get nowhere, take everything, or make the media thread fail: each costs itself,
// and the rest plays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "words/audio_files.hpp"
#include "words/hard_thinking.hpp"
#include "words/hung_stat.hpp"
#include "words/named_threads.hpp"
#include "words/peak_memory.hpp"
#include "words/playback.hpp"
#include "words/read_log.hpp"
#include "words/temporary_folder.hpp"
#include "words/wait.hpp"

namespace vcplay::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

media::Media file(const std::string& location) { return {location, {}, 0, 0}; }

// ── a medium that does not come back ──

TEST(StuckTrack, IsLeftBehindAndTheNextOnePlays) {
  const std::string song = make_audio("stuck.wav", Content::sweep);
  const std::string next = make_audio("next.wav", Content::sweep);
  auto hung = std::make_unique<HungStat>(song);
  ReadLog queue(1'024);
  Witness witness;
  media::Pipeline pipeline({file(song), file(next), file(next)}, {}, queue, witness);
  pipeline.start();
  ASSERT_TRUE(eventually("the track is stuck", [&] { return hung->held() == 1; }));
  ASSERT_TRUE(pipeline.skip_stuck_track());
  ASSERT_TRUE(witness.wait_for_end());
  ASSERT_THAT(witness.results, SizeIs(3));
  EXPECT_EQ(witness.results[0].error, '"' + song + "\" is left out: no sound came out of it for 10 s");
  EXPECT_EQ(witness.results[1].error, "");
  EXPECT_EQ(witness.results[1].track, 1U);
  EXPECT_NEAR(static_cast<double>(queue.size()), 501.0, 1.0);
  EXPECT_TRUE(eventually("it is seen to live on", [] { return thread_lives("vcplay-media"); }));
  hung.reset();
  EXPECT_TRUE(eventually("what was left behind goes", [] { return !thread_lives("vcplay-media"); }));
  EXPECT_THAT(witness.order, ElementsAre("end 0", "track 1", "end 1", "track 2", "end 2", "all"));
}

/// The first thread does not come back from looking at `song`, which stands among `others` of the same sound.
std::vector<std::string> order_without(const std::string& song, const std::vector<media::Media>& all,
                                       bool shuffle = false) {
  auto hung = std::make_unique<HungStat>(song);
  ReadLog queue(1'024);
  Witness witness;
  media::PipelineOptions options;
  options.program.shuffle = shuffle;
  media::Pipeline pipeline(all, options, queue, witness);
  pipeline.start();
  EXPECT_TRUE(eventually("the thread is stuck", [&] { return hung->held() == 1; }));
  EXPECT_TRUE(pipeline.skip_stuck_track());
  EXPECT_TRUE(witness.wait_for_end());
  hung.reset();
  EXPECT_TRUE(eventually("what was left behind goes", [] { return !thread_lives("vcplay-media"); }));
  for (const media::TrackResult& result : witness.results) {
    const bool is_lost = result.location == song;
    EXPECT_EQ(result.error,
              is_lost ? '"' + song + "\" is left out: no sound came out of it for 10 s" : std::string());
  }
  return witness.order;
}

TEST(StuckTrack, IsLeftBehindWhereverTheKernelSaysNothingOfIt) {
  const TemporaryFolder folder;
  const std::string song = make_audio("stuck.wav", Content::sweep);
  const std::string next = make_audio("next.wav", Content::sweep);
  const std::string list = folder.write("list.m3u", song + "\n" + next + "\n");
  EXPECT_THAT(order_without(song, {file(song), file(next)}), ElementsAre("end 0", "track 1", "end 1", "all"));
  EXPECT_THAT(order_without(song, {file(next), file(song), file(next)}),
              ElementsAre("track 0", "end 0", "end 1", "track 2", "end 2", "all"));
  EXPECT_THAT(order_without(song, {file(next), file(song)}), ElementsAre("track 0", "end 0", "end 1", "all"));
  EXPECT_THAT(order_without(song, {file(list)}), ElementsAre("end 0", "track 1", "end 1", "all"));
  EXPECT_THAT(order_without(song, {file(next), file(song), file(next)}, true), SizeIs(6));
  EXPECT_THAT(order_without(list, {file(list), file(next)}), ElementsAre("end 0", "track 1", "end 1", "all"));
}

TEST(StuckTrack, IsNoneThatWaitsForRoom) {
  const std::string song = make_audio("song.wav", Content::sweep);
  ReadLog queue(4);
  Witness witness;
  media::Pipeline pipeline({file(song)}, {}, queue, witness);
  pipeline.start();
  ASSERT_TRUE(eventually("the queue is full", [&] { return queue.size() == queue.capacity(); }));
  ASSERT_TRUE(eventually("the pipeline rests", [&] { return !pipeline.activity().busy; }));
  EXPECT_FALSE(pipeline.skip_stuck_track());
}

TEST(StuckTrack, IsSkippedAFewTimesAndThenNoMore) {
  const std::string song = make_audio("stuck.wav", Content::sweep);
  auto hung = std::make_unique<HungStat>(song);
  ReadLog queue(1'024);
  Witness witness;
  media::Pipeline pipeline(std::vector(6, file(song)), {}, queue, witness);
  pipeline.start();
  for (int i = 1; i <= 4; ++i) {
    ASSERT_TRUE(eventually("the track is stuck", [&] { return hung->held() == i; }));
    ASSERT_TRUE(pipeline.skip_stuck_track());
  }
  ASSERT_TRUE(eventually("the fifth is stuck", [&] { return hung->held() == 5; }));
  EXPECT_FALSE(pipeline.skip_stuck_track()) << "each costs a thread for ever";
  hung.reset();
  ASSERT_TRUE(witness.wait_for_end());
  EXPECT_TRUE(eventually("what was left behind goes", [] { return !thread_lives("vcplay-media"); }));
}

// ── a medium that computes without end ──

TEST(HardMedium, IsGivenUpAfterSixSecondsOfWorkWithoutASound) {
  const std::string hard = make_audio("hard.wav", Content::sweep);
  const std::string next = make_audio("next.wav", Content::sweep);
  think_hard(2s, 5);
  const Playback playback = play({file(hard), file(next)});
  ASSERT_THAT(playback.results, SizeIs(2));
  EXPECT_EQ(playback.results[0].error,
            '"' + hard + "\" cannot be opened: no sound came out of it in 6 s of work");
  EXPECT_EQ(playback.results[1].error, "") << "and the next one plays";
}

TEST(HardMedium, MayThinkForAWhile) {
  const std::string song = make_audio("thinker.wav", Content::sweep);
  think_hard(2s, 3);
  EXPECT_EQ(play(song).results.at(0).error, "") << "six seconds are not too many";
  think_hard(0s, 0);
}

// ── names ──

TEST(LongName, IsShortenedInWhateverIsSaid) {
  const TemporaryFolder folder;
  const std::string list = folder.write(
      "list.m3u", std::string(5'000'000, 'x') + "\nrtsp://" + std::string(5'000'000, 'y') + "\n");
  const Playback playback = play(list);
  ASSERT_THAT(playback.results, SizeIs(2));
  for (const media::TrackResult& result : playback.results) {
    EXPECT_LT(result.error.size(), 3'000U);
    EXPECT_LT(result.location.size(), 2'000U);
  }
  EXPECT_THAT(playback.results[0].error, HasSubstr("is longer than any name or address"));
  EXPECT_THAT(refusal(file("http://127.0.0.1/" + std::string(20'000, 'x'))),
              HasSubstr("longer than any name"));
}

// ── text that calls itself media ──

TEST(Text, OfManyTagsOrSubtitlesTakesNoMemory) {
  std::string tags = ";FFMETADATA1\n";
  std::string lyrics;
  for (int i = 0; i < 300'000; ++i) {
    tags += "[CHAPTER]\nSTART=" + std::to_string(i) + "\nEND=" + std::to_string(i + 1) + "\n";
    lyrics += "[00:01.00]la\n";
  }
  const PeakMemory peak;
  if (!peak.is_known()) GTEST_SKIP() << "nobody keeps an account of memory";
  EXPECT_NE(refusal(file(write_file("many.txt", tags))), "");
  EXPECT_NE(refusal(file(write_file("many.lrc", lyrics))), "");
  EXPECT_LT(peak.megabytes(), 50);
}

TEST(Text, ThatFFmpegTakesForSubtitlesOrTagsIsNoMedium) {
  std::string lyrics;
  std::string subtitles;
  for (int i = 0; i < 1'000; ++i) {
    lyrics += "[00:01.00]la la\n";
    subtitles += std::to_string(i + 1) + "\n00:00:01,000 --> 00:00:02,000\nla la\n\n";
  }
  for (const auto& [name, text] :
       {std::pair{"song.lrc", lyrics}, std::pair{"film.srt", subtitles},
        std::pair{"tags.mp3", ";FFMETADATA1\ntitle=x\n" + std::string(5'000, '\n')}}) {
    const std::string path = write_file(name, text);
    EXPECT_EQ(
        refusal(file(path)),
        '"' + path +
            "\" has no audio of its own: it is a text or a picture, or refers to other files or addresses");
  }
}

// ── a media thread that fails ──

/// Has no memory for what it is told.
class Forgetful final : public media::PipelineListener {
 public:
  void on_track(const media::TrackInfo&) override {}
  void on_track_end(const media::TrackResult&) override { throw std::bad_alloc(); }
  void on_failure(const std::string& sentence) override { witness.on_title({0, 0, sentence}); }
  void on_pipeline_end() override { witness.on_pipeline_end(); }
  Witness witness;
};

/// Throws what nobody expects.
class Furious final : public media::PipelineListener {
 public:
  void on_track(const media::TrackInfo&) override {}
  void on_track_end(const media::TrackResult&) override { throw 42; }
  void on_failure(const std::string& sentence) override {
    witness.on_title({0, 0, sentence});
    throw 43;
  }
  void on_pipeline_end() override { witness.on_pipeline_end(); }
  Witness witness;
};

template <typename Listener>
std::vector<std::string> sentences_of_a_failed_play() {
  Listener listener;
  ReadLog queue(1'024);
  media::Pipeline pipeline({file(make_audio("a.wav", Content::sweep)), file("/nowhere.wav")}, {}, queue,
                           listener);
  pipeline.start();
  EXPECT_TRUE(listener.witness.wait_for_end());
  EXPECT_TRUE(queue.finished());
  return listener.witness.titles;
}

TEST(MediaThread, ThatFailsSaysSoAndEnds) {
  EXPECT_THAT(sentences_of_a_failed_play<Forgetful>(),
              ElementsAre("0 There is no memory left to play with."));
  EXPECT_THAT(sentences_of_a_failed_play<Furious>(),
              ElementsAre("0 The media thread failed, and nobody knows why."));
}

}  // namespace
}  // namespace vcplay::testing
