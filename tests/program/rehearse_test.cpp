// `vcplay rehearse --script`: the whole program on a bad day.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>

#include "words/audio_files.hpp"
#include "words/fragment_bomb.hpp"
#include "words/opus_files.hpp"
#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using nlohmann::json;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// Rehearses `seconds` of a tone while `script` happens.
Finished rehearse(const TemporaryFolder& folder, std::string_view script, double seconds) {
  Command command;
  command.words = {kProgram,   "rehearse",
                   "--json",   folder.write("tone.wav", Stage::wav(Stage::pcm(seconds))),
                   "--script", folder.write("day.txt", script)};
  return run(command, 60s);
}

TEST(BadDay, LosesPacketsOnTheirWayWithoutBlamingAnybody) {
  const TemporaryFolder folder;
  const Finished finished = rehearse(folder, "lose udp 10% for 1s\n", 2);
  ASSERT_EQ(finished.exit_status, 0) << finished.err << finished.out;
  const json report = json::parse(finished.out);
  const auto dropped = report.at("packets_dropped_by_script").get<int>();
  EXPECT_GT(dropped, 0);
  EXPECT_EQ(report.at("packets").at("received").get<int>() + dropped, report.at("sender").at("packets"));
  EXPECT_EQ(report.at("packets").at("lost"), 0);
  EXPECT_TRUE(report.at("e2ee").at("everything_heard"));
  EXPECT_EQ(report.at("faults").at(0).at("fault"), "lose udp 10% for 1s");
}

TEST(BadDay, StandsStillWithoutAPacketLostOrLate) {
  const TemporaryFolder folder;
  const Finished finished = rehearse(folder, "at 0.2 stall 700ms", 2);
  ASSERT_EQ(finished.exit_status, 0) << finished.err << finished.out;
  const json report = json::parse(finished.out);
  EXPECT_EQ(report.at("faults").size(), 1U);
  EXPECT_EQ(report.at("packets").at("received"), report.at("sender").at("packets"));
  EXPECT_EQ(report.at("packets").at("heard"), report.at("sender").at("packets"));
  EXPECT_TRUE(report.at("left_cleanly"));
  EXPECT_EQ(report.at("wire"), json({"gateway-identify", "voice-state", "voice-identify", "select-protocol",
                                     "speaking-on", "speaking-off", "voice-state-null"}));
}

TEST(BadDay, SaysThatAModeratorRemovedTheBot) {
  const TemporaryFolder folder;
  Command command;
  command.words = {kProgram, "rehearse", folder.write("tone.wav", Stage::wav(Stage::pcm(5.0))), "--script",
                   folder.write("day.txt", "at 300ms kick")};
  command.environment["LC_ALL"] = "C.UTF-8";
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 8) << finished.err;
  const std::string sentence =
      "The bot was removed from the voice channel; --on-kick rejoin would come back.";
  EXPECT_EQ(finished.err, "vcplay: " + sentence + '\n');
  EXPECT_THAT(finished.out,
              AllOf(StartsWith("\u2717 "), HasSubstr(", ended early\nreason      " + sentence)));
  EXPECT_THAT(finished.out, HasSubstr(", was removed from the channel\n"));
}

TEST(BadDay, TellsOfAStage) {
  const TemporaryFolder folder;
  Command command;
  command.words = {kProgram, "rehearse", folder.write("tone.wav", Stage::wav(Stage::pcm(2.0))), "--script",
                   folder.write("day.txt", "at 300ms become stage")};
  command.environment["LC_ALL"] = "C.UTF-8";
  const Finished held = run(command, 60s);
  EXPECT_EQ(held.exit_status, 9) << held.err;
  EXPECT_THAT(held.err, AllOf(HasSubstr("is a stage"), HasSubstr("--allow-plaintext")));
  EXPECT_THAT(held.out, AllOf(StartsWith("\u2717 "), HasSubstr(", end-to-end encrypted, ended early\n")));
  command.words.emplace_back("--allow-plaintext");
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(finished.out,
              AllOf(StartsWith("\u2713 2.0 s heard"), HasSubstr(", not all of it end-to-end encrypted\n")));
}

