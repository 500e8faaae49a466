// Many channels hear of one gateway session: each of its own guild, and whoever comes late
// what it has missed.
#include "bot/guild_listeners.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/overloaded.hpp"
#include "words/guild_words.hpp"

namespace vcplay::bot {
namespace {

using gateway::Action;
using gateway::Conversation;
using gateway::id;
using gateway::kFolk;
using gateway::kJazz;
using gateway::kRock;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string in_a_word(const Action& action) {
  return std::visit(
      Overloaded{
          [](const gateway::Ready& ready) { return "ready as " + ready.user.str(); },
          [](const gateway::Resumed&) { return std::string("resumed"); },
          [](const gateway::Reconnect&) { return std::string("lost"); },
          [](const gateway::Failed& failed) { return std::string("failed: ") + failed.error.what(); },
          [](const gateway::GuildMissing&) { return std::string("missing"); },
          [](const gateway::GuildCreated&) { return std::string("described"); },
          [](const gateway::GuildDeleted& gone) { return std::string(gone.unavailable ? "outage" : "left"); },
          [](const gateway::VoiceServer& server) { return "server " + server.endpoint.value_or("gone"); },
          [](const gateway::VoiceStateSent&) { return std::string("asked"); },
          [](const gateway::VoiceStateWaits&) { return std::string("waits"); },
          [](const auto&) { return std::string("something else"); },
      },
      action);
}

/// Writes down what it hears, and does something about it.
class Listener final : public ShardListener {
 public:
  void on_search_for_gateway() override { heard("search"); }
  void on_gateway_found() override { heard("found"); }
  void on_gateway_open() override { heard("open"); }
  void on_gateway(Action action) override { heard(in_a_word(action)); }
  void on_wait_for_turn(Duration wait) override {
    heard("turn in " + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(wait).count()) + " s");
  }
  void on_identify_refused(Error reason) override { heard(std::string("refused: ") + reason.what()); }
  [[nodiscard]] bool needs_session() const override { return plays; }

  /// Since the last time that this was asked.
  std::vector<std::string> news() { return std::exchange(heard_, {}); }

  bool plays = true;
  std::function<void(const std::string&)> on_news;

 private:
  void heard(std::string word) {
    heard_.push_back(word);
    if (on_news) on_news(word);
  }
  std::vector<std::string> heard_;
};

/// A session in three guilds, and what its listeners hear of it.
struct Evening : Conversation {
  Evening() : Conversation(gateway::three_guilds()) {}

  void attach(const char* guild, Listener& listener) { listeners.attach(id(guild), listener, now); }
  void detach(const char* guild, Listener& listener) { listeners.detach(id(guild), listener); }
  void happens(gateway::Actions actions) {
    for (Action& action : actions) {
      const bool is_the_shards = std::holds_alternative<gateway::SendText>(action) ||
                                 std::holds_alternative<gateway::CloseSocket>(action) ||
                                 std::holds_alternative<gateway::WantsIdentify>(action);
      if (!is_the_shards) listeners.hear(std::move(action));
    }
  }
  void says(const json& message) { happens(hears(message)); }
  void begins() {
    listeners.opened();
    happens(hears_hello());
    says(gateway::ready({kJazz, kRock, kFolk}));
  }
  /// Lost, and open again; RESUMED is still to come.
  void loses_the_connection() {
    const gateway::Actions lost = closes(std::nullopt);
    happens(lost);
    follows(lost);
    happens(hears_hello());
  }

