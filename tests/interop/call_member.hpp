// core/dave as one member of a call: what vcplay itself does with the voice gateway's messages.
#pragma once

#include <map>
#include <memory>

#include "dave/frame_decryptor.hpp"
#include "dave/session.hpp"
#include "interop/peer_words.hpp"

namespace vcplay::peer {

/// A bot in a call, and its ears.
class CallMember {
 public:
  CallMember(Snowflake user, Snowflake channel);

  // Each takes a line's fields and returns the answer's. "actions" are what the session wants done: {op, d}
  // and {op, body} to be sent (opcode 28 as {op, commit, welcome}), {line} for what stands on the sender's
  // line, {epoch, code}, {failed}.

  /// version → actions
  [[nodiscard]] json begin(const json& line);
  /// op, d → actions
  [[nodiscard]] json text(const json& line);
  /// op, body → actions
  [[nodiscard]] json binary(const json& line);
  /// opus → frame: the protocol frame; empty when it may not be sent now.
  [[nodiscard]] json encrypt(const json& line);
  /// from, frame → opus, or nothing but the reason as `outcome`
  [[nodiscard]] json decrypt(const json& line);
  /// with → fingerprint, code: of us and this member of the latest epoch
  [[nodiscard]] json fingerprint(const json& line) const;
  /// → epoch, leaf, authenticator
  [[nodiscard]] json state(const json& line) const;

 private:
  [[nodiscard]] json carry_out(dave::Actions actions);
  [[nodiscard]] json done(const dave::SendText& send);
  [[nodiscard]] json done(const dave::SendBinary& send);
  [[nodiscard]] json done(dave::UseEncryptor& use);
  [[nodiscard]] json done(const dave::SendPlain& plain);
  [[nodiscard]] json done(dave::HoldAudio& hold);
  [[nodiscard]] json done(dave::NewEpoch& epoch);
  [[nodiscard]] json done(const dave::Failed& failed);
  [[nodiscard]] const dave::GroupMember& member(Snowflake user) const;

  Snowflake user_;
  dave::Session session_;
  std::unique_ptr<FrameTransform> line_ = std::make_unique<dave::SilenceOnly>();
  std::vector<dave::GroupMember> members_;  // of the latest epoch
  std::map<Snowflake, dave::FrameDecryptor> ears_;
};

}  // namespace vcplay::peer
