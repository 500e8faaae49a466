// A client whose connection to the voice gateway is lost and resumed, and the messages that it was told.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "words/recovery_words.hpp"

namespace vcplay::rehearsal::test {

/// A client whose connection to the voice gateway can be lost and taken up again.
template <class Player>
class Resuming : public Player {
 public:
  using Player::Player;

  void lose_voice(std::uint16_t close_code = kNoCloseFrame) {
    before = std::exchange(this->voice, PaperSocket());
    this->discord.voice.on_closed(before, close_code, this->discord.now);
    this->discord.settle(this->discord.now);
  }
  /// As it was introduced; `seen` is the last number that it saw.
  [[nodiscard]] json resumption(const json& seen, const json& changes = json::object()) const {
    json data = this->voice_identity().at("d");
    data.erase("user_id");
    data.erase("max_dave_protocol_version");
    // The latest voice state that it was told of may be somebody else's.
    data["session_id"] = this->discord.world.voice_state(this->account.user)->session_id;
    data["seq_ack"] = seen;
    data.update(changes);
    return {{"op", 7}, {"d", data}};
  }
  void resume(const json& seen, const json& changes = json::object()) {
    this->connect_voice();
    this->voice_says(resumption(seen, changes));
  }

  PaperSocket before;
};
using ResumingPlayer = Resuming<PaperPlayer>;

/// The number of a text or binary message; nothing for those without.
inline std::optional<int> number_of(const std::variant<std::string, Bytes>& message) {
  if (const auto* const binary = std::get_if<Bytes>(&message)) return load_be16(*binary);
  const json text = json::parse(std::get<std::string>(message));
  return text.contains("seq") ? std::optional(text.at("seq").get<int>()) : std::nullopt;
}

inline std::vector<int> numbers(const PaperSocket& socket) {
  std::vector<int> found;
  for (const auto& message : socket.unread) {
    if (const auto number = number_of(message)) found.push_back(*number);
  }
  return found;
}

/// Opcodes in the order in which they came.
inline std::vector<int> opcodes(const PaperSocket& socket) {
  std::vector<int> found;
  for (const auto& message : socket.unread) {
    const auto* const binary = std::get_if<Bytes>(&message);
    found.push_back(binary ? (*binary)[2] : json::parse(std::get<std::string>(message)).at("op").get<int>());
  }
  return found;
}

}  // namespace vcplay::rehearsal::test
