#include "interop/call_member.hpp"

#include <algorithm>

#include "dave/pairwise_fingerprint.hpp"

namespace vcplay::peer {
namespace {

constexpr TimePoint kNow{1000s};  // time stands still: nothing here is about how long it takes

std::string name_of(dave::Opened outcome) {
  switch (outcome) {
    case dave::Opened::decrypted:
      return "decrypted";
    case dave::Opened::silence:
      return "silence";
    case dave::Opened::passed:
      return "passed";
    case dave::Opened::not_encrypted:
      return "not encrypted";
    case dave::Opened::unencrypted_ranges:
      return "unencrypted ranges";
    case dave::Opened::no_key:
      return "no key";
    case dave::Opened::replayed:
      return "replayed";
    case dave::Opened::bad_generation:
      return "bad generation";
    case dave::Opened::wrong_tag:
      return "wrong tag";
  }
  return "";
}

}  // namespace

CallMember::CallMember(Snowflake user, Snowflake channel)
    : user_(user), session_(dave::Config{user, channel, mls::PrivateKey::generate()}) {}

json CallMember::begin(const json& line) {
  return carry_out(session_.begin(line.at("version").get<int>(), kNow));
}

json CallMember::text(const json& line) {
  return carry_out(session_.on_text(line.at("op").get<std::int64_t>(), line.at("d"), kNow));
}

json CallMember::binary(const json& line) {
  return carry_out(session_.on_binary(line.at("op").get<std::uint8_t>(), bytes_in(line, "body"), kNow));
}

json CallMember::encrypt(const json& line) {
  Bytes buffer = bytes_in(line, "opus");
  const std::size_t size = buffer.size();
  buffer.resize(size + kMaxDaveOverhead);
  buffer.resize(line_->apply(buffer, size));
  return {{"frame", to_hex(buffer)}};
}

json CallMember::decrypt(const json& line) {
  const auto result = ears_[id_in(line, "from")].open(bytes_in(line, "frame"), kNow);
  return {{"outcome", name_of(result.outcome)}, {"opus", to_hex(result.opus)}};
}

json CallMember::fingerprint(const json& line) const {
  const dave::GroupMember& other = member(id_in(line, "with"));
  const auto fingerprint =
      dave::pairwise_fingerprint({user_, member(user_).signature_key}, {other.user, other.signature_key});
  return {{"fingerprint", to_hex(fingerprint)}, {"code", dave::fingerprint_code(fingerprint)}};
}

json CallMember::state(const json&) const {
  const mls::Group* const group = session_.group();
  if (group == nullptr) return {{"epoch", nullptr}};
  return {{"epoch", group->epoch()},
          {"leaf", group->own_leaf().value},
          {"authenticator", to_hex(group->epoch_authenticator())}};
}

json CallMember::carry_out(dave::Actions actions) {
  json list = json::array();
  for (dave::Action& action : actions) {
    list.push_back(std::visit([this](auto& one) { return done(one); }, action));
  }
  return {{"actions", std::move(list)}};
}

json CallMember::done(const dave::SendText& send) { return json::parse(send.text); }

json CallMember::done(const dave::SendBinary& send) {
  const std::uint8_t opcode = send.bytes.at(0);
  const ByteView body = ByteView(send.bytes).subspan(1);
  if (opcode != static_cast<std::uint8_t>(dave::Opcode::commit_welcome)) {
    return {{"op", opcode}, {"body", to_hex(body)}};
  }
  mls::Reader in(body);
  static_cast<void>(mls::MlsMessage::read(in));
  json both = {{"op", opcode}, {"commit", to_hex(body.first(body.size() - in.rest().size()))}};
  if (!in.done()) both["welcome"] = to_hex(in.rest());
  return both;
}

json CallMember::done(dave::UseEncryptor& use) {
  line_ = std::move(use.encryptor);
  return {{"line", "encrypted"}};
}

json CallMember::done(const dave::SendPlain&) {
  line_ = std::make_unique<dave::SilenceOnly>();  // nobody allowed plaintext here
  return {{"line", "plain"}};
}

json CallMember::done(dave::HoldAudio& hold) {
  line_ = std::move(hold.gate);
  return {{"line", hold.why == dave::Hold::alone ? "alone" : "held"}};
}

json CallMember::done(dave::NewEpoch& epoch) {
  members_ = std::move(epoch.members);
  for (const dave::GroupMember& one : members_) {
    ears_[one.user].begin_epoch(dave::KeyRatchet(*session_.group(), one.user), kNow);
  }
  return {{"epoch", epoch.epoch}, {"code", epoch.privacy_code}};
}

json CallMember::done(const dave::Failed& failed) { return {{"failed", failed.error.what()}}; }

const dave::GroupMember& CallMember::member(Snowflake user) const {
  const auto found =
      std::find_if(members_.begin(), members_.end(), [user](const auto& one) { return one.user == user; });
  if (found == members_.end()) throw std::out_of_range("no such member");
  return *found;
}

}  // namespace vcplay::peer
