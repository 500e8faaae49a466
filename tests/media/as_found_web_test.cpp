// Servers as people find them: what plays whole plays without a word, and what is missing is told once.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "words/audio_files.hpp"
#include "words/http_server.hpp"
#include "words/playback.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Matcher;

media::Media at(const std::string& location) { return {location, {}, 0, 0}; }

std::string bytes_of(const std::string& name, const std::string& arguments = {}) {
  return contents_of(make_audio(name, Content::sweep, arguments));
}

/// Plays whole, and nothing is said about it.
void expect_whole(const HttpServer& server, const std::string& path) {
  const LogBook log;
  const Playback playback = play({at(server.url(path))});
  EXPECT_THAT(log.lines(), IsEmpty()) << path;
  ASSERT_EQ(playback.results.size(), 1U);
  EXPECT_EQ(playback.results[0].error, "") << path;
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), kContentSeconds * 50, 3) << path;
}

// ── segments ──

/// Eight seconds in four segments, beside a list in which one of them is not there.
std::string list_without(const TemporaryFolder& folder, const std::string& segment) {
  const std::string list = folder.file("whole.m3u8");
  static_cast<void>(make_file("tone.wav", "-f lavfi -i sine=d=8:r=48000"));
  const std::string command =
      "ffmpeg -v error -nostdin -y -i \"" + scratch() +
      "tone.wav\" -c:a aac -f hls -hls_time 2 -hls_playlist_type vod -hls_segment_filename \"" +
      folder.file("s%d.ts") + "\" \"" + list + '"';
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::string text = contents_of(list);
  text.replace(text.find(segment), segment.size(), "gone.ts");
  return folder.write("holes.m3u8", text);
}

TEST(Segment, ThatIsNotThereIsToldOnce) {
  for (const char* const segment : {"s0.ts", "s2.ts"}) {
    const TemporaryFolder folder;
    const std::string list = list_without(folder, segment);
    const HttpServer server([&](const HttpExchange& client) {
      const std::string file = folder.file(client.path().substr(1));
      if (!std::filesystem::exists(file)) return client.refuse("404 Not Found");
      client.answer(contents_of(file));
    });
    for (const std::string& place : {list, server.url("/holes.m3u8")}) {
      const LogBook log;
      const Playback playback = play({at(place)});
      EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("holes.m3u8\": a segment of it cannot be had: ")))
          << segment;
      EXPECT_NEAR(static_cast<double>(playback.frames.size()), 300, 6) << place << ' ' << segment;
    }
  }
}

// ── what servers say instead ──

TEST(Server, TellsItsStatusAndWhatToDo) {
  const std::pair<const char*, const char*> answers[] = {
      {"429 Whatever", "429 Too Many Requests: its server was asked too"},
      {"503 X", "503 Service Unavailable: its server is in trouble"},
      {"410 X", "410 Gone: it was there"},
      {"401 X", "401 Unauthorized: it wants a login"},
      {"403 X", "403 Forbidden: its server does not give it to you"},
      {"418 X", "418: its server does not give it"},
      {"599 X", "599: its server is in trouble"}};
  for (const auto& answer : answers) {
    const HttpServer server([&](const HttpExchange& client) { client.refuse(answer.first); });
    EXPECT_THAT(refusal(at(server.url("/a.mp3"))),
                HasSubstr(std::string("cannot be opened: its server answers ") + answer.second));
  }
}

TEST(Server, MayNotKnowHowLongItIs) {
  const std::string song = bytes_of("song.mp3");
  const HttpServer server([&](const HttpExchange& client) {
    const std::size_t last = song.size() - 1;
    client.send("HTTP/1.1 206 Partial Content\r\nConnection: close\r\nContent-Length: " +
                std::to_string(song.size()) + "\r\nContent-Range: bytes 0-" + std::to_string(last) +
                "/*\r\n\r\n" + song);
  });
  const LogBook log;
  const Playback playback = play({at(server.url("/song.mp3"))});
  EXPECT_THAT(log.lines(), IsEmpty());
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), kContentSeconds * 50, 3);
}

/// Sent in pieces of a kilobyte each (RFC 9112 s7.1).
std::string chunked(const std::string& body, bool has_last) {
  std::string all;
  for (std::size_t at = 0; at < body.size(); at += 1024) {
    const std::string piece = body.substr(at, 1024);
    all += fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
  }
  return all + (has_last ? "0\r\n\r\n" : "");
}

TEST(Server, OwesALastChunk) {
  const std::string song = bytes_of("song.mp3");
  for (const char* const connection : {"close", "keep-alive"}) {
    const std::string head = std::string("HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nConnection: ") +
                             connection + "\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const bool has_last : {true, false}) {
      const std::string body = chunked(has_last ? song : song.substr(0, song.size() / 2), has_last);
      const HttpServer server([&](const HttpExchange& client) { client.send(head + body); });
      const LogBook log;
      const Playback playback = play({at(server.url("/song.mp3"))});
      EXPECT_THAT(log.lines(), has_last ? Matcher<std::vector<std::string>>(IsEmpty())
                                        : ElementsAre(HasSubstr("it ended too early")))
          << connection;
      EXPECT_NEAR(static_cast<double>(playback.frames.size()), kContentSeconds * (has_last ? 50 : 25), 4)
          << connection;
    }
  }
}

