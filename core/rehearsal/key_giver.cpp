#include "rehearsal/key_giver.hpp"

#include "rehearsal/random.hpp"

namespace vcplay::rehearsal {

KeyGiver::Key KeyGiver::give(Snowflake user) {
  return give(user, keep_first_.count(user) != 0 ? Rekeying::first : Rekeying::anew);
}

KeyGiver::Key KeyGiver::give(Snowflake user, Rekeying how) {
  Key key{};
  fill_random(key);
  if (how == Rekeying::same) key = last_.try_emplace(user, key).first->second;
  if (how == Rekeying::first) {
    keep_first_.insert(user);
    key = first_.try_emplace(user, key).first->second;
  }
  if (how == Rekeying::shared) key = shared_;
  first_.try_emplace(user, key);
  last_[user] = key;
  return key;
}

}  // namespace vcplay::rehearsal
