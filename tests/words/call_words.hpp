// Words for stories about encrypted calls: a player with end-to-end encryption, who answers when
// the story says so.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/overloaded.hpp"
#include "dave/frame_encryptor.hpp"
#include "dave/session.hpp"
#include "words/rehearsal_words.hpp"

namespace vcplay::rehearsal::test {

inline DiscordOptions encrypted() {
  DiscordOptions options;
  options.dave_version = 1;
  options.requires_dave = true;
  return options;
}

/// A client that keeps to DAVE with a session of its own. What the server said waits until listen().
class DavePlayer : public PaperPlayer {
 public:
  explicit DavePlayer(PaperDiscord& host, std::size_t account_index = 0)
      : PaperPlayer(host, account_index),
        session({account.user, host.world.options().channel, mls::PrivateKey::generate(),
                 dave::Plaintext::allowed}) {}

  /// Everything up to SPEAKING; answers DAVE's messages until there are no more.
  void get_ready() {
    log_in();
    join();
    connect_voice();
    voice_says(voice_identity({{"max_dave_protocol_version", 1}}));
    ssrc = voice.last(2).at("d").at("ssrc").get<std::uint32_t>();
    discover();
    select();
    listen();
  }
  /// Reads what came over the voice gateway, and answers.
  void listen() {
    while (!voice.unread.empty()) {
      if (awaits_execution && is_execution(voice.unread.front())) return;
      const auto message = std::move(voice.unread.front());
      voice.unread.pop_front();
      if (const auto* const text = std::get_if<std::string>(&message)) {
        hear(json::parse(*text));
      } else {
        const ByteView bytes = std::get<Bytes>(message);
        carry_out(session.on_binary(bytes[2], bytes.subspan(3), discord.now));
      }
    }
  }

  /// The protocol frame that this Opus packet would become now; nothing when it may not be sent.
  [[nodiscard]] std::optional<Bytes> frame(const Bytes& opus) {
    Bytes buffer = opus;
    buffer.resize(kMaxProtocolFrameBytes);
    const std::size_t size = line ? line->apply(buffer, opus.size()) : opus.size();
    if (size == 0) return std::nullopt;
    buffer.resize(size);
    return buffer;
  }
  /// Audio, a packet every 20 ms, listening all the time. Returns how many packets could go out.
  int play(int packets) {
    int sent = 0;
    for (int i = 0; i < packets; ++i) {
      discord.advance(20ms);
      listen();
      sent += play_one();
    }
    return sent;
  }
  void take_key_now() {
    keeps_key = false;
    if (next_key_) take("encrypted", std::move(next_key_));
  }
  void fall_silent() {
    send(silence(), 5);
    speak(0);
  }

  dave::Session session;
  std::unique_ptr<FrameTransform> line = std::make_unique<dave::SilenceOnly>();
  std::string media = "nothing yet";
  std::string code;                // of the latest epoch
  std::size_t members = 0;         // in it
  std::vector<std::uint8_t> said;  // opcodes
  bool switches_early = false;     // to an epoch's key when it is announced instead of when it is in force
  bool keeps_key = false;          // the sender takes no new key until take_key_now()
  bool awaits_execution = false;   // opcode 22 and what follows it are still on their way

 private:
  int play_one() {
    const auto next = frame(sound());
    if (!next && trailing_silence_ == 5) return 0;
    deliver(packet(next ? *next : silence()));
    trailing_silence_ = next ? 0 : trailing_silence_ + 1;
    return next ? 1 : 0;
  }
  static bool is_execution(const std::variant<std::string, Bytes>& message) {
    const auto* const text = std::get_if<std::string>(&message);
    return text != nullptr && json::parse(*text).at("op") == 22;
  }
  void hear(const json& message) {
    const auto opcode = message.at("op").get<std::int64_t>();
    if (opcode == 4) {
      carry_out(session.begin(message.at("d").at("dave_protocol_version").get<int>(), discord.now));
    } else {
      carry_out(session.on_text(opcode, message.at("d"), discord.now));
    }
  }
  void carry_out(dave::Actions actions) {
    for (dave::Action& action : actions) {
      std::visit(Overloaded{[&](dave::SendText& send) {
                              said.push_back(json::parse(send.text).at("op").get<std::uint8_t>());
                              voice_says(json::parse(send.text));
                            },
                            [&](dave::SendBinary& send) {
                              said.push_back(send.bytes.at(0));
                              discord.voice.on_binary(voice, send.bytes, discord.now);
                              discord.settle(discord.now);
                            },
                            [&](dave::UseEncryptor& use) {
                              if (keeps_key) {
                                next_key_ = std::move(use.encryptor);
                              } else {
                                take("encrypted", std::move(use.encryptor));
                              }
                            },
                            [&](dave::SendPlain&) { take("plain", nullptr); },
                            [&](dave::HoldAudio& hold) { take("held", std::move(hold.gate)); },
                            [&](dave::NewEpoch& epoch) {
                              code = epoch.privacy_code;
                              members = epoch.members.size();
                              if (!switches_early) return;
                              take("encrypted", std::make_unique<dave::FrameEncryptor>(
                                                    dave::KeyRatchet(*session.group(), account.user)));
                            },
                            [&](dave::Failed& failed) { media = failed.error.what(); }},
                 action);
    }
  }
  void take(const char* what, std::unique_ptr<FrameTransform> transform) {
    line = std::move(transform);
    media = what;
  }

  std::unique_ptr<FrameTransform> next_key_;
  int trailing_silence_ = 5;
};

}  // namespace vcplay::rehearsal::test
