// A Discord that says anything, in any order and at any time, to a gateway::Session.
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "gateway/session.hpp"
#include "story.hpp"

namespace vcplay::fuzz {
namespace {

using namespace gateway;
using nlohmann::json;

enum Kind : std::uint8_t { kText, kTime, kVoiceState, kClose, kOpen, kIdentify, kHurry, kKinds };

constexpr const char* kToken = "MTAwMDAw.GxAbCd.not-a-real-one";
constexpr Snowflake kGuild{81384788765712384};
constexpr Snowflake kOtherGuild{300000000000000001};
constexpr Snowflake kChannel{381870553235193857};

/// A session and an owner that does what it asks for, at once, late or never.
class Conversation {
 public:
  explicit Conversation(std::uint8_t head) : session_(config(head)) {}

  void happen(const Step& step) {
    const bool was_over = over_;
    const Actions actions = hears(step.kind % kKinds, Input(step.body));
    must_hold(!was_over || actions.empty(), "a session that is over does nothing");
    for (const Action& action : actions) look_at(action);
    must_hold(!over_ || !session_.deadline(), "a session that is over waits for nothing");
    must_hold(connected_ || !session_.deadline(), "between sockets the owner has the wait");
    must_hold(connected_ || !session_.is_ready(), "nothing is ready without a socket");
  }

 private:
  static Config config(std::uint8_t head) {
    Config config;
    config.token = SecretString(kToken);
    config.guilds = {kGuild, kOtherGuild};
    config.random = [head] { return head / 256.0; };
    return config;
  }

  Actions hears(std::uint8_t kind, Input input) {
    switch (kind) {
      case kText:
        return session_.on_text(as_text(input.rest()), now_);
      case kTime: {
        now_ += input.u16() * 100ms;
        Actions actions = session_.on_time(now_);
        must_hold(!session_.deadline() || *session_.deadline() > now_, "a deadline that was served is gone");
        return actions;
      }
      case kVoiceState: {
        const bool was_ready = session_.is_ready();
        const std::uint8_t which = input.u8();
        Actions actions =
            session_.update_voice_state({.guild = which % 4 < 2 ? kGuild : kOtherGuild,
                                         .channel = which % 2 == 1 ? std::optional(kChannel) : std::nullopt},
                                        now_);
        must_hold(actions.empty() != was_ready, "op 4 is sent, or waits, when the session is ready");
        return actions;
      }
      case kOpen:
        if (!over_) connected_ = true;
        return session_.on_open(now_);
      case kIdentify:
        return session_.identify(now_);
      case kHurry:
        return session_.hurry(now_);
      default: {
        const std::uint16_t code = input.u16();
        connected_ = false;
        return session_.on_close(code == 0 ? std::nullopt : std::optional(code), as_text(input.rest()), now_);
      }
    }
  }

  void look_at(const Action& action) {
    must_hold(!over_, "nothing comes behind the end");
    if (const auto* const send = std::get_if<SendText>(&action)) {
      look_at_message(send->text);
    } else if (const auto* const created = std::get_if<GuildCreated>(&action)) {
      must_hold(created->guild == kGuild || created->guild == kOtherGuild,
                "no other guild's objects are handed on");
      must_hold(session_.guild(created->guild) != nullptr, "what was described is there");
      must_hold(session_.guild(created->guild)->id == created->guild, "under its own name");
    } else if (std::holds_alternative<Ready>(action)) {
      identifies_ = 0;
      succeeded_ = true;
    } else if (std::holds_alternative<Resumed>(action)) {
      succeeded_ = true;
    } else if (std::holds_alternative<CloseSocket>(action)) {
      connected_ = false;
    } else if (const auto* const again = std::get_if<Reconnect>(&action)) {
      look_at_reconnect(*again);
    } else if (const auto* const failed = std::get_if<Failed>(&action)) {
      connected_ = false;
      over_ = true;
      look_at_sentence(failed->error.what());
    }
  }

  void look_at_message(const std::string& text) {
    must_hold(connected_, "nothing is sent without a socket");
    const json message = json::parse(text, nullptr, false);
    must_hold(!message.is_discarded(), "what is sent is JSON");
    if (message["op"] == 2) must_hold(++identifies_ <= 3, "no IDENTIFY is sent in a loop");
    if (message["op"] == 6) must_hold(session_.can_resume(), "a session that is gone is not resumed");
  }

  void look_at_reconnect(const Reconnect& again) {
    must_hold(!connected_, "there is one socket at a time");
    must_hold(again.after >= 0s && again.after <= 6min, "a wait is neither negative nor endless");
    const bool goes_on = again.attempt >= attempt_ && again.attempt <= attempt_ + 1;
    const bool begins_anew = succeeded_ && again.attempt <= 1;
    must_hold(goes_on || begins_anew, "attempts are counted one by one, and anew only after a success");
    must_hold(again.attempt <= 20, "nothing is tried for ever");
    attempt_ = again.attempt;
    succeeded_ = false;
    look_at_sentence(again.reason.what());
  }

