// The storm itself: the same for the same seed, never still, and never more than can be survived.
#include "soak/storm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "rehearsal/fault_script.hpp"
#include "soak/witness.hpp"

namespace vcplay::soak {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kSeeds = 50;

/// Where there is one channel.
const std::vector<Excuse>& excuses_of(const Storm& storm) { return storm.excuses.at(0); }

std::vector<rehearsal::Place> three_places() {
  const rehearsal::DiscordOptions options;
  const rehearsal::Place first{options.guild, options.channel};
  std::vector<rehearsal::Place> places = rehearsal::made_up_places(first, 2);
  places.insert(places.begin(), first);
  return places;
}

TEST(Storm, IsTheSameForTheSameSeedOnly) {
  EXPECT_EQ(to_text(make_storm(7, 10min)), to_text(make_storm(7, 10min)));
  EXPECT_NE(to_text(make_storm(7, 10min)), to_text(make_storm(8, 10min)));
}

TEST(Storm, CanBeReadAsAScript) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Storm storm = make_storm(seed, 10min);
    std::string again;
    for (const auto& fault : rehearsal::parse_script(to_text(storm)))
      again += rehearsal::to_text(fault) + "\n";
    EXPECT_EQ(again, to_text(storm));
  }
}

TEST(Storm, IsNeverStillForLongAndEndsInTime) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Storm storm = make_storm(seed, 10min);
    ASSERT_GT(storm.script.size(), 200U);
    for (std::size_t i = 1; i < storm.script.size(); ++i) {
      ASSERT_LE(storm.script[i - 1].at, storm.script[i].at);
      ASSERT_LE(storm.script[i].at - storm.script[i - 1].at, 3s);
    }
    EXPECT_LT(storm.script.back().at, 10min - kCalm + 5s);
  }
}

TEST(Storm, DrawsEveryKindThatCanBeSurvived) {
  using rehearsal::FaultKind;
  std::set<FaultKind> drawn;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    for (const auto& one : make_storm(seed, 10min).script) drawn.insert(one.fault.kind);
  }
  // These end the call or the sound in it, or happen on stages.
  const std::set<FaultKind> ends = {
      FaultKind::kick,         FaultKind::take_over,      FaultKind::become_stage,
      FaultKind::suppress,     FaultKind::invite,         FaultKind::deny_speak,
      FaultKind::remove_guild, FaultKind::delete_channel, FaultKind::rekey_shared};
  for (const rehearsal::FaultForm& form : rehearsal::fault_forms()) {
    EXPECT_NE(drawn.contains(form.kind), ends.contains(form.kind)) << form.words;
  }
}

TEST(Storm, HasServersThatSayWhatNoHonestOneDoesInEachStorm) {
  using rehearsal::FaultKind;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    std::set<FaultKind> drawn;
    for (const auto& one : make_storm(seed, 10min).script) drawn.insert(one.fault.kind);
    for (const FaultKind kind : {FaultKind::flood_keys, FaultKind::flood_transitions, FaultKind::crowd}) {
      EXPECT_TRUE(drawn.contains(kind)) << seed << ": " << rehearsal::to_text(rehearsal::Fault{kind});
    }
  }
}

TEST(Storm, AnswersTheFirstRestCallsWrongly) {
  std::set<int> statuses;
  std::size_t most = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Storm storm = make_storm(seed, 1min);
    most = std::max(most, storm.rest.size());
    for (const rehearsal::RestFault& fault : storm.rest) statuses.insert(fault.status);
  }
  EXPECT_THAT(statuses, ElementsAre(429, 500, 502));
  EXPECT_EQ(most, 3U) << "more is more than a join waits for";
}

// While Discord stands still its clock does, too.
TEST(Storm, ExcusesLossesForAsLongAsStallsDrawThemOut) {
  std::size_t drawn_out = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Storm storm = make_storm(seed, 10min);
    for (const rehearsal::ScriptedFault& scripted : storm.script) {
      const Duration at = scripted.at;
      const rehearsal::Fault& fault = scripted.fault;
      if (fault.kind != rehearsal::FaultKind::lose_udp && fault.kind != rehearsal::FaultKind::block_udp)
        continue;
      Duration end = at + fault.span;
      for (const rehearsal::ScriptedFault& other : storm.script) {
        if (other.fault.kind != rehearsal::FaultKind::stall || other.at < at || other.at >= end) continue;
        end += other.fault.span;
        ++drawn_out;
      }
      const auto covers = [begin = at, end](const Excuse& one) {
        return one.begin <= begin && end <= one.end;
      };
      EXPECT_TRUE(std::any_of(excuses_of(storm).begin(), excuses_of(storm).end(), covers))
          << seed << ": " << at / 1ms;
    }
  }
  EXPECT_GT(drawn_out, 0U);
}

