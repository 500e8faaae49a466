#include "rehearsal/objects.hpp"

#include <nlohmann/json.hpp>

#include "resources/guild.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

constexpr const char* kJoinedAt = "2026-01-01T00:00:00.000000+00:00";
constexpr int kMaxMembers = 500'000;

json everyone_role(const World& world) {
  return {{"id", world.options().guild.str()},
          {"name", "@everyone"},
          {"description", nullptr},
          {"permissions", std::to_string(world.everyone_permissions())},
          {"position", 0},
          {"color", 0},
          {"colors", {{"primary_color", 0}, {"secondary_color", nullptr}, {"tertiary_color", nullptr}}},
          {"hoist", false},
          {"managed", false},
          {"mentionable", false},
          {"icon", nullptr},
          {"unicode_emoji", nullptr},
          {"flags", 0}};
}

/// Channel resource, "Overwrite Object": what @everyone may not.
json overwrites(const World& world) {
  if (world.denied_permissions() == 0) return json::array();
  return json::array({{{"id", world.options().guild.str()},
                       {"type", 0},
                       {"allow", "0"},
                       {"deny", std::to_string(world.denied_permissions())}}});
}

/// What REST and GUILD_CREATE share of a guild.
json common_guild(const World& world) {
  return {{"id", world.options().guild.str()},
          {"name", world.guild_name()},
          {"icon", nullptr},
          {"splash", nullptr},
          {"discovery_splash", nullptr},
          {"banner", nullptr},
          {"description", nullptr},
          {"owner_id", world.owner().str()},
          {"application_id", nullptr},
          {"region", "rehearsal"},
          {"afk_channel_id",
           world.options().channel_is_afk ? json(world.options().channel.str()) : json(nullptr)},
          {"afk_timeout", 300},
          {"system_channel_id", nullptr},
          {"system_channel_flags", 0},
          {"rules_channel_id", nullptr},
          {"public_updates_channel_id", nullptr},
          {"safety_alerts_channel_id", nullptr},
          {"widget_enabled", false},
          {"widget_channel_id", nullptr},
          {"verification_level", 0},
          {"default_message_notifications", 1},
          {"explicit_content_filter", 0},
          {"mfa_level", 0},
          {"nsfw_level", 0},
          {"nsfw", false},
          {"roles", json::array({everyone_role(world)})},
          {"emojis", json::array()},
          {"stickers", json::array()},
          {"features", json::array()},
          {"premium_tier", 0},
          {"premium_subscription_count", 0},
          {"premium_progress_bar_enabled", false},
          {"preferred_locale", "en-US"},
          {"vanity_url_code", nullptr},
          {"max_members", kMaxMembers},
          {"max_presences", nullptr},
          {"max_video_channel_users", 25},
          {"max_stage_video_channel_users", 50},
          {"hub_type", nullptr},
          {"incidents_data", nullptr}};
}

/// Without GUILD_MEMBERS a bot sees itself and those who are in voice.
json visible_members(const World& world, const Person& viewer) {
  json members = json::array();
  for (const Person& person : world.people()) {
    if (person.user == viewer.user || world.voice_state(person.user) != nullptr) {
      members.push_back(member_object(person));
    }
  }
  return members;
}

json visible_voice_states(const World& world) {
  json states = json::array();
  for (const auto& [user, state] : world.voice_states()) {
    const Person* const person = world.person(user);
    if (person == nullptr) continue;
    json object = voice_state_object(world, *person, &state, state.session_id);
    object.erase("guild_id");  // Gateway events, "Guild Create": partial voice states without guild_id
    object.erase("member");
    states.push_back(std::move(object));
  }
  return states;
}

}  // namespace

json user_object(const Person& person) {
  return {{"id", person.user.str()},
          {"username", person.name},
          {"discriminator", person.bot ? "0001" : "0"},
          {"global_name", person.bot ? json(nullptr) : json(person.name)},
          {"avatar", nullptr},
          {"avatar_decoration_data", nullptr},
          {"banner", nullptr},
          {"accent_color", nullptr},
          {"bot", person.bot},
          {"system", false},
          {"flags", 0},
          {"public_flags", 0}};
}

json own_user_object(const Person& person) {
  json user = user_object(person);
  user.update(
      {{"mfa_enabled", true}, {"verified", true}, {"locale", "en-US"}, {"email", nullptr}, {"bio", ""}});
  return user;
}