  static void look_at_sentence(const std::string& sentence) {
    must_hold(sentence.find(kToken) == std::string::npos, "no sentence holds the token");
  }

  Session session_;
  TimePoint now_{1000s};
  bool connected_ = true;
  bool over_ = false;
  int identifies_ = 0;      // without a READY since
  int attempt_ = 0;         // the last one
  bool succeeded_ = false;  // since then; for long enough or not
};

Step said(const json& message) {
  const std::string text = message.dump();
  return {kText, Bytes(text.begin(), text.end())};
}

Step dispatch(const char* name, json data) {
  return said({{"op", 0}, {"s", 3}, {"t", name}, {"d", std::move(data)}});
}

json guild() {
  const json overwrite = {{"id", kGuild.str()}, {"type", 0}, {"allow", "3145728"}, {"deny", "0"}};
  return {{"id", kGuild.str()},
          {"name", "Jazz Club"},
          {"owner_id", "100000000000000001"},
          {"afk_channel_id", nullptr},
          {"roles", {{{"id", kGuild.str()}, {"permissions", "3146752"}}}},
          {"channels",
           {{{"id", kChannel.str()},
             {"type", 2},
             {"name", "Room"},
             {"bitrate", 96000},
             {"user_limit", 5},
             {"flags", 1 << 17},
             {"permission_overwrites", {overwrite}}}}},
          {"members",
           {{{"user", {{"id", "100000000000000002"}}},
             {"roles", {kGuild.str()}},
             {"communication_disabled_until", "2036-12-01T00:00:00.000000+00:00"}}}},
          {"voice_states", {{{"user_id", "100000000000000003"}, {"channel_id", kChannel.str()}}}}};
}

}  // namespace

std::vector<Seed> seeds() {
  const Step hello = said({{"op", 10}, {"d", {{"heartbeat_interval", 40'000}}}, {"s", nullptr}});
  const Step ack = said({{"op", 11}, {"d", nullptr}});
  const Step ready = dispatch("READY", {{"user", {{"id", "100000000000000002"}}},
                                        {"session_id", "abcdef"},
                                        {"resume_gateway_url", "wss://gateway-us-east1-b.discord.gg"},
                                        {"guilds", {{{"id", kGuild.str()}, {"unavailable", true}}}}});
  const json state = {{"guild_id", kGuild.str()},
                      {"user_id", "100000000000000002"},
                      {"channel_id", kChannel.str()},
                      {"session_id", "voice"},
                      {"suppress", true}};
  const json server = {
      {"guild_id", kGuild.str()}, {"token", "voice-token"}, {"endpoint", "a.discord.media:443"}};
  const json channel = {{"guild_id", kGuild.str()}, {"id", kChannel.str()}, {"type", 13}};
  const Step resumed = dispatch("RESUMED", json::object());
  std::vector<Step> steps = {{kOpen, {}},
                             hello,
                             {kIdentify, {}},
                             ready,
                             dispatch("GUILD_CREATE", guild()),
                             {kVoiceState, {1}},
                             dispatch("VOICE_STATE_UPDATE", state),
                             dispatch("VOICE_SERVER_UPDATE", server),
                             {kTime, {1, 144}},
                             ack,
                             dispatch("CHANNEL_UPDATE", channel),
                             dispatch("CHANNEL_DELETE", channel),
                             dispatch("GUILD_DELETE", {{"id", kGuild.str()}, {"unavailable", true}}),
                             said({{"op", 1}, {"d", nullptr}}),
                             {kVoiceState, {0}}};
  std::vector<Seed> all;
  const Step ends[] = {{kClose, {0x0f, 0xa4, 'x'}},
                       {kClose, {0x0f, 0xa2, 'M', 'T', 'A', 'w'}},
                       {kClose, {0, 0}},
                       said({{"op", 7}, {"d", nullptr}}),
                       said({{"op", 9}, {"d", true}}),
                       said({{"op", 9}, {"d", false}}),
                       {kTime, {0xff, 0xff}}};
  for (const Step& end : ends) {
    Story story{128, steps};
    // Twice around, and no farther than a story goes.
    for (int round = 0; round < 2; ++round) {
      for (const Step& step :
           {end, Step{kHurry, {}}, Step{kOpen, {}}, hello, Step{kIdentify, {}}, ready, resumed})
        story.steps.push_back(step);
    }
    all.push_back({"session_" + std::to_string(all.size()), story.write()});
  }
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay::fuzz;
  const Story story = Story::read({data, size});
  Conversation conversation(story.head);
  for (const Step& step : story.steps) conversation.happen(step);
  return 0;
}