TEST(Storm, LeavesMostOfTheTimeWithoutExcuse) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Storm storm = make_storm(seed, 10min);
    Duration excused{};
    const std::vector<Excuse>& excuses = excuses_of(storm);
    for (std::size_t i = 0; i < excuses.size(); ++i) {
      excused += excuses[i].end - excuses[i].begin;
      if (i > 0) {
        ASSERT_LT(excuses[i - 1].end, excuses[i].begin);
      }
    }
    EXPECT_LT(excused, 6min);
  }
}

// ── over several channels ──

TEST(StormOverThreeChannels, StrikesEachOfThem) {
  std::map<Snowflake, std::size_t> struck;
  const Storm storm = make_storm(7, 10min, three_places());
  for (const rehearsal::ScriptedFault& one : storm.script) {
    if (reach_of(one.fault.kind) == rehearsal::FaultReach::call) ++struck[one.in];
  }
  EXPECT_THAT(struck, SizeIs(3));
  for (const auto& [place, times] : struck) EXPECT_GT(times, 30U) << place.str();
}

TEST(StormOverThreeChannels, CanBeReadAsAScriptThatNamesThem) {
  const Storm storm = make_storm(7, 10min, three_places());
  std::string again;
  for (const auto& fault : rehearsal::parse_script(to_text(storm))) again += rehearsal::to_text(fault) + "\n";
  EXPECT_EQ(again, to_text(storm));
  EXPECT_THAT(again, HasSubstr(" in " + three_places()[2].channel.str() + "\n"));
}

// Whoever was not struck has to hear everything.
TEST(StormOverThreeChannels, ExcusesNobodyForWhatStruckAnother) {
  const std::vector<rehearsal::Place> places = three_places();
  std::vector<std::size_t> unexcused(places.size());
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Storm storm = make_storm(seed, 10min, places);
    for (const rehearsal::ScriptedFault& one : storm.script) {
      const auto covers = [&](const Excuse& excuse) { return excuse.begin <= one.at && one.at < excuse.end; };
      const bool is_of_all = one.fault.kind == rehearsal::FaultKind::stall ||
                             (one.fault.kind == rehearsal::FaultKind::invalidate_gateway && !one.fault.flag);
      const bool is_of_one = one.fault.kind == rehearsal::FaultKind::move;
      for (std::size_t i = 0; i < places.size(); ++i) {
        const auto& excuses = storm.excuses.at(i);
        const bool is_excused = std::any_of(excuses.begin(), excuses.end(), covers);
        const bool is_here = one.in == (i == 0 ? Snowflake{} : places[i].channel);
        if (is_of_all || (is_of_one && is_here)) {
          EXPECT_TRUE(is_excused) << rehearsal::to_text(one);
        }
        if (is_of_one && !is_here && !is_excused) ++unexcused[i];
      }
    }
  }
  for (const std::size_t times : unexcused) EXPECT_GT(times, 100U);
}

/// A listener who hears frames of the tape at the times that the test says.
struct Hearing {
  explicit Hearing(std::vector<Excuse> excuses) : witness(std::move(excuses)) {}
  void hear(std::uint64_t number, Duration when) {
    OpusFrame frame;
    write_frame(number, frame);
    witness.hear(frame.view(), TimePoint(1000s) + when);
  }
  [[nodiscard]] std::vector<std::string> complaints() const { return witness.account().complaints; }
  Witness witness;
};

TEST(Witness, IsContentWithOneFrameAfterTheOther) {
  Hearing one({});
  for (std::uint64_t number = 3; number < 100; ++number) one.hear(number, number * kFrameDuration);
  EXPECT_THAT(one.complaints(), IsEmpty());
  EXPECT_EQ(one.witness.account().heard, 97U);
}

TEST(Witness, MissesEachFrame) {
  Hearing one({});
  one.hear(1, 0s);
  one.hear(3, 40ms);
  EXPECT_THAT(one.complaints(), ElementsAre(HasSubstr("1 frames are missing")));
}

TEST(Witness, HearsNoFrameTwice) {
  Hearing one({});
  one.hear(1, 0s);
  one.hear(2, 20ms);
  one.hear(2, 40ms);
  EXPECT_THAT(one.complaints(), ElementsAre("frame 2 came after frame 2"));
}

TEST(Witness, TakesAnExcuseForItsTimeAlone) {
  Hearing one({{1s, 3s}});
  one.hear(0, 0s);
  one.hear(1, 1s - 1ms);
  one.hear(20, 3s);
  EXPECT_THAT(one.complaints(), IsEmpty());
  one.hear(21, 5s);
  EXPECT_THAT(one.complaints(), ElementsAre(HasSubstr("from 3.00 s to 5.00 s and 0 frames are missing")));
}

TEST(Witness, PaysNoHeedToSilence) {
  Hearing one({});
  one.witness.hear(kOpusSilence, TimePoint(1s));
  EXPECT_FALSE(one.witness.account().first);
}

}  // namespace
}  // namespace vcplay::soak
