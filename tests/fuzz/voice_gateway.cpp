// A voice server that says anything, in any order and at any time, to a voice::Session.
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
      default: {
        const std::uint16_t code = input.u16();
        return session_.on_close(code == 0 ? std::nullopt : std::optional(code), as_text(input.rest()), now_);
      }
    }
  }

  Actions pass(Duration time) {
    now_ += time;
    Actions actions = session_.on_time(now_);
    must_hold(!session_.deadline() || *session_.deadline() > now_, "a deadline that was served is gone");
    return actions;
  }

  void look_at(const Action& action) {
    must_hold(!over_, "nothing comes behind the end");
    if (const auto* const send = std::get_if<SendText>(&action)) {
      must_hold(json::accept(send->text), "what is sent is JSON");
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
