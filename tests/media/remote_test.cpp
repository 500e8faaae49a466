// Media on servers: connections that break, radios that talk, lists and redirects that would lead elsewhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "words/audio_files.hpp"
#include "words/http_server.hpp"
#include "words/playback.hpp"
#include "words/read_log.hpp"
#include "words/temporary_folder.hpp"
#include "words/wait.hpp"

namespace vcplay::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

media::Media at(const std::string& url) { return {url, {}, 0, 0}; }

std::vector<std::string> payloads(const Playback& playback) {
  std::vector<std::string> all;
  for (const OpusFrame& frame : playback.frames) {
    all.emplace_back(frame.bytes.begin(), frame.bytes.begin() + static_cast<std::ptrdiff_t>(frame.size));
  }
  return all;
}

std::vector<std::string> errors(const Playback& playback) {
  std::vector<std::string> sentences;
  for (const media::TrackResult& result : playback.results) {
    if (!result.error.empty()) sentences.push_back(result.error);
  }
  return sentences;
}

class BrokenLine : public ::testing::Test {
 protected:
  const std::string path_ = make_audio("song.flac", Content::speech);
  const std::string song_ = contents_of(path_);
  const LogBook log_;
};

TEST_F(BrokenLine, AFileGoesOnAtItsByte) {
  // Every connection gives a quarter of it and then dies.
  const HttpServer server([&](const HttpExchange& client) {
    client.answer_range(song_, song_.size() / 4 + 1);
    if (client.number() % 2 == 1) client.reset();
  });
  const Playback playback = play({at(server.url("/song"))});
  EXPECT_THAT(errors(playback), IsEmpty());
  EXPECT_EQ(payloads(playback), payloads(play(path_))) << "packet by packet the same as from the disk";
  EXPECT_THAT(log_.lines(), IsEmpty());
  EXPECT_GE(server.requests().size(), 4U);
}

TEST_F(BrokenLine, AFileGoesOnEvenWhereTheServerKnowsNoRanges) {
  const HttpServer server([&](const HttpExchange& client) {
    client.answer(song_, client.number() == 0 ? song_.size() / 2 : std::string::npos);
  });
  const Playback playback = play({at(server.url("/song"))});
  EXPECT_EQ(payloads(playback), payloads(play(path_)));
  EXPECT_THAT(log_.lines(), IsEmpty());
}

TEST_F(BrokenLine, AnotherFileInItsPlaceIsNotTakenForIt) {
  const HttpServer server([&](const HttpExchange& client) {
    client.answer_range(client.number() == 0 ? song_ : song_ + "!", song_.size() / 2);
  });
  const Playback playback = play({at(server.url("/song"))});
  EXPECT_LT(playback.frames.size(), 200U);
  EXPECT_THAT(log_.lines(), ElementsAre(AllOf(HasSubstr("/song\" is damaged at 0:0"),
                                              HasSubstr("something else there by now"))));
}

TEST_F(BrokenLine, AFileThatIsShorterThanPromisedEndsSoon) {
  const HttpServer server([&](const HttpExchange& client) {
    const std::size_t half = song_.size() / 2;
    client.answer_range(song_, half - std::min(half, client.first_byte()));
  });
  EXPECT_LT(play({at(server.url("/song"))}).frames.size(), 200U);
  EXPECT_LE(server.requests().size(), 5U) << "and nobody is asked for ever";
  EXPECT_THAT(log_.lines(), SizeIs(1));
}

TEST_F(BrokenLine, AnAnswerWithoutALengthEndsWithItsConnection) {
  const HttpServer server([&](const HttpExchange& client) {
    client.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + song_);
  });
  const Playback playback = play({at(server.url("/song"))});
  EXPECT_EQ(payloads(playback), payloads(play(path_))) << "once, and not again from its beginning";
  EXPECT_THAT(log_.lines(), IsEmpty());
}

/// A web radio as Icecast runs it: so many bytes of audio, then a block of metadata.
class Radio {
 public:
  explicit Radio(std::string audio) : audio_(std::move(audio)) {}

  /// The head and all of the audio; titles change with every block that there is one for.
  void send(const HttpExchange& client, const std::vector<std::string>& titles) const {
    constexpr std::size_t kInterval = 8'000;
    client.send(
        "HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\nicy-name: Radio Test\r\nicy-metaint: 8000\r\n\r\n");
    std::size_t block = 0;
    for (std::size_t i = 0; i < audio_.size(); i += kInterval, ++block) {
      client.send(audio_.substr(i, kInterval));
      if (i + kInterval <= audio_.size()) client.send(metadata(block < titles.size() ? titles[block] : ""));
    }
  }

