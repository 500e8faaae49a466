#include "cli/fingerprints.hpp"

#include "base/log.hpp"
#include "dave/displayable_code.hpp"
#include "dave/pairwise_fingerprint.hpp"

namespace vcplay::cli {

void Fingerprints::add(const std::vector<dave::GroupMember>& members, const std::string& where) {
  if (!log::enabled(log::Level::info)) return;
  for (const dave::GroupMember& member : members) {
    if (member.user == own_user_) {
      own_key_ = member.signature_key;
    } else if (Bytes& known = known_[member.user]; known != member.signature_key) {
      known = member.signature_key;
      waiting_.push_back({member, where});
    }
  }
}

void Fingerprints::log_next() {
  if (waiting_.empty() || own_key_.empty()) return;
  const auto [member, where] = std::move(waiting_.front());
  waiting_.pop_front();
  const auto fingerprint =
      dave::pairwise_fingerprint({own_user_, own_key_}, {member.user, member.signature_key});
  log::info("{}End-to-end encryption: the fingerprint with user {} is {}.",
            where.empty() ? "" : fmt::format("In {}: ", where), member.user.str(),
            dave::in_groups(dave::fingerprint_code(fingerprint)));
}

}  // namespace vcplay::cli
