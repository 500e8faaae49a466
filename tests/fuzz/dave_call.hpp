// A call in which the fuzzer decides what happens: the bot, one other member who knows MLS alone, and a voice
// gateway that signs whatever it is given.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>

#include "dave/session.hpp"
#include "story.hpp"

namespace vcplay::fuzz {

/// What a step of a story is about. The raw ones bring a message as it is on the wire; in the
/// others the voice gateway or Ann makes a proper one out of the body, so that it gets past
/// everything that keeps strangers out.
enum class Event : std::uint8_t {
  begin,             // SESSION_DESCRIPTION; body: the version
  text,              // body: opcode, then the JSON of `d`
  external_sender,   // opcode 25; raw, as the next three
  proposals,         // 27
  commit,            // 29
  welcome,           // 30
  time,              // body: seconds
  signed_proposals,  // body: Proposals, which the voice gateway signs
  ann_commits,       // body: transition, options, then changes to the message
  ann_welcomes,      // body: transition, then changes to the message
  bot_wins,          // the bot's latest Commit is announced; body: transition
  count,
};

/// How a call stands before the story begins, by the story's head.
enum class Opening : std::uint8_t { nothing, begun, pending, established, count };

class Call {
 public:
  explicit Call(std::uint8_t head);

  void happen(const Step& step);
  /// All that the bot has been told since the opening, as raw steps, which lead to the same state again.
  [[nodiscard]] const Story& told() const noexcept { return told_; }
  [[nodiscard]] const mls::Group* group() const noexcept { return bot_.group(); }

 private:
  // ── what the bot is told ──
  void tell(Event event, Bytes body);
  [[nodiscard]] dave::Actions hears(Event event, ByteView body);
  [[nodiscard]] dave::Actions hears_text(ByteView body);
  void announce(Event event, std::uint16_t transition, ByteView message);

  // ── what the voice gateway and Ann make ──
  void sign_proposals(ByteView body);
  void ann_commits(Input body);
  void ann_welcomes(Input body);
  void bot_wins(Input body);
  void found_ann();

  // ── what must hold of the bot ──
  void look_at(dave::Action& action);
  void look_at_binary(ByteView message);
  void look_at_encryptor(FrameTransform& encryptor);
  void look_at_group(std::optional<std::uint64_t> epoch_before);

  const bool plaintext_;
  mls::PrivateKey gateway_key_;
  mls::OwnKeyPackage ann_package_;
  std::optional<mls::Group> ann_;
  mls::PendingProposals ann_pending_;

  dave::Session bot_;
  TimePoint now_{1000s};
  std::uint64_t turn_ = 0;
  bool over_ = false;
  bool said_new_epoch_ = false;
  Bytes key_package_;             // the bot's latest
  Bytes commit_;                  // the bot's latest
  std::set<Bytes> first_frames_;  // of every encryptor: one key and nonce would give the same frame twice
  Story told_;
};

// The words that seeds are written in.
[[nodiscard]] Bytes identity(Snowflake user);
[[nodiscard]] Step text(dave::Opcode opcode, const nlohmann::json& data);
[[nodiscard]] Step proposals(const std::vector<mls::Proposal>& list);
inline constexpr Snowflake kBot{100000000000000001};
inline constexpr Snowflake kChannel{200000000000000002};
inline constexpr Snowflake kAnn{300000000000000003};
inline constexpr Snowflake kBob{400000000000000004};

}  // namespace vcplay::fuzz
