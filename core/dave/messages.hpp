// The bodies of DAVE's voice gateway messages, read and written.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "mls/framing.hpp"

namespace vcplay::mls {
struct NewCommit;
}

namespace vcplay::dave {

using TransitionId = std::uint16_t;
/// Executed at once, without anybody being asked whether they are ready.
inline constexpr TransitionId kInitialTransition = 0;

// ── text from the server; nothing when a field is missing or out of its range ──

struct PrepareTransition {
  TransitionId transition;
  int version;
};
[[nodiscard]] std::optional<PrepareTransition> read_prepare_transition(const nlohmann::json& data);
[[nodiscard]] std::optional<TransitionId> read_execute_transition(const nlohmann::json& data);

struct PrepareEpoch {
  int version;
  std::uint64_t epoch;  // 1: the group is made anew
};
/// The epoch may be a number or a string of digits.
[[nodiscard]] std::optional<PrepareEpoch> read_prepare_epoch(const nlohmann::json& data);

// ── binary from the server, behind the sequence number and the opcode; refused with an mls::Refusal ──

struct AppendProposals {
  std::vector<mls::MlsMessage> messages;
};
struct RevokeProposals {
  std::vector<Bytes> refs;
};
[[nodiscard]] std::variant<AppendProposals, RevokeProposals> read_proposals(ByteView body);

/// A transition and the message that prepares it: a Commit in opcode 29, a Welcome in opcode 30.
struct Announcement {
  TransitionId transition;
  ByteView message;
};
/// Nothing when there is not even a transition id.
[[nodiscard]] std::optional<Announcement> read_announcement(ByteView body) noexcept;

// ── to the server ──

[[nodiscard]] std::string transition_ready(TransitionId transition);
[[nodiscard]] std::string invalid_commit_welcome(TransitionId transition);
/// The key package is not wrapped in an MLSMessage.
[[nodiscard]] Bytes key_package_message(const mls::KeyPackage& key_package);
/// An MLSMessage with the Commit, then the bare Welcome when somebody is added.
[[nodiscard]] Bytes commit_welcome_message(const mls::NewCommit& commit);

}  // namespace vcplay::dave
