// What clients ask of the voice gateway: to be let in, to agree on a transport, and to speak.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "rehearsal/fields.hpp"
#include "rehearsal/objects.hpp"
#include "rehearsal/voice_gateway_server.hpp"
#include "resources/permissions.hpp"

namespace vcplay::rehearsal {
namespace {

using nlohmann::json;

constexpr std::int64_t kPrioritySpeaking = 4;  // Discord, "Voice Connections", "Speaking Flags"
constexpr std::int64_t kAllSpeakingFlags = 7;

}  // namespace

void VoiceGatewayServer::identify(Connection& connection, const json& data, TimePoint now) {
  if (connection.person != nullptr) {
    return refuse(connection, Rule::voice_identified_twice, 4005, "Already authenticated.",
                  "a second IDENTIFY came on one voice connection");
  }
  if (world_.options().voice_identify_close_code) {
    return connection.close(*world_.options().voice_identify_close_code, "As it was rehearsed.");
  }
  if (!accept_identity(connection, data, now) || !accept_version(connection)) return;
  // Whoever begins anew gives up what it could have resumed.
  end_lost([&](const Connection& lost) { return lost.person == connection.person; }, now);
  Ledger& account = ledger(connection);
  account.first("voice-connected", connection.opened);
  account.first("voice-identify", now);
  send_ready(connection, now);
}

bool VoiceGatewayServer::accept_identity(Connection& connection, const json& data, TimePoint now) {
  const std::optional<Snowflake> server = id_in(data, "server_id");
  const std::optional<Snowflake> user = id_in(data, "user_id");
  const std::optional<std::string> session = text_in(data, "session_id");
  const std::optional<std::string> token = text_in(data, "token");
  const json* const dave = field(data, "max_dave_protocol_version");
  const bool dave_readable = dave == nullptr || integer_of(*dave).value_or(-1) >= 0;
  // Version 9 names the channel as well.
  const std::optional<Snowflake> channel = id_in(data, "channel_id");
  if (!server || !user || !session || !token || !dave_readable || (connection.version >= 9 && !channel)) {
    refuse(connection, Rule::voice_identify_fields, 4002, "Failed to decode payload.",
           "the voice IDENTIFY lacks server_id, user_id, session_id or token, or has one of the wrong type");
    return false;
  }
  VoiceState* const state = world_.voice_state(*user);
  const Person* const person = world_.person(*user);
  const bool has_account = person != nullptr && !person->token.empty();
  Ledger& account = has_account ? books_.of(*user) : books_.of_nobody();
  account.says("voice-identify");
  if (world_.just_retired(*user, *session, *token, now)) {
    connection.close(4006, "Session is no longer valid.");
    return false;
  }
  const bool right_session = *server == world_.options().guild && state != nullptr &&
                             state->session_id == *session && (!channel || *channel == state->channel);
  if (!right_session) {
    account.breach(Rule::voice_session,
                   "the voice IDENTIFY named another guild, user, session or channel than the voice state");
    connection.close(4006, "Session is no longer valid.");
    return false;
  }
  if (state->voice_token.empty() || state->voice_token != *token) {
    const bool used = state->voice_token.empty();
    account.breach(Rule::voice_token,
                   used ? "the voice IDENTIFY came with a token that had been used"
                        : "the voice IDENTIFY came with another token than VOICE_SERVER_UPDATE's");
    connection.close(used ? 4006 : 4004, used ? "Session is no longer valid." : "Authentication failed.");
    return false;
  }
  state->voice_token.clear();
  connection.person = person;
  connection.id = *session;
  connection.token = *token;
  connection.channel = state->channel;
  connection.offered_dave =
      dave == nullptr ? 0
                      : static_cast<int>(std::min<std::int64_t>(integer_of(*dave).value_or(0), UINT8_MAX));
  return true;
}

/// Discord, "Voice Close Event Codes", 4017: the channel wants end-to-end encryption.
bool VoiceGatewayServer::accept_version(Connection& connection) {
  const bool required = world_.options().requires_dave && delivery_.serves(connection.channel);
  if (!required || connection.offered_dave > 0) return true;
  refuse(connection, Rule::dave_not_offered, 4017, "E2EE/DAVE protocol required.",
         "the voice IDENTIFY offers no max_dave_protocol_version above 0, and the channel requires it");
  return false;
}

void VoiceGatewayServer::send_ready(Connection& connection, TimePoint now) {
  connection.media = &sfu_.open(connection.person->user);
  json modes = json::array();
  for (const rtp::TransportMode mode : world_.options().modes) modes.push_back(rtp::name(mode));
  connection.send({{"op", 2},
                   {"d",
                    {{"ssrc", connection.media->ssrc},
                     {"ip", world_.options().listen_address},
                     {"port", media_port_},
                     {"modes", std::move(modes)},
                     {"experiments", json::array()},
                     {"streams", json::array()}}}});
  for (const std::string& text : world_.options().extra_voice_texts) connection.socket->send_text(text);
  introduce(connection, now);
}

/// Everybody who is there to the newcomer, and the newcomer to everybody who listens on this gateway.
void VoiceGatewayServer::introduce(Connection& newcomer, TimePoint now) {
  std::vector<std::string> present;
  for (const auto& [user, state] : world_.voice_states()) {
    if (state.channel == newcomer.channel && user != newcomer.person->user) present.push_back(user.str());
  }
  if (world_.options().dave_faults.hides_members) present.clear();
  if (!present.empty()) send_numbered(newcomer, 11, {{"user_ids", present}}, now);
  for (const std::string& user : present) describe(newcomer, user, now);
  member_joined(newcomer.person->user, newcomer.channel, now);
  for (auto& [id, other] : connections_) {
    const bool speaks = other.media != nullptr && other.media->speaking != 0;
    if (&other == &newcomer || !speaks || other.channel != newcomer.channel) continue;
    send_numbered(newcomer, 5,
                  {{"speaking", other.media->speaking},
                   {"ssrc", other.media->ssrc},
                   {"user_id", other.person->user.str()}},
                  now);
  }
  on_introduced(newcomer.person->user, newcomer.channel, now);
}

void VoiceGatewayServer::member_joined(Snowflake user, Snowflake channel, TimePoint now) {
  if (world_.options().dave_faults.hides_members) return;
  for (auto& [id, other] : connections_) {
    if (other.media == nullptr || other.channel != channel || other.person->user == user) continue;
    send_numbered(other, 11, {{"user_ids", json::array({user.str()})}}, now);
    describe(other, user.str(), now);
  }
}

void VoiceGatewayServer::member_left(Snowflake user, Snowflake channel, TimePoint now) {
  if (world_.options().dave_faults.hides_members) return;
  for (auto& [id, other] : connections_) {
    if (other.media == nullptr || other.channel != channel || other.person->user == user) continue;
    send_numbered(other, 13, {{"user_id", user.str()}}, now);
  }
}

void VoiceGatewayServer::describe(Connection& to, const std::string& user, TimePoint now) {
  send_numbered(to, 18, {{"user_id", user}, {"flags", 0}}, now);
  send_numbered(to, 20, {{"user_id", user}, {"platform", nullptr}}, now);
}

void VoiceGatewayServer::select_protocol(Connection& connection, const json& data, TimePoint now) {
  const json* const details = field(data, "data");
  const json empty = json::object();
  const json& transport = details == nullptr ? empty : *details;
  const std::optional<std::string> protocol = text_in(data, "protocol");
  const std::optional<std::string> address = text_in(transport, "address");
  const std::optional<std::int64_t> port = integer_in(transport, "port");
  const std::optional<std::string> mode_name = text_in(transport, "mode");
  if (!protocol || *protocol != "udp" || !address || !port || !mode_name) {
    return refuse(connection, Rule::select_protocol_fields, 4012, "Unknown protocol.",
                  "SELECT_PROTOCOL lacks protocol udp, address, port or mode, or has one of the wrong type");
  }
  if (connection.described) {
    return ledger(connection)
        .breach(Rule::select_protocol_order, "SELECT_PROTOCOL came twice in one voice session");
  }
  const std::optional<rtp::TransportMode> mode = rtp::transport_mode(*mode_name);
  const auto& offered = world_.options().modes;
  if (!mode || std::find(offered.begin(), offered.end(), *mode) == offered.end()) {
    return refuse(connection, Rule::select_protocol_mode, 4016, "Unknown encryption mode.",
                  "SELECT_PROTOCOL named a mode that was not offered");
  }
  ledger(connection).first("select-protocol", now);
  ledger(connection).says("select-protocol");
  check_address(connection, *address, *port);
  if (world_.options().never_describes_session) return;
  describe_session(connection, *mode, now);
}

void VoiceGatewayServer::describe_session(Connection& connection, rtp::TransportMode mode, TimePoint now) {
  const Snowflake user = connection.person->user;
  const bool encrypts = is_in_encrypted_call(connection);
  const int version = delivery_.version(connection.channel, connection.offered_dave);
  connection.is_in_call = true;
  if (encrypts) delivery_.before_join(connection.channel, user, now);
  on_described(user, version, now);
  connection.described = true;
  send_description(connection, sfu_.describe(*connection.media, mode, now));
  ledger(connection).first("session-description", now);
  if (encrypts) delivery_.join(connection.channel, user, now);
}

void VoiceGatewayServer::send_description(Connection& connection, const KeyGiver::Key& key) {
  connection.send(
      {{"op", 4},
       {"d",
        {{"mode", rtp::name(connection.media->mode)},
         {"secret_key", key},
         {"dave_protocol_version", delivery_.version(connection.channel, connection.offered_dave)},
         {"audio_codec", "opus"},
         {"video_codec", "H264"},
         {"media_session_id", random_hex(16)}}}});
}

void VoiceGatewayServer::check_address(Connection& connection, const std::string& address,
                                       std::int64_t port) {
  const std::optional<PeerAddress>& discovered = connection.media->discovered;
  if (!discovered) {
    return ledger(connection).breach(Rule::no_discovery, "SELECT_PROTOCOL came without any IP discovery");
  }
  connection.media->announced = discovered;
  if (address == discovered->host() && port == discovered->port) return;
  ledger(connection)
      .breach(Rule::select_protocol_address,
              fmt::format("SELECT_PROTOCOL named another address than the discovered {}", discovered->str()));
}

void VoiceGatewayServer::speaking(Connection& connection, const json& data, TimePoint now) {
  const std::optional<std::int64_t> flags = integer_in(data, "speaking");
  const std::optional<std::int64_t> delay = integer_in(data, "delay");
  const std::optional<std::int64_t> ssrc = integer_in(data, "ssrc");
  if (!flags || *flags < 0 || *flags > kAllSpeakingFlags || !delay || !ssrc) {
    return refuse(connection, Rule::speaking_fields, 4020, "Bad request.",
                  "SPEAKING lacks the integers speaking (0 to 7), delay or ssrc");
  }
  ledger(connection).says(*flags == 0 ? "speaking-off" : "speaking-on");
  MediaSession& media = *connection.media;
  if (*ssrc != std::int64_t{media.ssrc}) {
    return ledger(connection)
        .breach(Rule::speaking_ssrc,
                fmt::format("SPEAKING named the SSRC {} instead of {}", *ssrc, media.ssrc));
  }
  if (!connection.described) {
    return ledger(connection).breach(Rule::speaking_order, "SPEAKING came before SESSION_DESCRIPTION");
  }
  if (*flags == std::int64_t{media.speaking} && !std::exchange(connection.may_repeat_speaking, false)) {
    ledger(connection).breach(Rule::speaking_unchanged, fmt::format("SPEAKING {} was said twice", *flags));
  }
  const bool with_priority = (*flags & kPrioritySpeaking) != 0;
  if (with_priority && !world_.permits(connection.person->user, resources::kPrioritySpeaker)) {
    ledger(connection).breach(Rule::speaking_priority, "priority speaking without the permission for it");
  }
  sfu_.set_speaking(media, static_cast<std::uint8_t>(*flags), now);
  for (auto& [id, other] : connections_) {
    if (&other == &connection || other.media == nullptr || other.channel != connection.channel) continue;
    send_numbered(other, 5,
                  {{"speaking", *flags}, {"ssrc", media.ssrc}, {"user_id", connection.person->user.str()}},
                  now);
  }
}

}  // namespace vcplay::rehearsal
