// Servers that would have us ask for ever, and media that lead to where strangers may not lead.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "media/allowance.hpp"
#include "words/audio_files.hpp"
#include "words/http_server.hpp"
#include "words/peak_memory.hpp"
#include "words/playback.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

media::Media at(const std::string& url) { return {url, {}, 0, 0}; }

std::string hls(const std::string& segments) {
  return "#EXTM3U\n#EXT-X-TARGETDURATION:5\n" + segments + "#EXT-X-ENDLIST\n";
}

TEST(WebBudget, EndsAStreamWhoseVariantsAreItself) {
  std::string variants = "#EXTM3U\n";
  for (int i = 0; i < 50; ++i) {
    variants +=
        "#EXT-X-STREAM-INF:BANDWIDTH=" + std::to_string(i + 1) + "\n/v" + std::to_string(i) + ".m3u8\n";
  }
  const HttpServer server([&](const HttpExchange& client) { client.answer(variants); });
  const std::string next = make_audio("next.flac", Content::sweep);
  const PeakMemory peak;
  const Playback playback = play({at(server.url("/self.m3u8")), at(next)});
  ASSERT_THAT(playback.results, SizeIs(2));
  const std::string sentence = '"' + server.url("/self.m3u8") + "\" cannot be opened: it ";
  EXPECT_THAT(playback.results[0].error,
              AnyOf(sentence + "wants more than 200 connections before any sound comes",
                    sentence + "takes more memory than it may (80 MiB)"));
  EXPECT_EQ(playback.results[1].error, "") << "and the next one plays";
  EXPECT_THAT(server.requests(), SizeIs(Le(201)));
  if (peak.is_known()) {
    EXPECT_LT(peak.megabytes(), 108);
  }
}

