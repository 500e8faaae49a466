#include "dave/messages.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "dave/opcodes.hpp"
#include "mls/group.hpp"
#include "mls/refusal.hpp"

namespace vcplay::dave {
namespace {

constexpr std::int64_t kMaxVersion = 255;  // far beyond what exists; whether we speak it is not asked here

std::optional<TransitionId> transition_id(const nlohmann::json& data) {
  const auto id = json::integer_in(data, "transition_id", 0, UINT16_MAX);
  if (!id) return std::nullopt;
  return static_cast<TransitionId>(*id);
}

std::optional<int> protocol_version(const nlohmann::json& data) {
  const auto version = json::integer_in(data, "protocol_version", 0, kMaxVersion);
  if (!version) return std::nullopt;
  return static_cast<int>(*version);
}

std::optional<std::uint64_t> number_or_digits(const nlohmann::json& data, const char* name) {
  if (const auto number = json::integer_in(data, name, 0, INT64_MAX))
    return static_cast<std::uint64_t>(*number);
  const auto digits = json::text(data, name);
  if (!digits) return std::nullopt;
  std::uint64_t value = 0;
  const char* const end = digits->data() + digits->size();
  const auto [stop, error] = std::from_chars(digits->data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::string about_transition(Opcode opcode, TransitionId transition) {
  return json::dump({{"op", static_cast<int>(opcode)}, {"d", {{"transition_id", transition}}}});
}

}  // namespace

std::optional<PrepareTransition> read_prepare_transition(const nlohmann::json& data) {
  const auto id = transition_id(data);
  const auto version = protocol_version(data);
  if (!id || !version) return std::nullopt;
  return PrepareTransition{*id, *version};
}

std::optional<TransitionId> read_execute_transition(const nlohmann::json& data) {
  return transition_id(data);
}

std::optional<PrepareEpoch> read_prepare_epoch(const nlohmann::json& data) {
  const auto version = protocol_version(data);
  const auto epoch = number_or_digits(data, "epoch");
  if (!version || !epoch) return std::nullopt;
  return PrepareEpoch{*version, *epoch};
}

std::variant<AppendProposals, RevokeProposals> read_proposals(ByteView body) {
  mls::Reader in(body);
  const std::uint8_t type = in.u8();
  if (type > 1)
    mls::refuse_malformed("2.1", "a list of proposals is neither to be appended nor to be revoked");
  mls::Reader items = in.vector();
  in.expect_end("a list of proposals");
  if (type == 0) {
    AppendProposals append;
    while (!items.done()) append.messages.push_back(mls::MlsMessage::read(items));
    return append;
  }
  RevokeProposals revoke;
  while (!items.done()) revoke.refs.push_back(items.opaque_copy());
  return revoke;
}

std::optional<Announcement> read_announcement(ByteView body) noexcept {
  if (body.size() < sizeof(TransitionId)) return std::nullopt;
  return Announcement{load_be16(body), body.subspan(sizeof(TransitionId))};
}

std::string transition_ready(TransitionId transition) {
  return about_transition(Opcode::transition_ready, transition);
}

std::string invalid_commit_welcome(TransitionId transition) {
  return about_transition(Opcode::invalid_commit_welcome, transition);
}

Bytes key_package_message(const mls::KeyPackage& key_package) {
  mls::Writer out;
  out.u8(static_cast<std::uint8_t>(Opcode::key_package));
  key_package.write(out);
  return out.take();
}

Bytes commit_welcome_message(const mls::NewCommit& commit) {
  mls::Writer out;
  out.u8(static_cast<std::uint8_t>(Opcode::commit_welcome));
  out.raw(commit.commit);
  if (commit.welcome) out.raw(*commit.welcome);
  return out.take();
}

}  // namespace vcplay::dave
