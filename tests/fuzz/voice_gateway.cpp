// A voice server that says anything, in any order, at any time and over any number of
// sockets, to a voice::Session.
#include "voice/session.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "randomness.hpp"
#include "story.hpp"

namespace vcplay::fuzz {
namespace {

using namespace voice;
using nlohmann::json;

enum Kind : std::uint8_t { kOpen, kText, kBinary, kTime, kAddress, kSpeaking, kClose, kKinds };

class Conversation {
 public:
  explicit Conversation(std::uint8_t head) : plaintext_(head % 2 == 0), session_(config(plaintext_)) {}

  void happen(const Step& step) {
    const bool was_over = over_;
    const Actions actions = hears(step.kind % kKinds, Input(step.body));
    must_hold(!was_over || actions.empty(), "a session that is over does nothing");
    for (const Action& action : actions) look_at(action);
    must_hold(session_.sequence() >= -1 && session_.sequence() <= UINT16_MAX,
              "a sequence number has 16 bits");
    must_hold(!over_ || !session_.deadline(), "a session that is over waits for nothing");
    must_hold(socket_ || !session_.deadline(), "without a socket the next word is the owner's");
    must_hold(!socket_ || over_ || session_.deadline(), "with one there is no wait without an end");
    must_hold(!session_.is_live() || (socket_ && session_.has_session()),
              "it lives with a socket and a session");
  }

 private:
  static Config config(bool plaintext) {
    return {.server = Snowflake{81384788765712384},
            .user = Snowflake{100000000000000002},
            .session_id = "voice-session",
            .token = SecretString("voice-token"),
            .channel = Snowflake{381870553235193857},
            .signature_key = *mls::PrivateKey::from_scalar(Bytes(crypto::kP256ScalarBytes, 3)),
            .plaintext = plaintext ? dave::Plaintext::allowed : dave::Plaintext::refused};
  }

  Actions hears(std::uint8_t kind, Input input) {
    switch (kind) {
      case kOpen:
        socket_ = !over_;
        return session_.on_open(now_);
      case kText:
        return session_.on_text(as_text(input.rest()), now_);
      case kBinary:
        return session_.on_binary(input.rest(), now_);
      case kTime:
        return pass(input.u16() * 100ms);
      case kAddress:
        has_address_ = true;
        return session_.select_protocol(std::string(as_text(input.rest())), 50'000);
      case kSpeaking:
        return session_.speaking(input.u8());
      default:
        return close(input);
    }
  }

  Actions pass(Duration time) {
    now_ += time;
    Actions actions = session_.on_time(now_);
    must_hold(!session_.deadline() || *session_.deadline() > now_, "a deadline that was served is gone");
    return actions;
  }

  Actions close(Input& input) {
    const std::uint16_t code = input.u16();
    const bool had_socket = socket_;
    socket_ = false;
    Actions actions =
        session_.on_close(code == 0 ? std::nullopt : std::optional(code), as_text(input.rest()), now_);
    must_hold(!had_socket || over_ || !actions.empty(), "a lost socket does not go unnoticed");
    return actions;
  }

  void look_at(const Action& action) {
    must_hold(!over_, "nothing comes behind the end");
    if (const auto* const send = std::get_if<SendText>(&action)) {
      must_hold(json::accept(send->text), "what is sent is JSON");
      must_hold(socket_, "a message needs a socket");
      if (json::parse(send->text)["op"] == 0) ++identifies_;
      must_hold(identifies_ == 1, "a session begins with IDENTIFY and has only one");
    } else if (std::holds_alternative<SendBinary>(action)) {
      must_hold(socket_ && session_.has_session(), "end-to-end encryption speaks in a session");
    } else if (std::holds_alternative<CloseSocket>(action)) {
      socket_ = false;
    } else if (const auto* const again = std::get_if<Reconnect>(&action)) {
      must_hold(!socket_, "another socket is for when there is none");
      must_hold(session_.has_session(), "what is not there cannot be resumed");
      must_hold(again->after > Duration::zero() && again->after <= 10s,
                "another socket is near, not at once");
      must_hold(again->attempt >= 1 && again->attempt <= 6, "nothing is tried for ever");
    } else if (std::holds_alternative<SessionReady>(action)) {
      must_hold(has_address_, "a session is ready when it has been told our address");
    } else if (std::holds_alternative<dave::SendPlain>(action)) {
      must_hold(plaintext_, "audio goes out in the clear where that is allowed");
    } else if (std::holds_alternative<Over>(action)) {
      over_ = true;
    }
  }

  const bool plaintext_;
  Session session_;
  TimePoint now_{1000s};
  int identifies_ = 0;
  bool socket_ = false;
  bool has_address_ = false;
  bool over_ = false;
};

Step said(const json& message) {
  const std::string text = message.dump();
  return {kText, Bytes(text.begin(), text.end())};
}

}  // namespace

std::vector<Seed> seeds() {
  const json hello = {{"op", 8}, {"d", {{"v", 8}, {"heartbeat_interval", 13750.5}}}};
  const json ready = {{"op", 2},
                      {"d",
                       {{"ssrc", 4'000'000'000U},
                        {"ip", "203.0.113.7"},
                        {"port", 50'001},
                        {"modes", {"aead_xchacha20_poly1305_rtpsize", "aead_aes256_gcm_rtpsize"}}}}};
  const json ack = {{"op", 6}, {"d", {{"t", 1}}}, {"seq", 7}};
  const auto description = [](const char* mode, int dave) -> json {
    return {{"op", 4},
            {"d", {{"mode", mode}, {"secret_key", json(32, 200)}, {"dave_protocol_version", dave}}}};
  };
  const Bytes address = {'1', '9', '2', '.', '0', '.', '2', '.', '1'};
  std::vector<Seed> all;
  for (const std::uint8_t dave : Bytes{0, 1}) {
    for (const char* const mode : {"aead_xchacha20_poly1305_rtpsize", "aead_aes256_gcm_rtpsize"}) {
      const Story story{dave,
                        {{kOpen, {}},
                         said(hello),
                         said(ready),
                         {kAddress, address},
                         said(description(mode, dave)),
                         {kSpeaking, {1}},
                         {kTime, {0, 140}},
                         said(ack),
                         said({{"op", 11}, {"d", {{"user_ids", {"300000000000000003"}}}}, {"seq", 8}}),
                         said({{"op", 21}, {"d", {{"transition_id", 3}, {"protocol_version", 1}}}}),
                         said({{"op", 22}, {"d", {{"transition_id", 3}}}}),
                         {kBinary, {0, 9, 27, 0, 1, 0}},
                         said(description(mode, dave)),
                         {kClose, {0x0f, 0xaf, 'x'}},  // 4015
                         {kTime, {0, 2}},
                         {kOpen, {}},
                         said(hello),
                         {kBinary, {0, 10, 30, 0, 1, 0}},
                         said({{"op", 9}, {"d", nullptr}}),
                         {kSpeaking, {0}},
                         {kTime, {1, 0}},
                         {kTime, {1, 0}},
                         {kTime, {1, 0}},
                         {kClose, {0x0f, 0xae, 'x'}}}};
      all.push_back({"call_" + std::to_string(dave) + mode, story.write()});
    }
  }
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay::fuzz;
  seed_randomness(1);
  const Story story = Story::read({data, size});
  Conversation conversation(story.head);
  for (const Step& step : story.steps) conversation.happen(step);
  return 0;
}