TEST(Server, ThatSaysGzipHasToSendIt) {
  const std::string song = bytes_of("song.mp3");
  const HttpServer server([&](const HttpExchange& client) {
    if (client.path() == "/good.mp3") return client.answer(song);
    client.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: " +
                std::to_string(song.size()) + "\r\n\r\n" + song);
  });
  const Playback playback = play({at(server.url("/liar.mp3")), at(server.url("/good.mp3"))});
  ASSERT_EQ(playback.results.size(), 2U);
  EXPECT_THAT(playback.results[0].error, HasSubstr("it is not gzip, though its server says so"));
  EXPECT_EQ(playback.results[1].error, "");
}

// ── further answers that are whole ──

TEST(WholeAnswer, MayBeADocumentOfTheFirstHttp) {
  const std::string song = bytes_of("song.ogg", "-c:a libvorbis");
  for (const char* const head :
       {"HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Type: audio/ogg\r\n\r\n",
        "ICY 200 OK\r\n\r\n"}) {
    const HttpServer server([&](const HttpExchange& client) { client.send(head + song); });
    expect_whole(server, "/song.ogg");
  }
}

TEST(WholeAnswer, MayHaveChunksOfAnySizeWithExtensionsAndTrailers) {
  const std::string song = bytes_of("song.mp3");
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
  const auto chunk = [](const std::string& form, const std::string& piece) {
    return fmt::format(fmt::runtime(form), piece.size()) + "\r\n" + piece + "\r\n";
  };
  const std::string bodies[] = {
      chunk("{:X}", song) + "0\r\n\r\n",
      chunk("{:x};name=value", song) + "0\r\n\r\n",
      chunk("{:08x}", song) + "0\r\nExpires: never\r\nX-Sum: 1\r\n\r\n",
      chunk("{:x}", song.substr(0, 1)) + chunk("{:x}", song.substr(1)) + "000\r\n\r\n",
  };
  for (const std::string& body : bodies) {
    const HttpServer server([&](const HttpExchange& client) { client.send(head + body); });
    expect_whole(server, "/song.mp3");
  }
}

// FFmpeg asks for the rest whenever it looks for something behind what it has read.
TEST(WholeAnswer, MayBeRangesOfALengthThatNobodyKnows) {
  for (const char* const name : {"song.flac", "song.wav", "song.m4a"}) {
    const std::string song = bytes_of(name);
    const HttpServer server([&](const HttpExchange& client) {
      const std::size_t first = std::min(client.first_byte(), song.size() - 1);
      client.send(fmt::format("HTTP/1.1 206 Partial Content\r\nConnection: close\r\nAccept-Ranges: bytes\r\n"
                              "Content-Range: bytes {}-{}/*\r\nContent-Length: {}\r\n\r\n",
                              first, song.size() - 1, song.size() - first) +
                  song.substr(first));
    });
    expect_whole(server, std::string("/") + name);
  }
}

TEST(WholeAnswer, MayBeCalledWhateverTheServerLikes) {
  const std::string song = bytes_of("song.flac");
  for (const char* const type :
       {"text/plain", "application/octet-stream", "audio/mpeg", "video/mp4", "nonsense"}) {
    const HttpServer server([&](const HttpExchange& client) {
      client.send(
          fmt::format(
              "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n", type,
              song.size()) +
          song);
    });
    expect_whole(server, "/song");
  }
}

// ── further answers that are not ──

TEST(ShortAnswer, IsToldOnceWhateverItIs) {
  for (const char* const name : {"song.wav", "song.flac", "song.ogg", "song.aac"}) {
    const std::string song = bytes_of(name, std::string(name) == "song.ogg" ? "-c:a libvorbis" : "");
    const std::string half = chunked(song.substr(0, song.size() / 2), false);
    const HttpServer server([&](const HttpExchange& client) {
      client.send("HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + half);
    });
    const LogBook log;
    const Playback playback = play({at(server.url(std::string("/") + name))});
    EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("it ended too early"))) << name;
    EXPECT_GT(playback.frames.size(), kContentSeconds * 10) << name;
  }
}

TEST(Segment, OfAServerInTroubleIsToldOnce) {
  for (const char* const status : {"500 Internal Server Error", "403 Forbidden", "429 Too Many Requests"}) {
    const TemporaryFolder folder;
    static_cast<void>(list_without(folder, "s1.ts"));
    const HttpServer server([&](const HttpExchange& client) {
      const std::string file = folder.file(client.path().substr(1));
      if (!std::filesystem::exists(file)) return client.refuse(status);
      client.answer(contents_of(file));
    });
    const LogBook log;
    const Playback playback = play({at(server.url("/holes.m3u8"))});
    EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("holes.m3u8\": a segment of it cannot be had: ")))
        << status;
    EXPECT_NEAR(static_cast<double>(playback.frames.size()), 300, 6) << status;
  }
}

TEST(Segment, ThatIsTheLastIsMissedToo) {
  const TemporaryFolder folder;
  const std::string list = list_without(folder, "s3.ts");
  const LogBook log;
  const Playback playback = play({at(list)});
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("a segment of it cannot be had: ")));
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 300, 6);
}

TEST(Segment, IsMissedOnceWhereManyAreMissing) {
  const TemporaryFolder folder;
  const std::string list = list_without(folder, "s1.ts");
  std::string text = contents_of(list);
  text.replace(text.find("s2.ts"), 5, "lost.ts");
  const LogBook log;
  const Playback playback = play({at(folder.write("more_holes.m3u8", text))});
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("a segment of it cannot be had: ")));
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 200, 6);
}

}  // namespace
}  // namespace vcplay::testing
