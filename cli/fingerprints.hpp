// For -v: what members compare with the bot's operator to know that nobody stands between them.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "dave/session.hpp"

namespace vcplay::cli {

/// Logs a pairwise fingerprint for each member, once per key. One takes tens of milliseconds, so log_next()
/// does one at a time, between other things. Does nothing unless the log shows it.
class Fingerprints {
 public:
  void set_own_user(Snowflake user) { own_user_ = user; }
  void add(const std::vector<dave::GroupMember>& members);
  void log_next();

 private:
  Snowflake own_user_;
  Bytes own_key_;
  std::map<Snowflake, Bytes> known_;
  std::deque<dave::GroupMember> waiting_;
};

}  // namespace vcplay::cli
