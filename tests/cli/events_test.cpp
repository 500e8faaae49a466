// What scripts read on standard output.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cli/events.hpp"
#include "words/stuck_pipe.hpp"

namespace vcplay::cli {
namespace {

using Json = nlohmann::ordered_json;

/// A pipe in place of standard output and a clock that stands still.
class Events : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::pipe2(pipe_, O_CLOEXEC | O_NONBLOCK), 0); }
  void TearDown() override {
    ::close(pipe_[0]);
    ::close(pipe_[1]);
  }

  std::string line() const {
    char bytes[32'768];
    const ssize_t count = ::read(pipe_[0], bytes, sizeof bytes);
    return {bytes, static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
  }

  int pipe_[2] = {-1, -1};
  EventWriter writer() const {
    return EventWriter(pipe_[1], [] {
      return std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'042));
    });
  }
};

TEST_F(Events, BeginWithTheSchema) {
  writer().start("0.2.0");
  EXPECT_EQ(line(), R"({"event":"start","time":"2023-11-14T22:13:20.042Z","schema":1,"vcplay":"0.2.0"})"
                    "\n");
}

TEST_F(Events, TellWhoJoinedWhat) {
  JoinedEvent event;
  event.guild = {81384788765712384};
  event.channel = {381870553235193857};
  event.channel_name = "Music";
  event.user = {111111111111111111};
  event.bitrate = 96'000;
  event.encryption = "aead_aes256_gcm_rtpsize";
  event.join_time = 412'345us;
  writer().joined(event);
  EXPECT_EQ(
      line(),
      R"({"event":"joined","time":"2023-11-14T22:13:20.042Z","guild":"81384788765712384",)"
      R"("channel":"381870553235193857","channel_name":"Music","user":"111111111111111111","bitrate":96000,)"
      R"("encryption":"aead_aes256_gcm_rtpsize","join_seconds":0.412})"
      "\n")
      << "ids are strings: a JSON number would lose digits";
}

TEST_F(Events, TellTheCodeThatPeopleCompare) {
  const Place place = {{81384788765712384}, {381870553235193857}};
  writer().e2ee({.place = place,
                 .active = true,
                 .version = 1,
                 .line = "encrypted",
                 .epoch = 3,
                 .code = "058708105556138052119572494877",
                 .members = {Snowflake{82198898841029460}, Snowflake{80351110224678912}}});
  EXPECT_EQ(line(), R"({"event":"e2ee","time":"2023-11-14T22:13:20.042Z","guild":"81384788765712384",)"
                    R"("channel":"381870553235193857","active":true,"version":1,"line":"encrypted",)"
                    R"("epoch":3,"code":"058708105556138052119572494877",)"
                    R"("members":["82198898841029460","80351110224678912"]})"
                    "\n");
  writer().e2ee({.place = place,
                 .active = false,
                 .version = 0,
                 .line = "not-encrypted",
                 .epoch = {},
                 .code = {},
                 .members = {}});
  EXPECT_THAT(
      line(),
      ::testing::HasSubstr(
          R"("active":false,"version":0,"line":"not-encrypted","epoch":null,"code":null,"members":[]})"));
}

TEST_F(Events, StayOneLineWhateverATitleHolds) {
  media::TrackInfo info;
  info.track = 1;
  info.location = "https://me:pw@host/a.mp3?token=abc";
  info.title = "a\"b\\c\x1b[2J\n{\"event\":\"left\"}\xff\u202e";
  info.codec = "mp3";
  info.container = "mp3";
  info.sample_rate = 44'100;
  info.channels = 2;
  info.tracks = 3;
  writer().track(info);
  const std::string text = line();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  const Json event = Json::parse(text);
  EXPECT_EQ(event["title"], "a\"b\\c\\x1b[2J\\n{\"event\":\"left\"}\uFFFD\\u{202e}");
  EXPECT_EQ(event["media"], "https://***@host/a.mp3?***");
  EXPECT_EQ(event["track"], 2);
  EXPECT_EQ(event["tracks"], 3);
  EXPECT_TRUE(event["artist"].is_null());
  EXPECT_TRUE(event["duration"].is_null());
}

TEST_F(Events, TellWhetherOpusGoesOutAsItIs) {
  media::TrackInfo info;
  info.codec = "opus";
  writer().track(info);
  Json event = Json::parse(line());
  EXPECT_EQ(event["passthrough"], true);
  EXPECT_TRUE(event["reencoded"].is_null());
  info.reencoded = "the volume is changed";
  writer().track(info);
  event = Json::parse(line());
  EXPECT_EQ(event["passthrough"], false);
  EXPECT_EQ(event["reencoded"], "the volume is changed");
  media::TrackResult result;
  result.frames = 100;
  result.passed = 50;
  result.reencoded = "a packet of it is damaged (from 1.00 s on)";
  writer().track_end(result);
  event = Json::parse(line());
  EXPECT_EQ(event["played"], 2.0);
  EXPECT_EQ(event["passed"], 1.0);
  EXPECT_EQ(event["reencoded"], "a packet of it is damaged (from 1.00 s on)");
}

TEST_F(Events, TellWhyTheRunFails) {
  writer().error(Cause::token_refused, "Discord refused the token.");
  EXPECT_EQ(line(), R"({"event":"error","time":"2023-11-14T22:13:20.042Z","status":5,"name":"token_refused",)"
                    R"("message":"Discord refused the token."})"
                    "\n");
}

TEST_F(Events, TellHowEachChannelFared) {
  writer().targets(
      {{.place = {{81384788765712384}, {381870553235193857}}, .sent = 20s, .packets = 1015, .reason = {}},
       {.place = {{81384788765712385}, {381870553235193858}},
        .packets = 3,
        .lost = 1,
        .status = 8,
        .reason = "The bot was removed."}});
  EXPECT_EQ(Json::parse(line())["targets"], Json::parse(R"([
    {"guild": "81384788765712384", "channel": "381870553235193857", "sent_seconds": 20.0, "packets": 1015,
     "lost": 0, "status": 0, "reason": null},
    {"guild": "81384788765712385", "channel": "381870553235193858", "sent_seconds": 0.0, "packets": 3,
     "lost": 1, "status": 8, "reason": "The bot was removed."}])"));
}

TEST_F(Events, CountInSecondsAndMicroseconds) {
  media::TrackResult result;
  result.location = "a.mp3";
  result.frames = 75;
  writer().track_end(result);
  EXPECT_EQ(Json::parse(line())["played"], 1.5);
  StatisticsEvent statistics;
  statistics.run_time = 1500ms;
  statistics.late_p99 = 87us;
  writer().statistics(statistics);
  const Json event = Json::parse(line());
  EXPECT_EQ(event["seconds"], 1.5);
  EXPECT_EQ(event["late_us"]["p99"], 87);
}

/// The names of an event's fields beside its own name and time, as the table spells them.
std::string fields_of(const Json& event) {
  std::string fields;
  for (const auto& [key, value] : event.items()) {
    if (key != "event" && key != "time") fields += (fields.empty() ? "" : " ") + key;
  }
  return fields;
}

TEST_F(Events, HaveTheFieldsThatTheTablePromises) {
  EventWriter w = writer();
  const std::vector<std::function<void()>> every = {[&] { w.start("0"); },
                                                    [&] { w.joined({}); },
                                                    [&] { w.e2ee({}); },
                                                    [&] { w.track({}); },
                                                    [&] { w.title({}); },
                                                    [&] { w.track_end({}); },
                                                    [&] { w.underrun({}, 1); },
                                                    [&] { w.reconnect({}); },
                                                    [&] { w.left({}, ""); },
                                                    [&] { w.statistics({}); },
                                                    [&] { w.error(Cause::unexpected, ""); },
                                                    [&] { w.targets({}); }};
  ASSERT_EQ(every.size() + 1, event_table().size()) << "and \"lost\", which comes by itself";
  for (std::size_t i = 0; i < every.size(); ++i) {
    every[i]();
    w.finish();
    const Json event = Json::parse(line());
    EXPECT_EQ(event["event"], event_table()[i].name);
    EXPECT_EQ(fields_of(event), event_table()[i].fields);
  }
}

std::string failure_of(int fd) {
  try {
    EventWriter events(fd);
    events.left({}, "it was time");
    events.finish();
  } catch (const Error& error) {
    EXPECT_EQ(error.cause(), Cause::output);
    return error.what();
  }
  return "no error";
}

TEST_F(Events, FailWhenTheirReaderIsGone) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  ::close(pipe_[0]);
  EXPECT_EQ(failure_of(pipe_[1]), "Cannot write events to standard output: Broken pipe.");
  ::signal(SIGPIPE, before);
  pipe_[0] = -1;
}

