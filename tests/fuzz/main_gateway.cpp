// A Discord that says anything, in any order and at any time, to a gateway::Session.
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "gateway/session.hpp"
#include "story.hpp"

namespace vcplay::fuzz {
namespace {

using namespace gateway;
using nlohmann::json;

enum Kind : std::uint8_t { kText, kTime, kVoiceState, kClose, kKinds };

constexpr Snowflake kGuild{81384788765712384};
constexpr Snowflake kChannel{381870553235193857};

class Conversation {
 public:
  explicit Conversation(std::uint8_t head) : session_(config(head)) {}

  void happen(const Step& step) {
    const bool was_over = over_;
    const Actions actions = hears(step.kind % kKinds, Input(step.body));
    must_hold(!was_over || actions.empty(), "a session that is over does nothing");
    for (const Action& action : actions) look_at(action);
    must_hold(!over_ || !session_.deadline(), "a session that is over waits for nothing");
  }

 private:
  static Config config(std::uint8_t head) {
    Config config;
    config.token = SecretString("MTAwMDAw.GxAbCd.not-a-real-one");
    config.guild = kGuild;
    config.jitter = head / 256.0;
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
      case kVoiceState:
        return session_.update_voice_state(input.u8() % 2 == 1 ? std::optional(kChannel) : std::nullopt,
                                           false, true);
      default: {
        const std::uint16_t code = input.u16();
        return session_.on_close(code == 0 ? std::nullopt : std::optional(code), as_text(input.rest()), now_);
      }
    }
  }

  void look_at(const Action& action) {
    must_hold(!over_, "nothing comes behind the end");
    if (const auto* const send = std::get_if<SendText>(&action)) {
      must_hold(json::accept(send->text), "what is sent is JSON");
    } else if (const auto* const created = std::get_if<GuildCreated>(&action)) {
      must_hold(created->guild.id == kGuild, "no other guild's objects are handed on");
    } else if (std::holds_alternative<Failed>(action)) {
      over_ = true;
    }
  }

  Session session_;
  TimePoint now_{1000s};
  bool over_ = false;
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
             {"permission_overwrites", {overwrite}}}}},
          {"members", {{{"user", {{"id", "100000000000000002"}}}, {"roles", {kGuild.str()}}}}},
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
  std::vector<Step> steps = {hello,
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
                       said({{"op", 7}, {"d", nullptr}}),
                       said({{"op", 9}, {"d", true}}),
                       {kTime, {0xff, 0xff}}};
  for (const Step& end : ends) {
    Story story{128, steps};
    story.steps.push_back(end);
    story.steps.push_back(end);
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
