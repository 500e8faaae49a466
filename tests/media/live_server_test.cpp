// Live HLS: playlists that grow, stall, break and come back, and segments that are gone for good.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "words/audio_files.hpp"
#include "words/http_server.hpp"
#include "words/leaping_clock.hpp"
#include "words/playback.hpp"
#include "words/read_log.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kSegments = 8;  // of a second each, the last a little shorter

media::Media at(const std::string& url) { return {url, {}, 0, 0}; }

/// Where two plays differ; empty: nowhere, packet by packet.
std::string difference(const Playback& one, const Playback& other) {
  const std::size_t common = std::min(one.frames.size(), other.frames.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (to_hex(one.frames[i].view()) != to_hex(other.frames[i].view())) return fmt::format("packet {}", i);
  }
  if (one.frames.size() == other.frames.size()) return {};
  return fmt::format("{} packets instead of {}", one.frames.size(), other.frames.size());
}

/// A station that makes a segment whenever one is taken, and lists the last six.
class LiveHls : public ::testing::Test {
 protected:
  LiveHls() {
    for (std::size_t i = 0; i < kSegments; ++i) {
      segments_.push_back(contents_of(scratch() + "segment" + std::to_string(i) + ".ts"));
    }
  }

  static bool is_list(const HttpExchange& client) { return client.path() == "/live.m3u8"; }
  static std::size_t number_of(const HttpExchange& client) { return std::stoul(client.path().substr(1)); }

  [[nodiscard]] static std::string list(std::size_t end, bool is_over) {
    const std::size_t first = end - std::min<std::size_t>(end, 6);
    std::string text =
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:" + std::to_string(first) +
        "\n";
    for (std::size_t i = first; i < end; ++i) text += "#EXTINF:1.0,\n" + std::to_string(i) + ".ts\n";
    return text + (is_over ? "#EXT-X-ENDLIST\n" : "");
  }
  /// How many segments there are by now.
  [[nodiscard]] std::size_t made() const {
    return std::min<std::size_t>(kSegments, 3 + taken_.load() / 2 * 2);
  }
  void answer_list(const HttpExchange& client) const { client.answer(list(made(), made() == kSegments)); }
  void answer_segment(const HttpExchange& client, std::size_t most = std::string::npos) {
    taken_ = std::max<std::size_t>(taken_, number_of(client) + 1);
    client.answer_range(segments_.at(number_of(client)), most);
  }
  void answer(const HttpExchange& client) {
    if (is_list(client)) return answer_list(client);
    answer_segment(client);
  }
  /// The same sound from a list that was whole from the beginning.
  [[nodiscard]] Playback whole() const { return play(recording_); }

  const std::string recording_ =
      make_file("recording.m3u8", "-f lavfi -i \"anoisesrc=d=7.9:r=48000:a=0.4:c=pink:seed=5\"",
                "-ac 2 -c:a aac -f hls -hls_time 1 -hls_list_size 0 -hls_segment_filename \"" + scratch() +
                    "segment%d.ts\"");
  std::vector<std::string> segments_;
  std::atomic<std::size_t> taken_{0};  // segments
  const LogBook log_;
};

TEST_F(LiveHls, IsHeardWhileItGrows) {
  HttpServer server([&](const HttpExchange& client) { answer(client); });
  const Playback playback = play({at(server.url("/live.m3u8"))});
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_EQ(difference(playback, whole()), "") << "not a sample is missing or heard twice";
  EXPECT_THAT(log_.lines(), IsEmpty());
}

TEST_F(LiveHls, GoesOnInTheMiddleOfASegment) {
  HttpServer server([&](const HttpExchange& client) {
    if (is_list(client)) return answer_list(client);
    const std::string& segment = segments_.at(number_of(client));
    if (number_of(client) % 2 == 0 || client.first_byte() > 0) return answer_segment(client);
    answer_segment(client, segment.size() / 3);
    client.reset();
  });
  EXPECT_EQ(difference(play({at(server.url("/live.m3u8"))}), whole()), "");
  EXPECT_THAT(log_.lines(), IsEmpty());
}

TEST_F(LiveHls, OutlivesACutOfNineSeconds) {
  std::mutex mutex;
  std::optional<TimePoint> cut;
  HttpServer server([&](const HttpExchange& client) {
    int left = 0;
    {
      const std::scoped_lock lock(mutex);
      if (!is_list(client) && number_of(client) == 4 && !cut) cut = Clock::now();
      if (cut)
        left =
            static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(*cut + 9s - Clock::now()).count());
    }
    if (left > 0 && client.hung_up_within(left)) return;
    answer(client);
  });
  EXPECT_EQ(difference(play({at(server.url("/live.m3u8"))}), whole()), "");
  EXPECT_THAT(log_.lines(), IsEmpty());
}

