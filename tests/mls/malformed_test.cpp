// Messages that were cut, flipped or made up: whatever arrives, it is refused, and nothing else happens.
#include <random>

#include "words/mls_words.hpp"

namespace vcplay::mls::test {
namespace {

/// True when `take` accepted the bytes. Anything but a Refusal fails the test.
template <typename Take>
bool accepted(Take take) {
  try {
    take();
    return true;
  } catch (const Refusal&) {
    return false;
  }
}

/// No prefix of `bytes`, and no copy with one byte changed, may be accepted.
template <typename Take>
void expect_only_the_original_is_taken(const Bytes& bytes, Take take) {
  ASSERT_TRUE(accepted([&] { take(bytes); }));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(accepted([&] { take(ByteView(bytes).first(size)); })) << "cut after " << size;
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const std::uint8_t flip : Bytes{0x01, 0x80, 0xff}) {
      Bytes changed = bytes;
      changed[at] ^= flip;
      EXPECT_FALSE(accepted([&] { take(changed); })) << "byte " << at << " flipped by " << int{flip};
    }
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(accepted([&] { take(longer); })) << "one byte longer";
}

TEST(mls_malformed, a_key_package) {
  const Bytes bytes = encoded(Person("ann").key_package().key_package);
  expect_only_the_original_is_taken(bytes,
                                    [](ByteView taken) { validate_key_package(decoded<KeyPackage>(taken)); });
}

TEST(mls_malformed, a_commit_with_a_path) {
  Party party(3);
  const NewCommit commit = party.view(0).commit({});
  expect_only_the_original_is_taken(commit.commit, [&](ByteView taken) {
    const auto message = decoded<MlsMessage>(taken);
    const auto* body = message.get<PublicMessage>();
    require(body != nullptr, "6", "another message");
    static_cast<void>(party.view(1).process(*body, {}));
  });
}

TEST(mls_malformed, a_welcome) {
  Party party(1);
  const OwnKeyPackage newcomer = Person("newcomer").key_package();
  CommitOptions options;
  options.by_value = {{Add{newcomer.key_package}}};
  const NewCommit commit = party.view(0).commit({}, options);
  expect_only_the_original_is_taken(*commit.welcome, [&](ByteView taken) {
    static_cast<void>(Group::join(decoded<Welcome>(taken), newcomer));
  });
}

TEST(mls_malformed, an_external_proposal) {
  const Gateway gateway;
  const Group group = Group::create(kGroupId, Person("ann").key_package(), gateway.extensions());
  const Proposal add{Add{Person("bob").key_package().key_package}};
  const Bytes bytes = encoded(MlsMessage{gateway.propose(group, add)});
  expect_only_the_original_is_taken(bytes, [&](ByteView taken) {
    const auto message = decoded<MlsMessage>(taken);
    const auto* body = message.get<PublicMessage>();
    require(body != nullptr, "6", "another message");
    static_cast<void>(group.verify_proposal(*body));
  });
}

// Messages that are only decoded are not authenticated, so one with a changed byte may still be valid.
// Encoding it again must then give exactly the same bytes.
template <typename T>
void expect_refusal_or_the_same_bytes(const Bytes& bytes, std::uint32_t seed) {
  std::mt19937 random(seed);
  for (int i = 0; i < 4000; ++i) {
    Bytes changed = bytes;
    for (std::size_t n = random() % 4; n > 0; --n)
      changed[random() % changed.size()] = static_cast<std::uint8_t>(random());
    if (random() % 4 == 0) changed.resize(random() % (changed.size() + 1));
    if (random() % 8 == 0)
      changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(random() % (changed.size() + 1)), 0xff);
    accepted([&] { EXPECT_EQ(encoded(decoded<T>(changed)), changed); });
  }
}

TEST(mls_malformed, what_is_decoded_is_what_was_written) {
  Party party(5);
  party.deliver(0, party.view(0).commit({}), {});
  const NewCommit commit = party.view(4).commit({});
  expect_refusal_or_the_same_bytes<MlsMessage>(commit.commit, 1);
  expect_refusal_or_the_same_bytes<RatchetTree>(encoded(party.view(0).tree()), 2);
  expect_refusal_or_the_same_bytes<KeyPackage>(encoded(Person("ann").key_package().key_package), 3);
  expect_refusal_or_the_same_bytes<GroupContext>(encoded(party.view(0).context()), 4);
}

TEST(mls_malformed, noise) {
  std::mt19937 random(5);
  for (int i = 0; i < 20000; ++i) {
    Bytes noise(random() % 200);
    for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random());
    if (noise.size() > 4 && i % 2 == 0) noise[0] = 0, noise[1] = 1, noise[2] = 0, noise[3] %= 6;
    accepted([&] { static_cast<void>(decoded<MlsMessage>(noise)); });
    accepted([&] { static_cast<void>(decoded<Welcome>(noise)); });
    accepted([&] { static_cast<void>(decoded<RatchetTree>(noise)); });
    accepted([&] { static_cast<void>(GroupSecrets::decode(noise)); });
  }
}

}  // namespace
}  // namespace vcplay::mls::test