// While listeners' jitter buffers play out, 400 ms long, another voice server is named.
TEST(BadDay, LeavesACallThatIsLostWhenAllIsSent) {
  for (const char* const day :
       {"at 2250ms migrate at once", "at 2250ms close voice 4006", "at 2250ms drop gateway"}) {
    const TemporaryFolder folder;
    const Finished finished = rehearse(folder, day, 2.0);
    EXPECT_EQ(finished.exit_status, 0) << day << finished.err;
    EXPECT_EQ(json::parse(finished.out).at("packets").at("lost"), 0) << day;
  }
}

TEST(BadDay, DoesNotBeginWhenItsScriptIsWrong) {
  const TemporaryFolder folder;
  Command command;
  const std::string script = folder.write("day.txt", "at 1s kick\nat 2s drop gatway\n");
  command.words = {kProgram,   "rehearse", "tone.wav", "--output", folder.file("heard.wav"),
                   "--script", script};
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 2);
  EXPECT_THAT(finished.err,
              EndsWith(":2: 'drop' wants gateway or voice behind it, not 'gatway'; did you mean "
                       "'gateway'?\n"));
  EXPECT_EQ(finished.out, "");
  EXPECT_FALSE(std::filesystem::exists(folder.file("heard.wav")));
}

TEST(BadDay, NeedsAScriptThatIsThere) {
  const TemporaryFolder folder;
  Command command;
  command.words = {kProgram, "rehearse", "--serve", "--script", folder.file("missing.txt")};
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 2);
  EXPECT_THAT(finished.err, HasSubstr("missing.txt' cannot be read: No such file or directory.\n"));
}

TEST(Recording, TakesTheOldOnesPlaceOnlyWhenItIsWhole) {
  const TemporaryFolder folder;
  const std::string tone = folder.write("tone.wav", Stage::wav(Stage::pcm(1.0)));
  Command command;
  command.words = {kProgram, "rehearse", "--fast", "--output", tone, "missing.wav"};
  EXPECT_EQ(run(command, 60s).exit_status, 3);
  EXPECT_EQ(contents_of(tone), Stage::wav(Stage::pcm(1.0))) << "nothing was heard";
  command.words.back() = tone;  // the second run of `rehearse -o heard.wav *.wav`
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_GT(contents_of(tone).size(), 190'000U) << "it was played whole before it was replaced";
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.file("")), {}), 1);
}

