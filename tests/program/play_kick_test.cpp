// A play that is thrown out of its channel and was told to come back.
#include <gtest/gtest.h>

#include "words/stage.hpp"

namespace vcplay::testing {
namespace {

using rehearsal::DiscordOptions;
using rehearsal::FaultKind;
using namespace std::chrono_literals;

TEST(PlayAfterAKick, ComesBackAMinuteLaterWhenToldTo) {
  DiscordOptions options;
  options.script = {{300ms, {FaultKind::kick}}};
  Stage stage(options);
  const Finished finished = run(stage.play({"--on-kick", "rejoin", "--json", stage.tone("song.wav", 1.0)}),
                                std::chrono::seconds(90));
  const rehearsal::Report report = stage.discord().report();
  EXPECT_EQ(finished.exit_status, 0) << finished.err;
  EXPECT_EQ(report.voice_identifies, 2U);
  EXPECT_EQ(report.gateway_identifies, 1U);
  EXPECT_GE(report.heard, 900ms);
  EXPECT_GE(report.longest_gap, 50s);
  EXPECT_TRUE(report.left_cleanly);
}

}  // namespace
}  // namespace vcplay::testing