TEST(WebBudget, EndsAListOfEndlessVariants) {
  const HttpServer server([&](const HttpExchange& client) {
    std::string piece;
    for (int i = 0; i < 10'000; ++i) piece += "#EXT-X-STREAM-INF:BANDWIDTH=1\n/v.m3u8\n";
    client.send(
        "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.apple.mpegurl\r\nConnection: "
        "close\r\n\r\n#EXTM3U\n" +
        piece);  // in one: the first words say what it is
    while (!client.hung_up_within(0)) client.send(piece);
  });
  const PeakMemory peak;
  EXPECT_THAT(refusal(at(server.url("/endless"))), HasSubstr("it takes more memory than it may (80 MiB)"));
  if (peak.is_known()) {
    EXPECT_LT(peak.megabytes(), 108);
  }
}

TEST(WebBudget, EndsAStreamThatIsOnlyData) {
  const HttpServer server([&](const HttpExchange& client) {
    client.send("HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nConnection: close\r\n\r\n");
    const std::string piece(1U << 20U, 'x');
    while (!client.hung_up_within(0)) client.send(piece);
  });
  EXPECT_THAT(refusal(at(server.url("/endless.mp3"))), HasSubstr("endless.mp3\" "));
}

/// A WAV whose sound is said to come behind four gigabytes of something else, and how much of it was fetched.
class EndlessPrelude {
 public:
  [[nodiscard]] std::string url() const { return server_.url("/prelude.wav"); }
  [[nodiscard]] std::string host_and_port() const {
    const std::string url = server_.url("");
    return url.substr(url.rfind('/') + 1);
  }
  [[nodiscard]] std::int64_t megabytes() const { return sent_.load() >> 20; }

 private:
  std::atomic<std::int64_t> sent_{0};
  const HttpServer server_{[this](const HttpExchange& client) {
    using namespace std::string_literals;
    client.send("HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nConnection: close\r\n\r\n");
    client.send("RIFF\xFF\xFF\xFF\xFFWAVEJUNK\0\0\0\xF0"s);
    const std::string piece(1U << 16U, '\0');
    while (!client.hung_up_within(0)) {
      client.send(piece);
      sent_ += static_cast<std::int64_t>(piece.size());
    }
  }};
};

constexpr std::int64_t kOnTheWay = 16;  // megabytes, in the buffers of two sockets

TEST(WebBudget, EndsAtSoManyBytesBeforeAnySound) {
  const EndlessPrelude prelude;
  EXPECT_EQ(refusal(at(prelude.url())),
            '"' + prelude.url() + "\" cannot be opened: it sends more than 128 MiB before any sound comes");
  EXPECT_GE(prelude.megabytes(), 128);
  EXPECT_LE(prelude.megabytes(), 128 + kOnTheWay);
}

TEST(WebBudget, EndsEarlierForWhatStrangersChose) {
  const EndlessPrelude prelude;
  media::PipelineOptions options{128'000, 1.0, {}};
  options.web = {media::Origin::untrusted, {prelude.host_and_port()}};
  EXPECT_EQ(refusal(at(prelude.url()), options),
            '"' + prelude.url() + "\" cannot be opened: it sends more than 32 MiB before any sound comes");
  EXPECT_LE(prelude.megabytes(), 32 + kOnTheWay);
}

TEST(WebBudget, IsNotSpentByAStreamOfManyVariants) {
  const std::string segment = contents_of(make_audio("segment.ts", Content::sweep, "-c:a mp2"));
  std::string variants = "#EXTM3U\n";
  for (int i = 0; i < 30; ++i) {
    variants +=
        "#EXT-X-STREAM-INF:BANDWIDTH=" + std::to_string(i + 1) + "\n/v" + std::to_string(i) + ".m3u8\n";
  }
  const HttpServer server([&](const HttpExchange& client) {
    if (client.path() == "/master.m3u8") return client.answer(variants);
    if (client.path().ends_with(".ts")) return client.answer(segment);
    client.answer(hls("#EXTINF:5,\na.ts\n"));
  });
  const Playback playback = play({at(server.url("/master.m3u8"))});
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 251.0, 5.0);
}

// ── what strangers chose ──

class Untrusted : public ::testing::Test {
 protected:
  static std::string address_of(const HttpServer& server) {
    const std::string url = server.url("");
    return url.substr(url.rfind('/') + 1);
  }
  /// As --untrusted has it, but for one server, which stands for one of the public internet.
  static media::PipelineOptions but_for(const HttpServer& server) {
    media::PipelineOptions options{128'000, 1.0, {}};
    options.web = {media::Origin::untrusted, {address_of(server)}};
    return options;
  }
  static media::PipelineOptions nothing_else() {
    media::PipelineOptions options{128'000, 1.0, {}};
    options.web.origin = media::Origin::untrusted;
    return options;
  }
  static std::string is_not_public(const HttpServer& server) {
    return "it leads to " + address_of(server) + ", which is no public address";
  }

  const std::string song_ = make_audio("song.ts", Content::sweep, "-c:a mp2");
  const std::string sound_ = contents_of(song_);
  const HttpServer inner_{[this](const HttpExchange& client) { client.answer(sound_); }};
};

TEST_F(Untrusted, PlaysFromAPublicServer) {
  EXPECT_EQ(play({at(inner_.url("/song.ts"))}, but_for(inner_)).results.at(0).error, "");
}

TEST_F(Untrusted, ReachesNoServerOnThisMachine) {
  for (const std::string& url :
       {inner_.url("/song.ts"), "http://localhost:" + address_of(inner_).substr(10) + "/song.ts"}) {
    EXPECT_EQ(refusal(at(url), nothing_else()), '"' + url + "\" cannot be opened: " + is_not_public(inner_));
  }
  EXPECT_THAT(inner_.requests(), IsEmpty());
}

TEST_F(Untrusted, PlaysNoFileNoPipeAndNoFolder) {
  for (const std::string& location :
       {song_, std::string("-"), scratch(), std::string("ftp://example.com/x")}) {
    EXPECT_THAT(refusal(at(location), nothing_else()),
                HasSubstr("is no address of http or https, and --untrusted plays nothing else"));
  }
}

TEST_F(Untrusted, FollowsNoRedirectInwards) {
  const HttpServer outer([&](const HttpExchange& client) { client.redirect(inner_.url("/song.ts")); });
  EXPECT_EQ(refusal(at(outer.url("/")), but_for(outer)),
            '"' + outer.url("/") + "\" cannot be opened: " + is_not_public(inner_));
  EXPECT_THAT(outer.requests(), SizeIs(1));
  EXPECT_THAT(inner_.requests(), IsEmpty());
}

TEST_F(Untrusted, FollowsNoListSegmentKeyOrMapInwards) {
  const std::string there = inner_.url("/song.ts");
  for (const std::string& list :
       {hls("#EXTINF:5,\n" + there + "\n"),
        hls("#EXT-X-KEY:METHOD=AES-128,URI=\"" + there + "\"\n#EXTINF:5,\n/a.ts\n"),
        hls("#EXT-X-MAP:URI=\"" + there + "\"\n#EXTINF:5,\n/a.ts\n"),
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n" + there + "\n", hls("#EXTINF:5,\n/moved.ts\n")}) {
    const HttpServer outer([&](const HttpExchange& client) {
      if (client.path() == "/list.m3u8") return client.answer(list);
      if (client.path() == "/moved.ts") return client.redirect(there);
      client.answer(sound_);
    });
    EXPECT_NE(refusal(at(outer.url("/list.m3u8")), but_for(outer)), "") << list;
    EXPECT_THAT(inner_.requests(), IsEmpty()) << list;
  }
}

TEST_F(Untrusted, FollowsNoPlaylistInwards) {
  const HttpServer outer([&](const HttpExchange& client) {
    if (client.path() == "/list.m3u")
      return client.answer(inner_.url("/song.ts") + "\n/more.m3u\n/song.ts\n");
    if (client.path() == "/more.m3u") return client.redirect(inner_.url("/more.m3u"));
    client.answer(sound_);
  });
  const Playback playback = play({at(outer.url("/list.m3u"))}, but_for(outer));
  ASSERT_THAT(playback.results, SizeIs(3));
  EXPECT_THAT(playback.results[0].error, HasSubstr(is_not_public(inner_)));
  EXPECT_THAT(playback.results[1].error, HasSubstr(is_not_public(inner_)));
  EXPECT_EQ(playback.results[2].error, "");
  EXPECT_THAT(inner_.requests(), IsEmpty());
}

TEST_F(Untrusted, AsksNoProxy) {
  // Who connects for us would connect to anything.
  const HttpServer proxy([&](const HttpExchange& client) { client.answer(sound_); });
  ::setenv("http_proxy", proxy.url("").c_str(), 1);
  EXPECT_THAT(refusal(at("http://127.0.0.1:1/song.ts"), but_for(proxy)), HasSubstr("no public address"));
  EXPECT_THAT(refusal(at("https://127.0.0.1:1/song.ts"), but_for(proxy)), HasSubstr("no public address"));
  EXPECT_THAT(proxy.requests(), IsEmpty());
  EXPECT_EQ(play({at("http://127.0.0.1:1/song.ts")}).results.at(0).error, "") << "others may";
  ::unsetenv("http_proxy");
}

TEST_F(Untrusted, MayCostLess) {
  std::string variants = "#EXTM3U\n";
  for (int i = 0; i < 50; ++i)
    variants += "#EXT-X-STREAM-INF:BANDWIDTH=1\n/v" + std::to_string(i) + ".m3u8\n";
  const HttpServer server([&](const HttpExchange& client) { client.answer(variants); });
  EXPECT_THAT(refusal(at(server.url("/self.m3u8")), but_for(server)), HasSubstr("more than 60 connections"));
}

TEST(UntrustedPorts, AreThoseOfTheWeb) {
  const media::WebRules rules{media::Origin::untrusted, {}};
  media::Allowance allowance(media::Abode::on_a_server, rules);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(0x08080808);
  const auto may_connect = [&](std::uint16_t port) {
    address.sin_port = htons(port);
    return allowance.may_connect(reinterpret_cast<const sockaddr&>(address));
  };
  EXPECT_TRUE(may_connect(80));
  EXPECT_FALSE(may_connect(22));
  EXPECT_EQ(allowance.fault(), "it leads to 8.8.8.8:22, which is neither port 80 nor 443");
  EXPECT_TRUE(may_connect(443));
  EXPECT_THAT(allowance.fault(), IsEmpty()) << "one of several addresses may do";
  EXPECT_FALSE(may_connect(8080));
}

}  // namespace
}  // namespace vcplay::testing
