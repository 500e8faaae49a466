// https media: whom the pipeline believes, and what it says when it does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include "base/error.hpp"
#include "words/audio_files.hpp"
#include "words/playback.hpp"
#include "words/raw_tls_peer.hpp"
#include "words/read_log.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::testing {
namespace {

using net::ServerIdentity;
using net::test::Conversation;
using net::test::RawTlsPeer;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nConnection: close\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string moved(const std::string& where) {
  return "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: " + where + "\r\n\r\n";
}

RawTlsPeer::Script answer(const std::string& response) {
  return [response](Conversation& client) {
    if (!client.read_until("\r\n\r\n").empty()) client.write(response);
  };
}

class Https : public ::testing::Test {
 protected:
  Https() {
    std::signal(SIGPIPE, SIG_IGN);  // the server may still be writing when it is refused
    for (const char* const name : {"http_proxy", "https_proxy", "all_proxy"}) ::unsetenv(name);
  }
  static std::string url(const RawTlsPeer& peer, const std::string& host = "127.0.0.1") {
    return "https://" + host + ':' + std::to_string(peer.port()) + "/song.mp3";
  }
  media::PipelineOptions trusting(const ServerIdentity& identity) const {
    return {128'000, 1.0, write_file("ca.pem", identity.ca_pem)};
  }
  static media::Media at(const std::string& url) { return {url, {}, 0, 0}; }

  const std::string song_ = contents_of(make_audio("song.mp3", Content::sweep));
  const ServerIdentity loopback_ = ServerIdentity::make({"127.0.0.1"});
};

TEST_F(Https, PlaysFromAServerThatTheGivenAuthorityVouchesFor) {
  const RawTlsPeer server(loopback_, answer(ok(song_)));
  const Playback playback = play({at(url(server))}, trusting(loopback_));
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 251.0, 2.0);
}

TEST_F(Https, WorksInAProcessThatGivesNoDumps) {
  ASSERT_EQ(::prctl(PR_SET_DUMPABLE, 0), 0);
  const RawTlsPeer server(loopback_, answer(ok(song_)));
  EXPECT_EQ(play({at(url(server))}, trusting(loopback_)).results.at(0).error, "");
  ::prctl(PR_SET_DUMPABLE, 1);
}

TEST_F(Https, RefusesAnUnknownAuthority) {
  const RawTlsPeer server(loopback_, answer(ok(song_)));
  const std::string expected = '"' + url(server) + "\" cannot be opened: ";
  EXPECT_THAT(refusal(at(url(server))), AllOf(HasSubstr(expected), HasSubstr("certificate")));
  EXPECT_THAT(refusal(at(url(server)), trusting(ServerIdentity::make({"127.0.0.1"}))),
              HasSubstr("certificate"))
      << "another authority of the same name";
}

TEST_F(Https, RefusesACertificateForAnotherHost) {
  const ServerIdentity elsewhere = ServerIdentity::make({"music.example", "127.0.0.2"});
  const RawTlsPeer server(elsewhere, answer(ok(song_)));
  EXPECT_THAT(refusal(at(url(server)), trusting(elsewhere)), HasSubstr("certificate"));
}

TEST_F(Https, RefusesAnUntrustedServerThatATrustedOneSendsItTo) {
  const RawTlsPeer impostor(ServerIdentity::make({"127.0.0.1"}), answer(ok(song_)));
  const RawTlsPeer trusted(loopback_, answer(moved(url(impostor))));
  EXPECT_THAT(refusal(at(url(trusted)), trusting(loopback_)), HasSubstr("certificate"));
}

TEST_F(Https, FollowsATrustedServerToAnother) {
  const RawTlsPeer second(loopback_, answer(ok(song_)));
  const RawTlsPeer first(loopback_, answer(moved(url(second))));
  EXPECT_EQ(play({at(url(first))}, trusting(loopback_)).results.at(0).error, "");
}

TEST_F(Https, APlaylistFromAServerReachesNoFile) {
  const std::string segment = make_audio("song.ts", Content::sweep, "-c:a mp2");
  const RawTlsPeer server(loopback_, answer(ok("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile://" +
                                               segment + "\n#EXT-X-ENDLIST\n")));
  EXPECT_NE(
      refusal(at("https://127.0.0.1:" + std::to_string(server.port()) + "/list.m3u8"), trusting(loopback_)),
      "");
}

TEST_F(Https, PlaysAPlaylistOfSegmentsOfTheSameServer) {
  const std::string segment = contents_of(make_audio("segment.ts", Content::sweep, "-c:a mp2"));
  const RawTlsPeer server(loopback_, [&](Conversation& client) {
    const bool wants_list = client.read_until("\r\n\r\n").find(".m3u8") != std::string::npos;
    client.write(ok(
        wants_list ? "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na.ts\n#EXTINF:5,\nb.ts\n#EXT-X-ENDLIST\n"
                   : segment));
  });
  const std::string list = "https://127.0.0.1:" + std::to_string(server.port()) + "/list.m3u8";
  const Playback playback = play({at(list)}, trusting(loopback_));
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 501.0, 5.0);
}

TEST_F(Https, QuotesWhatTheServerSays) {
  const RawTlsPeer server(loopback_,
                          answer("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_THAT(refusal(at(url(server)), trusting(loopback_)), HasSubstr("404 Not Found"));
}

TEST_F(Https, SaysWhenNobodyListens) {
  const std::string nobody = "https://127.0.0.1:" + std::to_string(net::test::closed_port()) + "/song.mp3";
  EXPECT_EQ(refusal(at(nobody)), '"' + nobody + "\" cannot be opened: Connection refused");
}

TEST_F(Https, SaysWhenTheCaFileIsOfNoUse) {
  ReadLog queue;
  Witness witness;
  for (const std::string& file : {std::string("/nowhere.pem"), write_file("not.pem", "hello")}) {
    try {
      const media::Pipeline pipeline({at("https://127.0.0.1/")}, {64'000, 1.0, file}, queue, witness);
      FAIL() << file << " was taken for certificates";
    } catch (const Error& error) {
      EXPECT_EQ(error.cause(), Cause::usage);
      EXPECT_THAT(error.what(), HasSubstr('"' + file + '"'));
    }
  }
}

TEST_F(Https, AnUntruthfulLengthIsDamageNotFailure) {
  const LogBook log;
  std::string response = ok(song_);
  response.resize(response.size() - song_.size() / 2);
  const RawTlsPeer server(loopback_, answer(response));
  const Playback playback = play({at(url(server))}, trusting(loopback_));
  EXPECT_EQ(playback.results.at(0).error, "");
  EXPECT_NEAR(static_cast<double>(playback.frames.size()), 125.0, 5.0);
  ASSERT_EQ(log.lines().size(), 1U);
  EXPECT_THAT(log.lines()[0], HasSubstr("0:02."));
}

}  // namespace
}  // namespace vcplay::testing