TEST(Passthrough, IsHeardToTheByteAndToldInTheReport) {
  const std::string song = make_file("song.webm", music(96'000 - 312), "-c:a libopus -vbr off -b:a 64k");
  const std::string heard = scratch() + "heard.ogg";
  Command command;
  command.words = {kProgram, "rehearse", "--fast", "--json", "--output", heard, song};
  const Finished finished = run(command, 60s);
  ASSERT_EQ(finished.exit_status, 0) << finished.err << finished.out;
  const json track = json::parse(finished.out).at("tracks").at(0);
  EXPECT_EQ(track.at("media"), song);
  EXPECT_EQ(track.at("frames"), 100);
  EXPECT_EQ(track.at("passed"), 100);
  EXPECT_TRUE(track.at("reencoded").is_null());

  const std::vector<std::string> stored = packets_in(song);
  const std::vector<std::string> received = packets_in(heard);
  ASSERT_EQ(stored.size(), 100U);
  EXPECT_NE(std::search(received.begin(), received.end(), stored.begin(), stored.end()), received.end())
      << "behind the lead-in and before the silence at the end";
}

double level(const std::vector<float>& sound, std::size_t packet) {
  constexpr std::size_t kValues = kSamplesPerFrame * kChannels;
  double power = 1e-12;
  for (std::size_t i = packet * kValues; i < (packet + 1) * kValues; ++i)
    power += double{sound.at(i)} * sound[i];
  return 10 * std::log10(power / kValues);
}

TEST(Heard, BeginsAsLoudAsItIs) {
  constexpr std::size_t kLeadIn = 10 * kSamplesPerFrame;
  const std::string noise = "-f lavfi -i anoisesrc=color=pink:seed=7:r=48000:d=1:a=0.5 -ac 2";
  const std::string wav = make_file("noise.wav", noise);
  const std::string opus = make_file("noise.opus", noise, "-c:a libopus -b:a 96k");
  // In an Ogg the packets themselves are kept, which FFmpeg decodes without libopus.
  for (const auto& [song, heard] : {std::pair(wav, scratch() + "heard.wav"),
                                    {opus, scratch() + "heard.wav"},
                                    {wav, scratch() + "heard.ogg"},
                                    {opus, scratch() + "heard.ogg"}}) {
    Command command;
    command.words = {kProgram, "rehearse", "--fast", "--output", heard, song};
    ASSERT_EQ(run(command, 60s).exit_status, 0);
    const std::vector<float> sound = without_delay(ffmpeg_decode(heard), kLeadIn + kOpusDelay);
    const std::vector<float> source = ffmpeg_decode(wav);
    for (std::size_t packet = 0; packet < 6; ++packet) {
      EXPECT_NEAR(level(sound, packet), level(source, packet), 2.5)
          << song << " in " << heard << ", packet " << packet;
    }
  }
}

TEST(Passthrough, IsNoneAboveTheChannelsBitrateAndThatIsTold) {
  const std::string song = make_file("rich.webm", music(192'000), "-c:a libopus -vbr off -b:a 160k");
  Command command;
  command.words = {kProgram, "rehearse", "--fast", "--bitrate", "32k", song};
  const Finished finished = run(command, 60s);
  ASSERT_EQ(finished.exit_status, 0) << finished.err << finished.out;
  EXPECT_THAT(finished.out, HasSubstr("re-encoded: its 160 kbit/s are more than the 32 that may be sent\n"));
}

// A cut packet stream falls silent within Opus's overlap of 2.5 ms, which is a click.
TEST(Stop, FadesTheMusicOut) {
  const TemporaryFolder folder;
  const std::string wav = folder.file("heard.wav");
  Command command;
  command.words = {kProgram,   "rehearse", "-v",
                   "--output", wav,        folder.write("tone.wav", Stage::wav(Stage::pcm(30)))};
  Subprocess process(command);
  ASSERT_TRUE(process.wait_for_text("audio is encrypted", 30s));
  process.live_on(1500ms);
  process.send(SIGTERM);
  const Finished finished = process.finish(30s);
  EXPECT_EQ(finished.signal, SIGTERM) << finished.err;

  const std::string heard = contents_of(wav);
  const std::size_t data = heard.find("data") + 8;
  std::vector<std::int16_t> samples((heard.size() - data) / 2);
  std::memcpy(samples.data(), heard.data() + data, samples.size() * 2);
  const auto peak = [&samples](std::size_t end, std::size_t length) {
    int highest = 0;
    for (std::size_t i = end - 2 * length; i < end; ++i) highest = std::max(highest, std::abs(samples[i]));
    return highest;
  };
  std::size_t end = samples.size();
  while (end > 0 && std::abs(samples[end - 1]) < 8) --end;
  ASSERT_GT(end, 48'000U);
  const int loud = peak(end - 2 * 3000, 960);
  EXPECT_GT(loud, 1000);
  EXPECT_GT(peak(end - 2 * 960, 240), loud / 4) << "it falls for longer than a packet's overlap";
  EXPECT_LT(peak(end - 2 * 240, 240), loud / 2);
  EXPECT_LT(peak(end, 120), loud / 4);
}

/// What a rehearsal of a second says to a person.
Finished rehearsed(std::vector<std::string> options, const std::string& media) {
  const TemporaryFolder folder;
  Command command;
  command.words = {kProgram, "rehearse", "--fast", folder.write(media, Stage::wav(Stage::pcm(1)))};
  command.words.insert(command.words.end(), options.begin(), options.end());
  return run(command, 60s);
}

TEST(ReportForPeople, SaysItsVerdictFirst) {
  const Finished finished = rehearsed({}, "a.wav");
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(finished.out,
              StartsWith("ok 1.0 s heard by 1 of 1 listener, nothing lost, end-to-end encrypted\n"));
  EXPECT_THAT(finished.out, Not(HasSubstr("phases")));
}

TEST(ReportForPeople, IsLongerWithVAndOnlyFindingsWithQ) {
  EXPECT_THAT(rehearsed({"-v"}, "a.wav").out, AllOf(StartsWith("ok "), HasSubstr("phases\n")));
  EXPECT_EQ(rehearsed({"-q"}, "a.wav").out, "");
}

TEST(ReportForPeople, IsNoneWhereNothingCouldBeOpened) {
  Command command;
  command.words = {kProgram, "rehearse", "--fast", "/nowhere/at/all.wav"};
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 3);
  EXPECT_EQ(finished.out, "");
  EXPECT_EQ(finished.err, "vcplay: \"/nowhere/at/all.wav\" cannot be opened: No such file or directory\n");
}

/// What the dynamic linker tells of the libraries that a rehearsal loads.
std::string loaded_by_rehearsal(const std::vector<std::string>& options) {
  const TemporaryFolder folder;
  Command command;
  command.words = {kProgram, "rehearse", "--fast", folder.write("tone.wav", Stage::wav(Stage::pcm(1)))};
  command.words.insert(command.words.end(), options.begin(), options.end());
  command.environment = {{"LD_DEBUG", "files"}};
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 0) << finished.out;
  return finished.err;
}

TEST(Filters, AreLoadedOnlyForThoseWhoAsk) {
  EXPECT_THAT(loaded_by_rehearsal({}), Not(HasSubstr("libavfilter")));
  EXPECT_THAT(loaded_by_rehearsal({"--af", "volume=0.5"}), HasSubstr("libavfilter"));
}

TEST(Filters, AreRefusedBeforeAnythingIsJoined) {
  Command command;
  command.words = {kProgram, "rehearse", "--af", "atempo=fast", "tone.wav"};
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 2);
  EXPECT_THAT(finished.err, HasSubstr("vcplay: --af: "));
  EXPECT_EQ(finished.out, "");
}

/// `options` of a rehearsal at the end of a pipe from ffmpeg, which reads a tone of so many seconds as fast
/// as `pace` says; its report.
json at_the_end_of_a_pipe(const std::string& pace, double seconds, const std::string& options) {
  const TemporaryFolder folder;
  const std::string tone = folder.write("tone.wav", Stage::wav(Stage::pcm(seconds)));
  Command command;
  command.words = {"/bin/sh", "-c",
                   "ffmpeg -loglevel error " + pace + " -i " + tone + " -f s16le - | " + kProgram +
                       " rehearse --json " + options + " -f s16le --rate 48000 --channels 2 -"};
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 0) << finished.err << finished.out;
  return json::parse(finished.out);
}

TEST(LiveInput, IsHeardAsFarBehindAsAsked) {
  const json report = at_the_end_of_a_pipe("-re", 5.0, "--live --latency 200");
  const double latency = report.at("sender").at("live_latency_ms");
  EXPECT_GT(latency, 100);
  EXPECT_LT(latency, 400);
  EXPECT_EQ(report.at("sender").at("live_stalls"), 0);
}

TEST(LiveInput, IsHeardAtTheShortestLatency) {
  const json report = at_the_end_of_a_pipe("-re", 3.0, "--live --latency 40");
  EXPECT_GE(report.at("packets").at("audio"), 100);
}

TEST(LiveInput, IsFoundOutByItsPace) {
  const json report = at_the_end_of_a_pipe("-re", 5.0, "");
  EXPECT_GT(report.at("sender").at("live_latency_ms"), 0.0);
}

TEST(LiveInput, IsNoneWhereTheProducerWaits) {
  const json report = at_the_end_of_a_pipe("", 5.0, "");
  EXPECT_EQ(report.at("sender").at("live_latency_ms"), 0.0);
  EXPECT_EQ(report.at("sender").at("live_left_out_ms"), 0.0);
  EXPECT_EQ(report.at("sender").at("underruns"), 0);
  EXPECT_GE(report.at("packets").at("audio"), 250);
}

TEST(LiveInput, SaysThatItWasAFile) {
  const TemporaryFolder folder;
  const std::string song = folder.write("song.wav", Stage::wav(Stage::pcm(5.0)));
  Command command;
  command.words = {"/bin/sh", "-c", "cat " + song + " | " + kProgram + " rehearse --live -"};
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("standard input gives sound faster than it can be heard, and --live"));
  EXPECT_THAT(finished.out, HasSubstr(" ms left out"));
}