TEST_F(LiveHls, OutlivesAServerThatStartsAnew) {
  std::atomic<int> refused{0};
  HttpServer server([&](const HttpExchange& client) {
    if (is_list(client) && taken_ >= 5 && refused < 2) {
      ++refused;
      return client.refuse("503 Service Unavailable");
    }
    answer(client);
  });
  EXPECT_EQ(difference(play({at(server.url("/live.m3u8"))}), whole()), "");
  EXPECT_THAT(log_.lines(), IsEmpty());
}

TEST_F(LiveHls, LeavesOutASegmentThatItsServerCannotGive) {
  HttpServer server([&](const HttpExchange& client) {
    if (is_list(client) || number_of(client) != 3) return answer(client);
    taken_ = 4;
    client.refuse("500 Internal Server Error");
  });
  const Playback playback = play({at(server.url("/live.m3u8"))});
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 346.0, 5.0);
  EXPECT_THAT(log_.lines(), ElementsAre(AllOf(HasSubstr("/live.m3u8\": a segment of it cannot be had: "),
                                              HasSubstr("it is left out"))));
}

TEST_F(LiveHls, MayFallSilentForTwentySecondsAndNobodyThinksThatItHangs) {
  std::optional<media::Pipeline> pipeline;
  std::atomic<int> fruitless{0};
  std::atomic<bool> seemed_to_hang{false};
  HttpServer server([&](const HttpExchange& client) {
    if (!is_list(client) || taken_ < 3 || fruitless >= 4) return answer(client);
    if (++fruitless == 2) leap(20s);
    if (fruitless == 4) {
      const media::Pipeline::Activity activity = pipeline->activity();
      seemed_to_hang = activity.busy && Clock::now() - activity.since > 10s;
    }
    client.answer(list(3, false));
  });
  ReadLog queue(1'024);
  Witness witness;
  pipeline.emplace(std::vector{at(server.url("/live.m3u8"))}, media::PipelineOptions{}, queue, witness);
  pipeline->start();
  ASSERT_TRUE(witness.wait_for_end());
  EXPECT_EQ(witness.results.at(0).error, "");
  EXPECT_NEAR(static_cast<double>(witness.results.at(0).frames), 396.0, 2.0);
  EXPECT_FALSE(seemed_to_hang);
  EXPECT_THAT(log_.lines(), IsEmpty());
}

TEST_F(LiveHls, ThatGrowsNoMoreEndsAfterHalfAMinute) {
  std::atomic<int> fruitless{0};
  HttpServer server([&](const HttpExchange& client) {
    if (!is_list(client)) return answer_segment(client);
    if (taken_ >= 3 && ++fruitless == 2) leap(31s);
    client.answer(list(3, false));
  });
  const Playback playback = play({at(server.url("/live.m3u8"))});
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 151.0, 3.0) << "what there was is heard";
  EXPECT_THAT(log_.lines(), ElementsAre(AllOf(HasSubstr("/live.m3u8\" is damaged at 0:0"),
                                              HasSubstr("nothing came for 30 s"))));
  EXPECT_LE(fruitless, 4) << "and nobody asks for ever";
}

TEST_F(LiveHls, WhoseServerIsGoneEndsInASentence) {
  std::atomic<int> refused{0};
  HttpServer server([&](const HttpExchange& client) {
    if (!is_list(client) || taken_ < 3) return answer(client);
    if (++refused == 2) leap(21s);
    client.refuse("503 Service Unavailable");
  });
  const Playback playback = play({at(server.url("/live.m3u8"))});
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 151.0, 3.0);
  EXPECT_THAT(log_.lines(),
              ElementsAre(AllOf(HasSubstr("/live.m3u8\" is damaged at 0:0"),
                                HasSubstr("its list cannot be had any more: Server returned 5XX"))));
  EXPECT_LE(refused, 4);
}

TEST(WebRadio, ThatIsGoneForGoodEndsInASentence) {
  const LogBook log;
  const std::string audio =
      contents_of(make_audio("radio.mp3", Content::sweep, "-b:a 128k -write_xing 0 -id3v2_version 0"));
  const HttpServer server([&](const HttpExchange& client) {
    if (client.number() > 0) {
      if (client.number() == 2) leap(31s);
      return client.refuse("503 Service Unavailable");
    }
    client.send("HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\nicy-name: Radio Test\r\n\r\n" + audio);
    client.reset();
  });
  const Playback playback = play({at(server.url("/live"))});
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_GT(playback.frames.size(), 200U);
  EXPECT_THAT(log.lines(), ElementsAre(AllOf(HasSubstr("/live\" is damaged at 0:0"),
                                             HasSubstr("the connection was lost"))));
  EXPECT_LE(server.requests().size(), 4U);
}

}  // namespace
}  // namespace vcplay::testing
