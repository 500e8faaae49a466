// For -v: what members compare with the bot's operator to know that nobody stands between them.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "dave/session.hpp"

namespace vcplay::cli {

/// Logs a pairwise fingerprint for each member, once per key. One takes tens of milliseconds, so log_next()
/// does one at a time, between other things. Does nothing unless the log shows it.
class Fingerprints {
 public:
  void set_own_user(Snowflake user) { own_user_ = user; }
  /// `where`: the channel where they are, by name; empty: there is one alone.
  void add(const std::vector<dave::GroupMember>& members, const std::string& where = {});
  void log_next();

 private:
  Snowflake own_user_;
  Bytes own_key_;
  std::map<Snowflake, Bytes> known_;
  struct Waiting {
    dave::GroupMember member;
    std::string where;
  };
  std::deque<Waiting> waiting_;
};

}  // namespace vcplay::cli
