// Lists from servers whose first piece ends anywhere: each is known for what it is.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "words/audio_files.hpp"
#include "words/http_server.hpp"
#include "words/playback.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

/// `text` in two pieces, of which a client reads one at a time (RFC 9112 s7.1).
std::string in_two(const std::string& text, std::size_t first) {
  std::string answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& piece : {text.substr(0, first), text.substr(first)}) {
    answer += fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
  }
  return answer + "0\r\n\r\n";
}

/// Plays `list`, whose name says nothing, from a server that also has `song`. Returns how often
/// it was asked for.
std::ptrdiff_t requests_for(const std::string& list, std::size_t first, const std::string& song) {
  const std::string sound = contents_of(song);
  const HttpServer server([&](const HttpExchange& client) {
    if (client.path() == "/list") return client.send(in_two(list, first));
    client.answer(sound);
  });
  const Playback playback = play({{server.url("/list"), {}, 0, 0}});
  EXPECT_EQ(playback.results.at(0).error, "") << first;
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 251.0, 3.0) << first;
  const std::vector<std::string> requests = server.requests();
  return std::count_if(requests.begin(), requests.end(),
                       [](const std::string& request) { return request.starts_with("GET /list "); });
}

// Behind a letter, within the mark, with it, and behind its line.
constexpr std::size_t kFirstPieces[] = {1, 4, 7, 8};

TEST(ListHead, OfTracksIsKnownWhereverItsFirstPieceEnds) {
  const std::string song = make_audio("song.wav", Content::sweep);
  for (const std::size_t first : kFirstPieces) {
    EXPECT_EQ(requests_for("#EXTM3U\n/song.wav\n", first, song), 2) << "looked at, and then read: " << first;
  }
}

TEST(ListHead, OfSegmentsIsKnownWhereverItsFirstPieceEnds) {
  const std::string song = make_audio("song.ts", Content::sweep, "-c:a mp2");
  const std::string list = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n/song.ts\n#EXT-X-ENDLIST\n";
  for (const std::size_t first : kFirstPieces) {
    EXPECT_EQ(requests_for(list, first, song), 1) << "it is no list of tracks: " << first;
  }
}

TEST(ListHead, OfSegmentsMayBeLong) {
  const std::string song = make_audio("song.ts", Content::sweep, "-c:a mp2");
  const std::string list = "#EXTM3U\n#" + std::string(1'000, '-') +
                           "\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n/song.ts\n#EXT-X-ENDLIST\n";
  EXPECT_EQ(requests_for(list, 8, song), 3) << "looked at, read as a list of tracks, and played";
}

// FFmpeg 7 goes by how names end.
TEST(ListHead, OfSegmentsIsKnownWhateverItAndTheyAreCalled) {
  const std::string segment = contents_of(make_audio("segment.ts", Content::sweep, "-c:a mp2"));
  const HttpServer server([&](const HttpExchange& client) {
    if (client.path() == "/part?of=it") return client.answer(segment);
    client.send(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/vnd.apple.mpegurl\r\n\r\n"
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n/part?of=it\n#EXT-X-ENDLIST\n");
  });
  const Playback playback = play({{server.url("/live?channel=1"), {}, 0, 0}});
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 251.0, 5.0);
}

}  // namespace
}  // namespace vcplay::testing