// Nobody looks ahead in a pipe, so it goes off in the midst of sound. How much memory it took is looked at
// wherever the program runs. A sanitizer lets it build the whole of its index, and a moment of it is heard.
TEST(FragmentBomb, LeavesWhatCameBeforeIt) {
  Command command;
  command.words = {kProgram, "rehearse", "--fast", "--json", "-"};
  command.input = fragment_bomb();
  const Finished finished = run(command, 60s);
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("standard input is damaged at 0:08."));
  EXPECT_GE(json::parse(finished.out).at("packets").at("audio"), kFragmentBombSeconds * 50);
}

/// A song in a channel whose bitrate falls to 16 kbit/s after three seconds.
Finished rehearse_with_less_and_less(const std::string& song, const std::string& heard) {
  const TemporaryFolder folder;
  Command command;
  command.words = {kProgram, "rehearse", "--json",   "--output",
                   heard,    song,       "--script", folder.write("day.txt", "at 3s bitrate 16000\n")};
  return run(command, 60s);
}

TEST(Bitrate, FollowsTheChannelWhileItPlays) {
  const std::string heard = scratch() + "less.ogg";
  const Finished finished = rehearse_with_less_and_less(make_file("less.wav", music(312'000)), heard);
  ASSERT_EQ(finished.exit_status, 0) << finished.err << finished.out;
  const std::vector<std::size_t> sizes = packet_sizes(heard);
  ASSERT_GT(sizes.size(), 325U);
  const auto bits_per_second = [&](std::size_t from) {  // over half a second
    return 16 * std::accumulate(sizes.begin() + static_cast<std::ptrdiff_t>(from),
                                sizes.begin() + static_cast<std::ptrdiff_t>(from + 25), std::size_t{0});
  };
  EXPECT_NEAR(static_cast<double>(bits_per_second(100)), 128'000, 24'000);
  // What was encoded already is encoded anew, within 0.3 s: 0.1 s until it is noticed, and
  // what is sent meanwhile.
  EXPECT_NEAR(static_cast<double>(bits_per_second(170)), 16'000, 8'000);
  EXPECT_NEAR(static_cast<double>(bits_per_second(260)), 16'000, 6'000);
}

TEST(Bitrate, ThatFallsBelowAFilesOwnEndsItsPassingThrough) {
  const std::string song = make_file("more.opus", music(312'000), "-c:a libopus -vbr off -b:a 48k");
  const std::string heard = scratch() + "more.ogg";
  const Finished finished = rehearse_with_less_and_less(song, heard);
  ASSERT_EQ(finished.exit_status, 0) << finished.err << finished.out;
  const json track = json::parse(finished.out).at("tracks").at(0);
  EXPECT_THAT(track.at("reencoded").get<std::string>(),
              HasSubstr("its 48 kbit/s are more than the 16 that may be sent (from "));
  EXPECT_GT(track.at("passed"), 100);
  EXPECT_LT(track.at("passed"), 300);
}

}  // namespace
}  // namespace vcplay::testing
