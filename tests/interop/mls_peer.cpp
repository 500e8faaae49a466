// usage: mls_peer. Members of MLS groups and of DAVE calls, as many as are asked for, for tests that set them
// beside other people's implementations. A line of JSON in, {"ask": …, "who": user id, …}; a line out: the
// answer's fields, or {"refused": sentence} when core/mls or core/dave said no. Bytes are hexadecimal. A line
// that asks for nonsense ends it.

#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <string>

#include "base/error.hpp"
#include "base/log.hpp"
#include "dave/policy.hpp"
#include "interop/call_member.hpp"
#include "interop/group_member.hpp"

namespace vcplay::peer {
namespace {

/// The voice gateway's key: the external sender of every group and call.
class Gateway {
 public:
  /// → external_sender
  [[nodiscard]] json external_sender() const {
    return {{"external_sender", hex_of(mls::ExternalSender{mls::public_key_of(key_), {Bytes{'g'}}})}};
  }
  /// group_id, epoch, remove: leaves, add: key packages → proposals, in this order, and refs
  [[nodiscard]] json propose(const json& line) const {
    json proposals = json::array();
    json refs = json::array();
    for (mls::Proposal& proposal : proposals_in(line)) {
      const mls::MlsMessage message = mls::external_proposal(
          bytes_in(line, "group_id"), line.at("epoch").get<std::uint64_t>(), 0, key_, std::move(proposal));
      proposals.push_back(hex_of(message));
      refs.push_back(
          to_hex(mls::make_proposal_ref(mls::encoded(message.get<mls::PublicMessage>()->authenticated()))));
    }
    return {{"proposals", std::move(proposals)}, {"refs", std::move(refs)}};
  }

 private:
  mls::PrivateKey key_ = mls::PrivateKey::generate();
};

/// Everybody, by user id.
class Peers {
 public:
  [[nodiscard]] json answer(const json& line) {
    const auto ask = line.at("ask").get<std::string>();
    if (ask == "external_sender") return gateway_.external_sender();
    if (ask == "external_propose") return gateway_.propose(line);
    const Snowflake who = id_in(line, "who");
    if (ask == "member") {
      group_members_.insert_or_assign(who, GroupMember(who));
      return json::object();
    }
    if (ask == "caller") {
      callers_.erase(who);
      callers_.try_emplace(who, who, id_in(line, "channel"));
      return json::object();
    }
    if (ask == "leave") {
      group_members_.erase(who);
      callers_.erase(who);
      return json::object();
    }
    if (const auto member = group_members_.find(who); member != group_members_.end()) {
      return of_group_.at(ask)(member->second, line);
    }
    return of_call_.at(ask)(callers_.at(who), line);
  }

 private:
  template <typename T>
  using Asks = std::map<std::string, std::function<json(T&, const json&)>>;

  const Asks<GroupMember> of_group_ = {
      {"key_package", &GroupMember::key_package},
      {"create", &GroupMember::create},
      {"join", &GroupMember::join},
      {"propose", &GroupMember::propose},
      {"hear", &GroupMember::hear},
      {"commit", &GroupMember::commit},
      {"adopt", &GroupMember::adopt},
      {"follow", &GroupMember::follow},
      {"state", &GroupMember::state},
  };
  const Asks<CallMember> of_call_ = {
      {"begin", &CallMember::begin},     {"text", &CallMember::text},
      {"binary", &CallMember::binary},   {"encrypt", &CallMember::encrypt},
      {"decrypt", &CallMember::decrypt}, {"fingerprint", &CallMember::fingerprint},
      {"state", &CallMember::state},
  };
  Gateway gateway_;
  std::map<Snowflake, GroupMember> group_members_;
  std::map<Snowflake, CallMember> callers_;
};

int run() {
  log::set_level(log::Level::error);  // refusals are what many tests ask for
  Peers peers;
  for (std::string text; std::getline(std::cin, text);) {
    const json line = json::parse(text);
    json answer;
    try {
      answer = peers.answer(line);
    } catch (const Error& refusal) {
      answer = {{"refused", refusal.what()}};
    }
    std::cout << answer.dump() << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace vcplay::peer

int main() {
  try {
    return vcplay::peer::run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mls_peer: %s\n", error.what());
    return 2;
  }
}
