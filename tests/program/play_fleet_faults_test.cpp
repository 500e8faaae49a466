// One run, twenty channels: what goes wrong in some of them costs the others nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "rehearsal/fault_script.hpp"
#include "words/fleet_stage.hpp"
#include "words/opus_files.hpp"

namespace vcplay::testing {
namespace {

using rehearsal::DiscordOptions;
using rehearsal::Place;
using rehearsal::Report;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr auto kDeadline = 120s;
constexpr std::size_t kChannels = 20;
constexpr double kSong = 4.0;  // seconds
constexpr const char* kEverything = "Every member who was entitled to hear heard every packet.";

/// What strikes one channel a second after its first audio, and what becomes of that channel.
struct Blow {
  std::string faults;  // statements of a script without their time; `+ 400ms` before one: so much later
  int status = 0;
  Duration missed{};  // the part of the song that did not come through; all behind it where the channel ends
};

/// In so many runs: at least as many channels are spared as are struck.
struct Storm {
  std::string name;
  std::vector<Blow> blows;
  int exit_status = 0;
};
void PrintTo(const Storm& storm, std::ostream* out) { *out << storm.name; }

const Storm kStorms[] = {{"OnTheVoiceGateway",
                          {{"drop voice"},
                           {"close voice 4015"},
                           {"close voice 4006", 0, 200ms},
                           {"forget voice; drop voice", 0, 1s},
                           {"refuse voice for 500ms; drop voice"},
                           {"ignore voice acks for 2s"},
                           {"rekey; + 300ms rekey same; + 600ms rekey first; + 900ms rekey shared"},
                           {"flood voice 400; + 300ms flood proposals 400; + 600ms crowd 5000; + 900ms large "
                            "voice 250k"},
                           {"flood keys 200", 0, 200ms},
                           {"flood transitions 20", 0, 200ms}}},
                         {"OnTheVoiceStateAndTheDatagrams",
                          {{"migrate after 500ms", 0, 200ms},
                           {"migrate at once", 0, 200ms},
                           {"move", 0, 200ms},
                           {"mute; + 400ms unmute", 0, 600ms},
                           {"suppress; + 400ms invite", 0, 600ms},
                           {"deny speaking", 0, 3200ms},
                           {"guild outage for 500ms"},
                           {"bitrate 64k"},
                           {"lose udp 30% for 1s", 0, 1200ms},
                           {"block udp for 500ms", 0, 700ms}}},
                         {"ThatEndItThere",
                          {{"kick", 8},
                           {"take over", 10},
                           {"delete channel", 8},
                           {"remove guild", 8},
                           {"become stage", 9},
                           {"close voice 4017", 9},
                           {"close voice 4021", 7},
                           {"close voice 4022", 8}},
                          15}};

/// Every other channel is struck.
bool is_struck(const Storm& storm, std::size_t place) {
  return place % 2 == 1 && place / 2 < storm.blows.size();
}
const Blow& blow_at(const Storm& storm, std::size_t place) { return storm.blows[place / 2]; }

rehearsal::FaultScript script_of(const Blow& blow) {
  std::string text;
  std::string_view rest = blow.faults;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find("; "), rest.size());
    std::string_view statement = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 2, rest.size()));
    std::string_view later = "0ms";
    if (statement.starts_with("+ ")) {
      later = statement.substr(2, statement.find(' ', 2) - 2);
      statement.remove_prefix(2 + later.size() + 1);
    }
    text += fmt::format("at {} {}\n", later, statement);
  }
  rehearsal::FaultScript script = rehearsal::parse_script(text);
  for (rehearsal::ScriptedFault& fault : script) fault.at += 1s;
  return script;
}

DiscordOptions struck_by(const Storm& storm) {
  DiscordOptions options = guilds(kChannels);
  const std::vector<Place> places = rehearsal::places_of(options);
  for (std::size_t place = 0; place < kChannels; ++place) {
    if (!is_struck(storm, place)) continue;
    for (rehearsal::ScriptedFault& fault : script_of(blow_at(storm, place))) {
      fault.in = places[place].channel;
      options.script.push_back(fault);
    }
  }
  return options;
}

TEST(PlayFleetFaults, AreAllThatReachOneCall) {
  std::set<rehearsal::FaultKind> tried;
  for (const Storm& storm : kStorms) {
    EXPECT_LE(storm.blows.size(), kChannels / 2) << storm.name;
    for (const Blow& blow : storm.blows) {
      for (const rehearsal::ScriptedFault& one : script_of(blow)) tried.insert(one.fault.kind);
    }
  }
  for (const rehearsal::FaultForm& form : rehearsal::fault_forms()) {
    if (reach_of(form.kind) != rehearsal::FaultReach::call) continue;
    EXPECT_TRUE(tried.contains(form.kind)) << form.words;
  }
}

class PlayFleetThroughFaults : public ::testing::TestWithParam<Storm> {};