TEST_F(Events, FailAtTheNextOneWhenOneCouldNotBeWritten) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  ::close(pipe_[0]);
  EventWriter events(pipe_[1]);
  events.underrun({}, 1);
  EXPECT_THROW(events.finish(), Error);
  EXPECT_THROW(events.underrun({}, 2), Error);
  ::signal(SIGPIPE, before);
  pipe_[0] = -1;
}

TEST(EventsWithoutAReader, HoldNobodyUp) {
  vcplay::testing::StuckPipe pipe;
  EventWriter events(pipe.write_end());
  for (std::uint64_t i = 1; i <= 100'000; ++i) events.underrun({}, i);
  events.left({}, "finished");
  EXPECT_THROW(events.finish(), Error) << "nobody has read them for a second";
}

TEST(EventsOfAFleet, TellOfEveryChannelHoweverManyThereAre) {
  vcplay::testing::StuckPipe pipe;
  EventWriter events(pipe.write_end());
  events.targets(std::vector<TargetLine>(20'000));
  const std::string text = pipe.read_until("]}\n");
  const Json event = Json::parse(text.substr(text.find('{')));
  EXPECT_EQ(event.at("event"), "targets");
  EXPECT_EQ(event.at("targets").size(), 20'000U);
}

TEST(EventsWithoutAReader, TellHowManyWereLost) {
  vcplay::testing::StuckPipe pipe;
  EventWriter events(pipe.write_end());
  constexpr std::uint64_t kEvents = 50'000;
  for (std::uint64_t i = 1; i <= kEvents; ++i) events.underrun({}, i);
  events.left({}, "finished");
  std::istringstream text(pipe.read_until("\"reason\":\"finished\"}\n"));
  std::uint64_t expected = 0;
  std::uint64_t lost = 0;
  std::string name;
  for (std::string line; std::getline(text, line);) {
    const Json event = Json::parse(line);
    name = event.at("event");
    if (name == "underrun") {
      EXPECT_EQ(event.at("underruns"), ++expected) << "in order";
    }
    if (name == "lost") lost += event.at("events").get<std::uint64_t>();
  }
  EXPECT_EQ(expected + lost, kEvents) << "every one was written or counted";
  EXPECT_GT(expected, 5'000U) << "there is room for hours of them";
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(name, "left");
  events.finish();
}

TEST_F(Events, FailWhenTheDiskIsFull) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  EXPECT_EQ(failure_of(full), "Cannot write events to standard output: No space left on device.");
  ::close(full);
}

TEST_F(Events, FailWhenStandardOutputIsClosed) {
  EXPECT_EQ(failure_of(pipe_[1] + 100), "Cannot write events to standard output: Bad file descriptor.");
}

}  // namespace
}  // namespace vcplay::cli