  GuildListeners listeners{session};
  Listener jazz, rock, folk;
};

/// All three have heard everything up to the descriptions.
struct Underway : Evening {
  Underway() {
    attach(kJazz, jazz);
    attach(kRock, rock);
    attach(kFolk, folk);
    begins();
    for (const char* const guild : {kFolk, kRock, kJazz}) says(gateway::guild_create(guild));
    for (Listener* const each : {&jazz, &rock, &folk}) {
      EXPECT_THAT(each->news(), ElementsAre("found", "open", "ready as 100000000000000002", "described"));
    }
  }
};

// ── to each its own ──

TEST(GuildListeners, HearOfTheirGuildAlone) {
  Underway evening;
  evening.says(gateway::voice_server("a.discord.media:443", kRock));
  evening.says(gateway::dispatch(7, "GUILD_DELETE", {{"id", kFolk}}));
  evening.happens(evening.asks({.guild = id(kJazz), .channel = gateway::kRoom}));
  EXPECT_THAT(evening.jazz.news(), ElementsAre("asked"));
  EXPECT_THAT(evening.rock.news(), ElementsAre("server a.discord.media:443"));
  EXPECT_THAT(evening.folk.news(), ElementsAre("left"));
}

TEST(GuildListeners, HearOneByOneThatTheirGuildIsMissing) {
  Evening evening;
  evening.attach(kJazz, evening.jazz);
  evening.attach(kRock, evening.rock);
  evening.happens(evening.hears_hello());
  evening.says(gateway::ready({kJazz}));
  EXPECT_THAT(evening.rock.news(), ElementsAre("found", "ready as 100000000000000002", "missing"));
  evening.says(gateway::guild_create(kJazz));
  EXPECT_THAT(evening.jazz.news(), ElementsAre("found", "ready as 100000000000000002", "described"));
}

TEST(GuildListeners, AllHearWhatConcernsAll) {
  Underway evening;
  evening.loses_the_connection();
  evening.says(gateway::resumed());
  evening.happens(evening.closes(4004));
  for (Listener* const each : {&evening.jazz, &evening.rock, &evening.folk}) {
    EXPECT_THAT(each->news(), ElementsAre("lost", "resumed", HasSubstr("failed: Discord refused the token")));
  }
}

TEST(GuildListeners, AreOneInEachGuild) {
  Underway evening;
  Listener second;
  EXPECT_THROW(evening.attach(kJazz, second), Error);
  EXPECT_THAT(second.news(), IsEmpty());
  evening.detach(kJazz, second);
  evening.says(gateway::voice_server("a.discord.media:443", kJazz));
  EXPECT_THAT(evening.jazz.news(), ElementsAre("server a.discord.media:443")) << "it is still there";
}

// ── those who come late ──

TEST(GuildListeners, HearWhatTheyHaveMissed) {
  Evening evening;
  evening.begins();
  evening.says(gateway::guild_create(kJazz));
  evening.now += 10min;
  evening.attach(kJazz, evening.jazz);
  EXPECT_THAT(evening.jazz.news(), ElementsAre("found", "open", "ready as 100000000000000002", "described"));
  evening.attach(kRock, evening.rock);
  EXPECT_THAT(evening.rock.news(), ElementsAre("found", "open", "ready as 100000000000000002"))
      << "an outage: it is not described yet";
  evening.says(gateway::guild_create(kRock));
  EXPECT_THAT(evening.rock.news(), ElementsAre("described"));
  EXPECT_THAT(evening.jazz.news(), IsEmpty());
}

TEST(GuildListeners, HearThatTheirGuildIsGone) {
  Underway evening;
  evening.detach(kRock, evening.rock);
  evening.says(gateway::dispatch(7, "GUILD_DELETE", {{"id", kRock}}));
  EXPECT_THAT(evening.rock.news(), IsEmpty());
  evening.attach(kRock, evening.rock);
  EXPECT_THAT(evening.rock.news(), ElementsAre("found", "open", "ready as 100000000000000002", "missing"));
}

TEST(GuildListeners, AreToldOfTheSessionOnceItIsBack) {
  Underway evening;
  evening.detach(kRock, evening.rock);
  evening.loses_the_connection();
  evening.attach(kRock, evening.rock);
  EXPECT_THAT(evening.rock.news(), ElementsAre("found", "open")) << "nothing could be asked for yet";
  evening.says(gateway::voice_server("a.discord.media:443", kRock));
  EXPECT_THAT(evening.rock.news(), IsEmpty()) << "replayed of a call that is over";
  evening.says(gateway::resumed());
  EXPECT_THAT(evening.rock.news(), ElementsAre("ready as 100000000000000002", "described"));
  EXPECT_THAT(evening.jazz.news(), ElementsAre("lost", "resumed"));
  evening.says(gateway::voice_server("b.discord.media:443", kRock));
  EXPECT_THAT(evening.rock.news(), ElementsAre("server b.discord.media:443"));
}

TEST(GuildListeners, AreToldOfANewSessionOnce) {
  Underway evening;
  evening.detach(kRock, evening.rock);
  const gateway::Actions gone = evening.hears(gateway::invalid_session(false));
  evening.happens(gone);
  evening.attach(kRock, evening.rock);
  evening.identifies(gone);
  evening.says(gateway::ready({kJazz, kRock, kFolk}, "ghijkl"));
  evening.says(gateway::guild_create(kRock));
  EXPECT_THAT(evening.rock.news(), ElementsAre("found", "open", "ready as 100000000000000002", "described"));
}

TEST(GuildListeners, HearWhyThereWillBeNoSession) {
  Evening evening;
  evening.attach(kJazz, evening.jazz);
  evening.listeners.refuse(Error(Cause::identify_budget, "No more today."));
  evening.attach(kRock, evening.rock);
  for (Listener* const each : {&evening.jazz, &evening.rock}) {
    EXPECT_THAT(each->news(), ElementsAre("found", "refused: No more today."));
  }
  evening.happens(evening.closes(4004));
  evening.attach(kFolk, evening.folk);
  EXPECT_THAT(evening.folk.news(), ElementsAre("found", HasSubstr("failed: Discord refused the token")));
}

TEST(GuildListeners, HearHowLongTheirTurnIsAway) {
  Evening evening;
  evening.attach(kJazz, evening.jazz);
  evening.listeners.wait_for_turn(30s, evening.now);
  evening.now += 10s;
  evening.attach(kRock, evening.rock);
  EXPECT_THAT(evening.jazz.news(), ElementsAre("found", "turn in 30 s"));
  EXPECT_THAT(evening.rock.news(), ElementsAre("found", "turn in 20 s"));
  evening.now += 20s;
  evening.attach(kFolk, evening.folk);
  EXPECT_THAT(evening.folk.news(), ElementsAre("found"));
}

TEST(GuildListeners, NeedASessionAsLongAsOneOfThemPlays) {
  Evening evening;
  EXPECT_FALSE(evening.listeners.need_session());
  evening.attach(kJazz, evening.jazz);
  evening.attach(kRock, evening.rock);
  evening.jazz.plays = false;
  EXPECT_TRUE(evening.listeners.need_session());
  evening.detach(kRock, evening.rock);
  EXPECT_FALSE(evening.listeners.need_session());
}

// ── those who go ──

TEST(GuildListeners, HearNothingOnceTheyAreDetached) {
  Underway evening;
  evening.detach(kRock, evening.rock);
  evening.says(gateway::voice_server("a.discord.media:443", kRock));
  evening.loses_the_connection();
  EXPECT_THAT(evening.rock.news(), IsEmpty());
  EXPECT_THAT(evening.jazz.news(), ElementsAre("lost"));
}

TEST(GuildListeners, MayDetachThemselvesAndOthersInTheMidstOfIt) {
  Underway evening;
  const auto everybody_goes = [&](const std::string&) {
    evening.detach(kJazz, evening.jazz);
    evening.detach(kRock, evening.rock);
    evening.detach(kFolk, evening.folk);
  };
  evening.jazz.on_news = evening.rock.on_news = evening.folk.on_news = everybody_goes;
  evening.happens(evening.closes(std::nullopt));
  const std::size_t heard =
      evening.jazz.news().size() + evening.rock.news().size() + evening.folk.news().size();
  EXPECT_EQ(heard, 1U) << "whoever was first";
}

TEST(GuildListeners, MayBeReplacedInTheMidstOfIt) {
  Underway evening;
  Listener second;
  evening.jazz.on_news = [&](const std::string& word) {
    if (word != "resumed") return;
    evening.detach(kFolk, evening.folk);
    evening.attach(kFolk, second);
  };
  evening.loses_the_connection();
  evening.says(gateway::resumed());
  EXPECT_THAT(evening.folk.news(), ElementsAre("lost"));
  EXPECT_THAT(second.news(), ElementsAre("found", "open", "ready as 100000000000000002", "described"))
      << "and nothing twice";
}

TEST(GuildListeners, MayGoWhileTheyAreToldWhatTheyMissed) {
  for (const std::string last : {"found", "open", "ready as 100000000000000002"}) {
    Underway evening;
    Listener brief;
    evening.detach(kRock, evening.rock);
    brief.on_news = [&](const std::string& word) {
      if (word == last) evening.detach(kRock, brief);
    };
    evening.attach(kRock, brief);
    EXPECT_EQ(brief.news().back(), last);
  }
}

}  // namespace
}  // namespace vcplay::bot