TEST_P(PlayFleetThroughFaults, CostsTheOthersNothing) {
  const Storm& storm = GetParam();
  FleetStage stage(struck_by(storm));
  const Finished finished = run(stage.play_everywhere({"--json", stage.tone("song.wav", kSong)}), kDeadline);
  EXPECT_EQ(finished.exit_status, storm.exit_status) << finished.err;
  const std::vector<int> statuses = statuses_of(finished.out);
  ASSERT_THAT(statuses, SizeIs(kChannels));
  const auto reports = stage.discord().reports();
  for (std::size_t place = 0; place < kChannels; ++place) {
    const Report& report = reports[place].report;
    if (!is_struck(storm, place)) {
      EXPECT_EQ(statuses[place], 0) << place;
      EXPECT_THAT(report.faults, IsEmpty()) << place;
      expect_heard(report, kSong, fmt::format("channel {}, which was spared", place));
      continue;
    }
    const Blow& blow = blow_at(storm, place);
    SCOPED_TRACE(blow.faults);
    EXPECT_EQ(statuses[place], blow.status) << finished.err;
    EXPECT_THAT(report.faults, SizeIs(script_of(blow).size()));
    EXPECT_EQ(findings(report), "");
    EXPECT_EQ(report.encryption.plaintext, 0U);
    const auto song = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(kSong));
    EXPECT_LE(report.heard, song + 20ms);
    if (blow.status == 0) {
      EXPECT_GE(report.heard + blow.missed, song);
      EXPECT_TRUE(report.left_cleanly);
    } else {
      EXPECT_GE(report.heard, 900ms);
      EXPECT_LE(report.heard, 2s);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, PlayFleetThroughFaults, ::testing::ValuesIn(kStorms),
                         [](const auto& row) { return row.param.name; });

constexpr const char* kKeyOfAnother =
    "The voice server named a transport key that another channel of this run has or had";

TEST(PlayFleetFaults, AKeyThatAnotherChannelHasEndsTheCall) {
  DiscordOptions options = guilds(3);
  options.script = rehearsal::parse_script("at 300ms rekey shared in all");
  FleetStage stage(options);
  const Finished finished = run(stage.play_everywhere({"--json", stage.tone("song.wav", 3.0)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 15) << finished.err;
  EXPECT_THAT(statuses_of(finished.out), UnorderedElementsAre(0, 9, 9)) << "the first one keeps it";
  EXPECT_THAT(finished.err, HasSubstr(kKeyOfAnother));
  for (const auto& [place, report] : stage.discord().reports()) {
    EXPECT_EQ(findings(report), "") << place.channel.str();
    EXPECT_TRUE(report.left_cleanly) << place.channel.str();
  }
}

TEST(PlayFleetFaults, AKeyOfAChannelThatIsOverEndsTheCall) {
  DiscordOptions options;
  options.further_places = {{options.guild, Snowflake{381870553235193999}}};
  // All later voice sessions of the guild begin with it, too.
  options.script = rehearsal::parse_script("at 200ms rekey first in 381870553235193857");
  FleetStage stage(options);
  const Finished finished = run(stage.play_everywhere({"--json", stage.tone("song.wav", 1.0)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 15) << finished.err;
  EXPECT_THAT(statuses_of(finished.out), ElementsAre(0, 9));
  EXPECT_THAT(finished.err, HasSubstr(kKeyOfAnother));
  for (const auto& [place, report] : stage.discord().reports()) {
    EXPECT_EQ(findings(report), "") << place.channel.str();
  }
}

TEST(PlayFleetFaults, WhoComesAndGoesInTwentyChannelsHearsAllOfIt) {
  DiscordOptions options = guilds(kChannels);
  options.listeners = 3;
  options.churn = 500ms;
  FleetStage stage(options);
  const Finished finished = run(stage.play_everywhere({"--json", stage.tone("song.wav", 3.0)}), kDeadline);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(statuses_of(finished.out), Each(0));
  for (const auto& [place, report] : stage.discord().reports()) {
    expect_heard(report, 3.0, place.channel.str());
    EXPECT_EQ(verdict_on_hearing(report), kEverything) << place.channel.str();
    EXPECT_THAT(report.listeners, SizeIs(3)) << place.channel.str();
    EXPECT_GT(report.encryption.epochs, 3U) << place.channel.str() << ": nobody came or went";
  }
}

// ── packet by packet ──

/// What the listener of one channel opened, but for silence.
using Recording = std::vector<OpusFrame>;

void record(ByteView opus, Recording& recording) {
  if (opus.empty() || is_opus_silence(opus)) return;
  OpusFrame& frame = recording.emplace_back();
  std::copy(opus.begin(), opus.end(), frame.bytes.begin());
  frame.size = static_cast<std::uint16_t>(opus.size());
}

class PlayFleetRecorded : public ::testing::Test {
 protected:
  static constexpr std::size_t kRecorded = 5;

  /// The packets of each channel.
  std::vector<std::vector<std::string>> played(const std::string& song) {
    std::vector<Recording> recordings(kRecorded);
    FleetStage stage(guilds(kRecorded), [&](rehearsal::Discord& discord) {
      const std::vector<Place> places = rehearsal::places_of(discord.options());
      for (std::size_t i = 0; i < kRecorded; ++i) {
        discord.set_listener_sink(places[i],
                                  [&recording = recordings[i]](ByteView opus, const float*, std::size_t) {
                                    record(opus, recording);
                                  });
      }
    });
    const Finished finished = run(stage.play_everywhere({"--json", song}), kDeadline);
    EXPECT_EQ(finished.exit_status, 0) << finished.err;
    stage.discord().stop();
    std::vector<std::vector<std::string>> packets;
    for (const Recording& one : recordings) packets.push_back(hashes_of(one));
    return packets;
  }
};

TEST_F(PlayFleetRecorded, EachChannelHearsThePacketsOfTheFileFromTheFirstToTheLast) {
  const std::string song = whole_packets("song.opus", 150, 0);
  const std::vector<std::string> source = packets_in(song);
  ASSERT_THAT(source, SizeIs(150));
  EXPECT_THAT(played(song), Each(source));
}

TEST_F(PlayFleetRecorded, EachChannelHearsTheOneEncodeOfWhatIsDecoded) {
  const TemporaryFolder folder;
  const auto packets = played(folder.write("song.wav", Stage::wav(Stage::pcm(3.0))));
  EXPECT_THAT(packets.front(), SizeIs(::testing::AllOf(::testing::Ge(150U), ::testing::Le(151U))));
  EXPECT_THAT(packets, Each(packets.front()));
}

}  // namespace
}  // namespace vcplay::testing