 private:
  static std::string metadata(const std::string& title) {
    if (title.empty()) return std::string(1, '\0');
    std::string text = "StreamTitle='" + title + "';StreamUrl='';";
    text.resize((text.size() + 15) / 16 * 16);
    return static_cast<char>(text.size() / 16) + text;
  }

  std::string audio_;
};

class Icecast : public ::testing::Test {
 protected:
  /// The titles of so many frames; then the radio is switched off.
  std::vector<std::string> listen(const std::string& url, std::size_t frames) {
    ReadLog queue(16'384);
    media::Pipeline pipeline({at(url)}, {128'000, 1.0, {}}, queue, witness_);
    pipeline.start();
    for (; frames > 0 && next_frame(queue) != nullptr; --frames) queue.pop();
    EXPECT_EQ(frames, 0U);
    pipeline.stop();
    EXPECT_TRUE(witness_.wait_for_end());
    return witness_.titles;
  }
  static void stay_on_the_air(const HttpExchange& client) {
    static_cast<void>(client.hung_up_within(60'000));
  }

  const std::string five_seconds_ =
      contents_of(make_audio("radio.mp3", Content::sweep, "-b:a 128k -write_xing 0 -id3v2_version 0"));
  const Radio radio_{five_seconds_};
  Witness witness_;
};

TEST_F(Icecast, SaysWhatItPlays) {
  const HttpServer server([&](const HttpExchange& client) {
    radio_.send(client, {"Somebody - It's mine", "", "Somebody - It's mine", "Bj\xF6rk", ""});
    stay_on_the_air(client);
  });
  EXPECT_THAT(listen(server.url("/live"), 200), ElementsAre("0 Somebody - It's mine", "0 Björk"));
  EXPECT_EQ(witness_.tracks.at(0).title, "Radio Test");
  EXPECT_THAT(server.requests().at(0), HasSubstr("Icy-MetaData: 1"));
  EXPECT_THAT(server.requests()[0], HasSubstr("User-Agent: vcplay/"));
}

TEST_F(Icecast, GoesOnWithWhatIsPlayedNow) {
  const HttpServer server([&](const HttpExchange& client) {
    if (client.number() == 1) return client.refuse("503 Service Unavailable");
    if (client.number() < 3) radio_.send(client, {"Part " + std::to_string(client.number())});
    if (client.number() == 2) client.reset();  // how much of it arrives is a matter of chance
    if (client.number() != 3) return;
    Radio(five_seconds_ + five_seconds_).send(client, {"Part 3"});
    stay_on_the_air(client);
  });
  EXPECT_THAT(listen(server.url("/live"), 2 * 250 + 50), ElementsAre("0 Part 0", "0 Part 2", "0 Part 3"));
  EXPECT_THAT(server.requests(), Each(Not(HasSubstr("Range: bytes=1"))));
}

TEST(SlowServer, ThatSendsAByteNowAndThenIsCut) {
  const HttpServer server([](const HttpExchange& client) {
    client.send("HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n");
    while (!client.hung_up_within(500)) client.send("x");
  });
  EXPECT_EQ(refusal(at(server.url("/slow"))),
            '"' + server.url("/slow") + "\" cannot be opened: its server sends too slowly");
}

TEST(SlowServer, ThatSaysNothingIsCut) {
  const HttpServer server(
      [](const HttpExchange& client) { static_cast<void>(client.hung_up_within(60'000)); });
  EXPECT_THAT(refusal(at(server.url("/mute"))), HasSubstr("cannot be opened: Connection timed out"));
}

class Elsewhere : public ::testing::Test {
 protected:
  const std::string song_ = make_audio("secret.ts", Content::sweep, "-c:a mp2");
};

TEST_F(Elsewhere, RedirectsAreFollowedToServersOnlyAndNotForEver) {
  for (const std::string& where :
       {"file://" + song_, song_, std::string("ftp://127.0.0.1/x"), "concat:" + song_,
        std::string("data:audio/mpeg;base64,AAAA"), std::string("pipe:0")}) {
    const HttpServer server([&](const HttpExchange& client) {
      if (client.path() == "/start") return client.redirect(where);
      client.refuse("404 Not Found");
    });
    EXPECT_THAT(refusal(at(server.url("/start"))),
                HasSubstr(where == song_ ? "404" : "neither http nor https"))
        << where;
  }
  const HttpServer circle([](const HttpExchange& client) { client.redirect(client.path() + "x"); });
  EXPECT_EQ(refusal(at(circle.url("/"))),
            '"' + circle.url("/") + "\" cannot be opened: its server redirects again and again");
  EXPECT_LE(circle.requests().size(), 12U);
}

TEST(RemoteMedia, ThatAreAWebPageAreCalledThat) {
  const HttpServer server([](const HttpExchange& client) {
    client.send("HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html>Watch this!</html>");
  });
  EXPECT_THAT(refusal(at(server.url("/watch"))), HasSubstr("watch\" is a web page, not audio"));
}

TEST(RemoteMedia, OfAServerThatHangsUpSaySo) {
  const HttpServer server([](const HttpExchange&) {});
  EXPECT_THAT(refusal(at(server.url("/x"))), HasSubstr("closed the connection without an answer"));
}

TEST_F(Elsewhere, AListFromAServerReachesNoFile) {
  const HttpServer server([&](const HttpExchange& client) {
    if (client.path() == "/list.m3u")
      return client.answer("#EXTM3U\nfile://" + song_ + "\n" + song_ + "\nhop.pls\n");
    if (client.path() == "/hop.pls") return client.answer("[playlist]\nFile1=file://" + song_ + "\n");
    client.refuse("404 Not Found");
  });
  const Playback playback = play({at(server.url("/list.m3u"))});
  EXPECT_THAT(playback.frames, IsEmpty());
  EXPECT_THAT(errors(playback), ElementsAre(HasSubstr("list.m3u\" names \"file://"), HasSubstr("404"),
                                            HasSubstr("hop.pls\" names \"file://")));
}

TEST_F(Elsewhere, AListOnThisMachineMayLeadToServersButNotBack) {
  const HttpServer server(
      [&](const HttpExchange& client) { client.answer("#EXTM3U\nfile://" + song_ + "\n"); });
  const std::string list = write_file("mixed.m3u", song_ + "\n" + server.url("/list.m3u") + "\n");
  const Playback playback = play(list);
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 251.0, 1.0);
  EXPECT_THAT(errors(playback), ElementsAre(HasSubstr("http and https only")));
}

TEST_F(Elsewhere, SegmentsKeysAndListsOfAServersStreamAreOnServers) {
  const std::string key = write_file("key", "0123456789abcdef");
  const std::string inner = write_file(
      "inner.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n" + song_ + "\n#EXT-X-ENDLIST\n");
  const std::string head = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n";
  for (const std::string& list :
       {head + "#EXTINF:5,\nfile://" + song_ + "\n#EXT-X-ENDLIST\n",
        head + "#EXTINF:5,\nfile:" + song_ + "\n#EXT-X-ENDLIST\n",
        head + "#EXTINF:5,\nconcat:" + song_ + "\n#EXT-X-ENDLIST\n",
        head + "#EXTINF:5,\nsubfile,,start,0,end,0,,:" + song_ + "\n#EXT-X-ENDLIST\n",
        head + "#EXT-X-KEY:METHOD=AES-128,URI=\"file://" + key + "\"\n#EXTINF:5,\n/a.ts\n#EXT-X-ENDLIST\n",
        head + "#EXT-X-MAP:URI=\"file://" + song_ + "\"\n#EXTINF:5,\n/a.ts\n#EXT-X-ENDLIST\n",
        std::string("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nfile://") + inner + "\n"}) {
    const HttpServer server([&](const HttpExchange& client) {
      if (client.path() == "/list.m3u8") return client.answer(list);
      client.refuse("404 Not Found");
    });
    EXPECT_NE(refusal(at(server.url("/list.m3u8"))), "") << list;
  }
}

TEST_F(Elsewhere, ARedirectedSegmentReachesNoFile) {
  const HttpServer server([&](const HttpExchange& client) {
    if (client.path() == "/list.m3u8") {
      return client.answer("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na.ts\n#EXT-X-ENDLIST\n");
    }
    client.redirect("file://" + song_);
  });
  EXPECT_NE(refusal(at(server.url("/list.m3u8"))), "");
}

TEST_F(Elsewhere, FormatsThatOpenOtherFilesAreOff) {
  const std::string segment = contents_of(song_);
  const HttpServer server([&](const HttpExchange& client) {
    if (client.path() == "/song.ts") return client.answer(segment);
    client.answer("ffconcat version 1.0\nfile 'song.ts'\n");
  });
  EXPECT_THAT(refusal(at(server.url("/list.ffconcat"))), HasSubstr("or refers to other files or addresses"));
  EXPECT_THAT(server.requests(), Each(Not(HasSubstr("song.ts"))));
  const std::string script = write_file("list.txt", "file secret.ts\n");
  const std::string pictures = write_file("picture1.png", "no picture");
  const std::string dash = write_file(
      "list.mpd",
      "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" "
      "profiles=\"urn:mpeg:dash:profile:isoff-main:2011\"><Period><AdaptationSet mimeType=\"audio/mp4\">"
      "<Representation id=\"0\" bandwidth=\"1\"><BaseURL>" +
          song_ +
          "</BaseURL><SegmentBase/>"
          "</Representation></AdaptationSet></Period></MPD>");
  EXPECT_NE(refusal({script, "concat", 0, 0}), "");
  EXPECT_NE(refusal({script, "image2", 0, 0}), "");
  EXPECT_NE(refusal({scratch() + "picture%d.png", "image2", 0, 0}), "");
  EXPECT_NE(refusal(at(dash)), "");
}

TEST_F(Elsewhere, AStreamOnThisMachineMayHaveItsSegmentsThereAndOnServers) {
  const std::string segment = contents_of(song_);
  const HttpServer server([&](const HttpExchange& client) { client.answer(segment); });
  const std::string list =
      write_file("local.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nsecret.ts\n#EXTINF:5,\n" +
                                   server.url("/b.ts") + "\n#EXT-X-ENDLIST\n");
  const Playback playback = play(list);
  EXPECT_THAT(errors(playback), IsEmpty());
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 501.0, 5.0);
}

TEST_F(Elsewhere, AStreamOnThisMachineReachesNoFileByWayOfAServer) {
  const HttpServer server([&](const HttpExchange& client) {
    client.answer("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile://" + song_ + "\n#EXTINF:5,\n" + song_ +
                  "\n#EXT-X-ENDLIST\n");
  });
  const std::string list =
      write_file("outer.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n" + server.url("/inner.m3u8") + "\n");
  EXPECT_THAT(play(list).frames, IsEmpty());
}

TEST(RemoteList, IsKnownByItsTypeOrItsContent) {
  const std::string song = contents_of(make_audio("song.mp3", Content::sweep));
  const HttpServer server([&](const HttpExchange& client) {
    if (client.path() == "/listen") {
      return client.send(
          "HTTP/1.1 200 OK\r\nContent-Type: audio/x-scpls\r\nConnection: "
          "close\r\n\r\n[playlist]\nFile1=song\n");
    }
    if (client.path() == "/radio?id=1") return client.answer("#EXTM3U\n#EXTINF:1,A - B\nsong\n");
    client.answer(song);
  });
  const Playback playback = play({at(server.url("/listen")), at(server.url("/radio?id=1"))});
  EXPECT_THAT(errors(playback), IsEmpty());
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 501.0, 1.0);
  ASSERT_EQ(playback.tracks.size(), 2U);
  EXPECT_EQ(playback.tracks[1].track, 1U) << "the lists themselves are no tracks";
  EXPECT_EQ(playback.tracks[1].location, server.url("/song"));
}

TEST(RemoteList, IsSeenFromWhereARedirectLed) {
  const std::string song = contents_of(make_audio("song.mp3", Content::sweep));
  const HttpServer server([&](const HttpExchange& client) {
    if (client.path() == "/a.m3u") return client.redirect("/deep/b.m3u");
    if (client.path() == "/deep/b.m3u") return client.answer("song.mp3\n");
    if (client.path() == "/deep/song.mp3") return client.answer(song);
    client.refuse("404 Not Found");
  });
  EXPECT_NEAR(static_cast<double>(play({at(server.url("/a.m3u"))}).frames.size()), 251.0, 1.0);
}

TEST(RemoteList, ThatIsTooLongEndsInASentence) {
  const HttpServer server([](const HttpExchange& client) {
    client.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    const std::string piece(1U << 20U, '#');
    while (!client.hung_up_within(0)) client.send(piece);
  });
  EXPECT_THAT(refusal(at(server.url("/endless.m3u"))),
              HasSubstr("endless.m3u\" is longer than a playlist may be"));
}

TEST(RemoteList, ThatIsReallyAudioIsPlayed) {
  const std::string song = contents_of(make_audio("song.mp3", Content::sweep));
  const HttpServer server([&](const HttpExchange& client) { client.answer(song); });
  EXPECT_NEAR(static_cast<double>(play({at(server.url("/stream.m3u"))}).frames.size()), 251.0, 1.0);
}

TEST(RemoteList, ThatCannotBeHadSaysWhy) {
  const HttpServer server([](const HttpExchange& client) { client.refuse("403 Forbidden"); });
  EXPECT_THAT(refusal(at(server.url("/list.m3u"))),
              HasSubstr("list.m3u\" cannot be opened: its server answers 403 Forbidden:"));
}

}  // namespace
}  // namespace vcplay::testing
