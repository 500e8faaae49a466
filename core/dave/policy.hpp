// What DAVE forbids although RFC 9420 allows it: one function per rule. Each returns when its rule
// holds and refuses otherwise.
#pragma once

#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/snowflake.hpp"
#include "mls/group.hpp"

namespace vcplay::dave {

/// A message that MLS would take and DAVE does not.
class Refusal : public Error {
 public:
  /// `section` is the whitepaper's.
  Refusal(std::string_view section, const std::string& sentence)
      : Error(Cause::encryption, sentence + " (DAVE, \"" + std::string(section) + "\")") {}
};

using Users = std::set<Snowflake>;

/// The user that a credential names: eight bytes, the greatest first.
[[nodiscard]] std::optional<Snowflake> user_of(ByteView identity);
[[nodiscard]] Bytes identity_of(Snowflake user);

namespace policy {

// ── opcode 27 ──
void is_from_external_sender(const mls::PublicMessage& message);
void adds_or_removes(const mls::Proposal& proposal);
void adds_somebody_who_is_here(const mls::Proposal& proposal, const Users& recognized);

// ── opcode 29 ──
void is_by_reference_alone(const mls::Commit& commit);
void committer_stays_who_it_is(const mls::Group& before, const mls::Group& after, mls::LeafIndex committer);

// ── opcodes 29 and 30: the group that results ──
void users_are_distinct(const mls::Group& group);
void has_only_our_external_sender(const mls::Group& group, const mls::ExternalSender& expected);
void is_group_of(const mls::Group& group, ByteView group_id);

}  // namespace policy
}  // namespace vcplay::dave
