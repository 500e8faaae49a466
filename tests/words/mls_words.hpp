// People, a voice gateway that proposes, and the groups they make: the words that the MLS tests are told in.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "mls/group.hpp"
#include "mls/refusal.hpp"

namespace vcplay::mls::test {

inline Bytes bytes_of(std::string_view text) { return {as_bytes(text).begin(), as_bytes(text).end()}; }
inline Bytes bytes_of(ByteView view) { return {view.begin(), view.end()}; }
inline Bytes hex(std::string_view text) { return from_hex(text).value(); }

template <typename T>
T body_of(ByteView message) {
  return *decoded<MlsMessage>(message).get<T>();
}

/// Somebody with a signature key, who can be added to groups.
class Person {
 public:
  explicit Person(std::string name) : name_(std::move(name)), signature_key_(PrivateKey::generate()) {}

  [[nodiscard]] LeafContents leaf() const { return {{bytes_of(name_)}, {}, {}, {}}; }
  [[nodiscard]] OwnKeyPackage key_package() const { return make_key_package(leaf(), signature_key_); }
  [[nodiscard]] const PrivateKey& signature_key() const { return signature_key_; }

 private:
  std::string name_;
  PrivateKey signature_key_;
};

/// The external sender of a group.
class Gateway {
 public:
  Gateway() : key_(PrivateKey::generate()) {}

  [[nodiscard]] ExternalSender sender() const { return {public_key_of(key_), {bytes_of("gateway")}}; }
  [[nodiscard]] Extensions extensions() const { return {{external_senders_extension({sender()})}}; }
  [[nodiscard]] PublicMessage propose(const Group& group, Proposal proposal) const {
    const MlsMessage message =
        external_proposal(group.context().group_id, group.epoch(), 0, key_, std::move(proposal));
    return body_of<PublicMessage>(encoded(message));
  }

 private:
  PrivateKey key_;
};

inline const Bytes kGroupId = {0, 0, 0, 0, 0, 0, 0, 7};

/// `count` people in one group, each with its own view of it. The first one made it and added the others.
class Party {
 public:
  explicit Party(std::size_t count, const Extensions& extensions = {}) {
    const OwnKeyPackage creator = add_person().key_package();
    views_.emplace(0, Group::create(kGroupId, creator, extensions));
    if (count == 1) return;
    std::vector<OwnKeyPackage> guests;
    CommitOptions options;
    for (std::size_t i = 1; i < count; ++i) {
      guests.push_back(add_person().key_package());
      options.by_value.push_back({Add{guests.back().key_package}});
    }
    NewCommit commit = view(0).commit({}, options);
    const auto welcome = decoded<Welcome>(*commit.welcome);
    for (std::size_t i = 1; i < count; ++i) views_.emplace(i, Group::join(welcome, guests[i - 1]));
    set_view(0, std::move(commit.next));
  }

  Person& add_person() {
    people_.emplace_back("person " + std::to_string(people_.size()));
    return people_.back();
  }
  [[nodiscard]] const Person& person(std::size_t i) const { return people_[i]; }
  [[nodiscard]] std::size_t people() const { return people_.size(); }

  [[nodiscard]] const Group& view(std::size_t i) const { return views_.at(i); }
  [[nodiscard]] const std::map<std::size_t, Group>& views() const { return views_; }
  void set_view(std::size_t i, Group group) { views_.insert_or_assign(i, std::move(group)); }
  void forget(std::size_t i) { views_.erase(i); }

  /// `committer`'s Commit reaches everybody, the committer itself included.
  void deliver(std::size_t committer, NewCommit commit, const PendingProposals& pending,
               const Application& application = {}) {
    const auto message = body_of<PublicMessage>(commit.commit);
    for (std::size_t i = 0; i < people_.size(); ++i) {
      if (i == committer || views_.count(i) == 0) continue;
      auto next = view(i).process(message, pending, application);
      if (auto* group = std::get_if<Group>(&next)) {
        set_view(i, std::move(*group));
      } else {
        forget(i);
      }
    }
    set_view(committer, std::move(commit.next));
  }

  void expect_agreement() const {
    const Group& first = views_.begin()->second;
    std::set<LeafIndex> leaves;
    for (const auto& [i, group] : views_) {
      EXPECT_EQ(to_hex(group.epoch_authenticator()), to_hex(first.epoch_authenticator()));
      EXPECT_EQ(to_hex(encoded(group.context())), to_hex(encoded(first.context())));
      EXPECT_TRUE(leaves.insert(group.own_leaf()).second);
      EXPECT_EQ(*group.tree().encryption_key(node_of(group.own_leaf())),
                group.tree().leaf(group.own_leaf())->encryption_key);
    }
    EXPECT_EQ(first.roster().size(), views_.size());
  }

 private:
  std::vector<Person> people_;
  std::map<std::size_t, Group> views_;
};

/// Expects that `action` is refused by the rule in `section`, and says which sentence came.
template <typename Action>
void expect_refused(std::string_view section, std::string_view words, Action action) {
  try {
    action();
    ADD_FAILURE() << "nothing was refused, where s" << section << " should have";
  } catch (const Refusal& refusal) {
    EXPECT_EQ(refusal.section(), section) << refusal.what();
    EXPECT_NE(std::string_view(refusal.what()).find(words), std::string_view::npos) << refusal.what();
  }
}

}  // namespace vcplay::mls::test