json member_object(const Person& person) {
  return {{"user", user_object(person)},
          {"nick", nullptr},
          {"avatar", nullptr},
          {"avatar_decoration_data", nullptr},
          {"banner", nullptr},
          {"roles", json::array()},
          {"joined_at", kJoinedAt},
          {"premium_since", nullptr},
          {"deaf", false},
          {"mute", false},
          {"pending", false},
          {"flags", 0},
          {"communication_disabled_until", nullptr}};
}

json channel_object(const World& world, Snowflake channel) {
  const DiscordOptions& options = world.options();
  const bool is_place = world.is_place(channel);
  const int type = world.channel_type(channel);
  json object = {{"id", channel.str()},
                 {"guild_id", options.guild.str()},
                 {"type", type},
                 {"name", world.channel_name(channel)},
                 {"position", is_place ? 0 : 1},
                 {"parent_id", nullptr},
                 {"permission_overwrites", type == 0 ? json::array() : overwrites(world)},
                 {"nsfw", false},
                 {"last_message_id", nullptr},
                 {"rate_limit_per_user", 0},
                 {"flags", 0}};
  if (type == 0) {
    object.update({{"topic", nullptr}, {"last_pin_timestamp", nullptr}});
  } else {
    object.update({{"bitrate", world.channel_bitrate(channel)},
                   {"user_limit", is_place ? options.user_limit : 0},
                   {"rtc_region", nullptr},
                   {"video_quality_mode", 1}});
  }
  if (type == resources::kGuildStageVoice) object["topic"] = nullptr;
  return object;
}

json channel_objects(const World& world) {
  json channels = json::array();
  std::vector<Snowflake> all = world.places();
  all.insert(all.end(), {world.text_channel(), world.other_channel()});
  for (const Snowflake channel : all) {
    if (world.has_channel(channel)) channels.push_back(channel_object(world, channel));
  }
  return channels;
}

json partial_guild_object(const World& world, const Person& viewer) {
  const json whole = common_guild(world);
  json guild = {{"owner", viewer.user == world.owner()},
                {"permissions", std::to_string(world.everyone_permissions())}};
  for (const char* field : {"id", "name", "icon", "banner", "features"}) guild[field] = whole.at(field);
  return guild;
}

json guild_object(const World& world) {
  json guild = common_guild(world);
  guild["approximate_member_count"] = world.people().size();
  return guild;
}

json guild_create_object(const World& world, const Person& viewer) {
  json guild = common_guild(world);
  json channels = channel_objects(world);
  for (json& channel : channels) channel.erase("guild_id");
  guild.update({{"joined_at", kJoinedAt},
                {"large", false},
                {"unavailable", false},
                {"member_count", world.people().size()},
                {"members", visible_members(world, viewer)},
                {"voice_states", visible_voice_states(world)},
                {"channels", std::move(channels)},
                {"threads", json::array()},
                {"presences", json::array()},
                {"stage_instances", json::array()},
                {"guild_scheduled_events", json::array()},
                {"soundboard_sounds", json::array()}});
  return guild;
}

json voice_state_object(const World& world, const Person& person, const VoiceState* state,
                        const std::string& last_session_id) {
  const bool asked = state != nullptr && !state->request_to_speak.empty();
  return {{"guild_id", world.options().guild.str()},
          {"channel_id", state == nullptr ? json(nullptr) : json(state->channel.str())},
          {"user_id", person.user.str()},
          {"member", member_object(person)},
          {"session_id", last_session_id},
          {"deaf", false},
          {"mute", state != nullptr && state->mute},
          {"self_deaf", state != nullptr && state->self_deaf},
          {"self_mute", state != nullptr && state->self_mute},
          {"self_video", false},
          {"suppress", state != nullptr && state->suppress},
          {"request_to_speak_timestamp", asked ? json(state->request_to_speak) : json(nullptr)}};
}

json ready_object(const Person& person, const std::vector<Snowflake>& of_guilds,
                  const std::string& session_id, const std::string& resume_url, const json& shard) {
  json guilds = json::array();
  for (const Snowflake guild : of_guilds) guilds.push_back({{"id", guild.str()}, {"unavailable", true}});
  json ready = {{"v", 10},
                {"user", own_user_object(person)},
                {"user_settings", json::object()},
                {"guilds", std::move(guilds)},
                {"private_channels", json::array()},
                {"relationships", json::array()},
                {"presences", json::array()},
                {"session_id", session_id},
                {"session_type", "normal"},
                {"resume_gateway_url", resume_url},
                {"application", {{"id", person.user.str()}, {"flags", 0}}},
                {"_trace", json::array({"rehearsal"})}};
  if (!shard.is_null()) ready["shard"] = shard;
  return ready;
}

std::string wire_text(const json& message) {
  return message.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace vcplay::rehearsal
