#include "rehearsal/rules.hpp"

#include <array>
#include <cstddef>

namespace vcplay::rehearsal {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, static_cast<std::size_t>(Rule::count_of_rules)> kWords = {
    // REST
    "rest-user-agent",
    "rest-token",
    "rest-route",
    "rest-body",
    // main gateway
    "gateway-version",
    "gateway-undecodable",
    "gateway-too-large",
    "gateway-rate",
    "gateway-unknown-opcode",
    "gateway-before-identify",
    "gateway-identified-twice",
    "gateway-identify-fields",
    "gateway-token",
    "gateway-shard",
    "gateway-intents",
    "gateway-identify-too-soon",
    "gateway-identify-instead-of-resume",
    "gateway-resume-fields",
    "gateway-resume-sequence",
    "gateway-resume-refused",
    "gateway-resume-url",
    "gateway-heartbeat-sequence",
    "gateway-heartbeat-missed",
    "gateway-voice-state-fields",
    "left-without-leave",
    // voice gateway
    "voice-version",
    "voice-undecodable",
    "voice-unknown-opcode",
    "voice-before-identify",
    "voice-identified-twice",
    "voice-identify-fields",
    "voice-token",
    "voice-session",
    "voice-heartbeat-fields",
    "voice-heartbeat-sequence",
    "voice-heartbeat-missed",
    "voice-binary",
    "voice-resume-fields",
    "voice-resume-sequence",
    "select-protocol-fields",
    "select-protocol-order",
    "select-protocol-address",
    "select-protocol-mode",
    "no-discovery",
    "speaking-fields",
    "speaking-ssrc",
    "speaking-order",
    "speaking-unchanged",
    "speaking-priority",
    "speaking-not-ended",
    // end-to-end encryption, on the voice gateway
    "dave-not-offered",
    "dave-opcode-order",
    "dave-fields",
    "dave-key-package",
    "dave-key-package-missing",
    "dave-commit",
    "dave-welcome",
    "dave-commit-missing",
    "dave-ready",
    "dave-ready-missing",
    "dave-refused",
    // media
    "discovery-malformed",
    "discovery-ssrc",
    "packet-malformed",
    "packet-too-large",
    "packet-before-session",
    "packet-after-session",
    "unknown-ssrc",
    "wrong-source-address",
    "wrong-payload-type",
    "marker-set",
    "bad-tag",
    "repeated-nonce",
    "wrong-sequence",
    "wrong-timestamp",
    "audio-before-speaking",
    "audio-while-not-speaking",
    "burst",
    "missing-silence",
    "opus-duration",
    "opus-undecodable",
    "plaintext-in-encrypted-call",
    "undecryptable",
    "repeated-frame-nonce",
    "early-key",
    "late-key",
};
static_assert(!kWords.back().empty(), "a rule has no word");

}  // namespace

std::string_view word(Rule rule) noexcept {
  const auto index = static_cast<std::size_t>(rule);
  return index < kWords.size() ? kWords[index] : "unknown-rule";
}

}  // namespace vcplay::rehearsal
