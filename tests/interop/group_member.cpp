#include "interop/group_member.hpp"

#include "dave/policy.hpp"
#include "mls/refusal.hpp"

namespace vcplay::peer {
namespace {

mls::PublicMessage public_message(ByteView bytes) {
  const auto message = mls::decoded<mls::MlsMessage>(bytes);
  const auto* const body = message.get<mls::PublicMessage>();
  if (body == nullptr) mls::refuse_malformed("6", "a PublicMessage was expected");
  return *body;
}

}  // namespace

json GroupMember::key_package(const json&) {
  package_ = mls::make_key_package({{dave::identity_of(user_)}, {}, {}, {}}, signature_key_);
  return {{"key_package", hex_of(package_->key_package)}};
}

json GroupMember::create(const json& line) {
  const auto sender = message_in<mls::ExternalSender>(line, "external_sender");
  enter(mls::Group::create(bytes_in(line, "group_id"), package_.value(),
                           {{mls::external_senders_extension({sender})}}));
  return json::object();
}

json GroupMember::join(const json& line) {
  enter(mls::Group::join(message_in<mls::Welcome>(line, "welcome"), package_.value()));
  return json::object();
}

json GroupMember::propose(const json& line) const {
  json proposals = json::array();
  for (mls::Proposal& proposal : proposals_in(line)) {
    proposals.push_back(hex_of(group().propose(std::move(proposal)).message));
  }
  return {{"proposals", std::move(proposals)}};
}

json GroupMember::hear(const json& line) {
  std::vector<mls::PendingProposal> verified;
  for (const json& proposal : line.at("proposals")) {
    verified.push_back(group().verify_proposal(public_message(bytes_of(proposal))));
  }
  for (mls::PendingProposal& proposal : verified) pending_.add(std::move(proposal));
  return json::object();
}

json GroupMember::commit(const json&) {
  mls::NewCommit made = group().commit(pending_);
  json answer = {{"commit", to_hex(made.commit)}};
  if (made.welcome) answer["welcome"] = to_hex(*made.welcome);
  committed_ = std::move(made.next);
  return answer;
}

json GroupMember::adopt(const json&) {
  enter(std::move(committed_.value()));
  return json::object();
}

json GroupMember::follow(const json& line) {
  auto next = group().process(public_message(bytes_in(line, "commit")), pending_);
  if (auto* const entered = std::get_if<mls::Group>(&next)) {
    enter(std::move(*entered));
    return {{"removed", false}};
  }
  group_.reset();
  return {{"removed", true}};
}

json GroupMember::state(const json& line) const {
  const SecretBytes exported = group().export_secret(
      line.at("label").get<std::string>(), bytes_in(line, "context"), line.at("length").get<std::size_t>());
  json roster = json::array();
  for (const mls::Member& member : group().roster()) {
    roster.push_back({member.leaf.value, to_hex(member.identity)});
  }
  return {{"epoch", group().epoch()},
          {"authenticator", to_hex(group().epoch_authenticator())},
          {"exported", to_hex(exported.view())},
          {"roster", std::move(roster)}};
}

void GroupMember::enter(mls::Group group) {
  group_ = std::move(group);
  pending_.clear();
  committed_.reset();
}

}  // namespace vcplay::peer
