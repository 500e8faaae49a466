// Official vectors: encodings, tree math, labelled operations, key schedule, messages.
#include "words/mls_vectors.hpp"

#include "mls/refusal.hpp"
#include "mls/transcript.hpp"

namespace vcplay::mls::vectors {
namespace {

TEST(mls_vectors, every_file_is_of_a_known_format) {
  VCPLAY_NEEDS_MLS_VECTORS();
  for (const auto& path : files()) {
    const Json file = load(path);
    EXPECT_TRUE(std::any_of(std::begin(kAllFormats), std::end(kAllFormats), [&](const Format* format) {
      return format->fits(file);
    })) << path;
  }
}

TEST(mls_vectors, deserialization) {
  VCPLAY_NEEDS_MLS_VECTORS();
  for_each_entry(kDeserialization, Suites::any, [](const Json& entry) {
    const Bytes header = hex(entry["vlbytes_header"]);
    Reader in(header);
    EXPECT_EQ(in.varint(), entry["length"].get<std::uint32_t>());
    EXPECT_TRUE(in.done());
    Writer out;
    out.varint(entry["length"].get<std::size_t>());
    EXPECT_EQ(out.bytes(), header);
  });
}

Json or_null(std::optional<NodeIndex> node) { return node ? Json(node->value) : Json(); }

TEST(mls_vectors, tree_math) {
  VCPLAY_NEEDS_MLS_VECTORS();
  for_each_entry(kTreeMath, Suites::any, [](const Json& entry) {
    const LeafCount size{entry["n_leaves"].get<std::uint32_t>()};
    EXPECT_EQ(node_width(size), entry["n_nodes"].get<std::uint32_t>());
    EXPECT_EQ(root(size).value, entry["root"].get<std::uint32_t>());
    for (NodeIndex node{0}; node.value < node_width(size); ++node.value) {
      EXPECT_EQ(or_null(left(node)), entry["left"][node.value]);
      EXPECT_EQ(or_null(right(node)), entry["right"][node.value]);
      EXPECT_EQ(or_null(parent(node, size)), entry["parent"][node.value]);
      EXPECT_EQ(or_null(sibling(node, size)), entry["sibling"][node.value]);
    }
  });
}

void check_signatures(const Json& v) {
  const std::string label = v["label"];
  const Bytes content = hex(v["content"]);
  EXPECT_TRUE(verify_with_label(hex(v["pub"]), label, content, hex(v["signature"])));
  const PrivateKey key = private_key(v["priv"]);
  EXPECT_EQ(public_key_of(key), hex(v["pub"]));
  EXPECT_TRUE(verify_with_label(hex(v["pub"]), label, content, sign_with_label(key, label, content)));
  EXPECT_FALSE(verify_with_label(hex(v["pub"]), label + "!", content, hex(v["signature"])));
}

void check_encryption(const Json& v) {
  const auto context = encrypt_context(v["label"].get<std::string>(), hex(v["context"]));
  const PrivateKey key = private_key(v["priv"]);
  const Bytes plaintext = hex(v["plaintext"]);
  EXPECT_EQ(bytes_of(decrypt_with_label(key, context, {hex(v["kem_output"]), hex(v["ciphertext"])})),
            plaintext);
  EXPECT_EQ(bytes_of(decrypt_with_label(key, context, encrypt_with_label(hex(v["pub"]), context, plaintext))),
            plaintext);
}

TEST(mls_vectors, crypto_basics) {
  VCPLAY_NEEDS_MLS_VECTORS();
  for_each_entry(kCryptoBasics, Suites::ours_only, [](const Json& entry) {
    const Json& ref = entry["ref_hash"];
    EXPECT_EQ(ref_hash(ref["label"].get<std::string>(), hex(ref["value"])), hex(ref["out"]));
    const Json& expand = entry["expand_with_label"];
    EXPECT_EQ(bytes_of(expand_with_label(hex(expand["secret"]), expand["label"].get<std::string>(),
                                         hex(expand["context"]), expand["length"].get<std::size_t>())),
              hex(expand["out"]));
    const Json& derive = entry["derive_secret"];
    EXPECT_EQ(bytes_of(derive_secret(hex(derive["secret"]), derive["label"].get<std::string>())),
              hex(derive["out"]));
    const Json& tree = entry["derive_tree_secret"];
    EXPECT_EQ(bytes_of(derive_tree_secret(hex(tree["secret"]), tree["label"].get<std::string>(),
                                          tree["generation"].get<std::uint32_t>(),
                                          tree["length"].get<std::size_t>())),
              hex(tree["out"]));
    check_signatures(entry["sign_with_label"]);
    check_encryption(entry["encrypt_with_label"]);
  });
}

void check_epoch(const EpochSecrets& epoch, const Json& v) {
  EXPECT_EQ(bytes_of(epoch.init_secret), hex(v["init_secret"]));
  EXPECT_EQ(bytes_of(epoch.sender_data_secret), hex(v["sender_data_secret"]));
  EXPECT_EQ(bytes_of(epoch.encryption_secret), hex(v["encryption_secret"]));
  EXPECT_EQ(bytes_of(epoch.exporter_secret), hex(v["exporter_secret"]));
  EXPECT_EQ(bytes_of(epoch.epoch_authenticator), hex(v["epoch_authenticator"]));
  EXPECT_EQ(bytes_of(epoch.external_secret), hex(v["external_secret"]));
  EXPECT_EQ(bytes_of(epoch.confirmation_key), hex(v["confirmation_key"]));
  EXPECT_EQ(bytes_of(epoch.membership_key), hex(v["membership_key"]));
  EXPECT_EQ(bytes_of(epoch.resumption_psk), hex(v["resumption_psk"]));
  EXPECT_EQ(public_key_of(crypto::hpke::derive_key_pair(epoch.external_secret.view())),
            hex(v["external_pub"]));
  const Json& exported = v["exporter"];
  EXPECT_EQ(bytes_of(mls_exporter(epoch, exported["label"].get<std::string>(), hex(exported["context"]),
                                  exported["length"].get<std::size_t>())),
            hex(exported["secret"]));
}

TEST(mls_vectors, key_schedule) {
  VCPLAY_NEEDS_MLS_VECTORS();
  for_each_entry(kKeySchedule, Suites::ours_only, [](const Json& entry) {
    SecretBytes init_secret(hex(entry["initial_init_secret"]));
    GroupContext context;
    context.group_id = hex(entry["group_id"]);
    for (const Json& v : entry["epochs"]) {
      context.tree_hash = hex(v["tree_hash"]);
      context.confirmed_transcript_hash = hex(v["confirmed_transcript_hash"]);
      EXPECT_EQ(encoded(context), hex(v["group_context"]));
      const SecretBytes joiner = joiner_secret(init_secret.view(), hex(v["commit_secret"]), context);
      EXPECT_EQ(bytes_of(joiner), hex(v["joiner_secret"]));
      EXPECT_EQ(bytes_of(welcome_secret(joiner.view(), hex(v["psk_secret"]))), hex(v["welcome_secret"]));
      EpochSecrets epoch =
          EpochSecrets::derive(epoch_secret(joiner.view(), hex(v["psk_secret"]), context).view());
      check_epoch(epoch, v);
      init_secret = std::move(epoch.init_secret);
      ++context.epoch;
    }
  });
}

TEST(mls_vectors, psk_secret) {
  VCPLAY_NEEDS_MLS_VECTORS();
  if (!any_file_of(kPskSecret)) GTEST_SKIP() << "SKIPPED: the folder of vectors has no psk_secret file";
  for_each_entry(kPskSecret, Suites::ours_only, [](const Json& entry) {
    std::vector<PreSharedKeySecret> psks;
    for (const Json& v : entry["psks"]) {
      psks.push_back({{ExternalPskId{hex(v["psk_id"])}, hex(v["psk_nonce"])}, SecretBytes(hex(v["psk"]))});
    }
    EXPECT_EQ(bytes_of(mls::psk_secret(psks)), hex(entry["psk_secret"]));
  });
}

// RFC 9420 s9: there is no secret tree in vcplay; this one exists to try derive_tree_secret().
SecretBytes secret_of_leaf(SecretBytes secret, NodeIndex node, LeafIndex leaf) {
  if (is_leaf(node)) return secret;
  const bool goes_left = leaf <= last_leaf_below(*left(node));
  SecretBytes below =
      expand_with_label(secret.view(), "tree", as_bytes(goes_left ? "left" : "right"), kHashBytes);
  return secret_of_leaf(std::move(below), goes_left ? *left(node) : *right(node), leaf);
}

void check_ratchet(ByteView leaf_secret, const std::string& kind, const Json& generations) {
  SecretBytes secret = derive_secret(leaf_secret, kind);
  std::uint32_t generation = 0;
  for (const Json& v : generations) {
    for (; generation < v["generation"].get<std::uint32_t>(); ++generation) {
      secret = derive_tree_secret(secret.view(), "secret", generation, kHashBytes);
    }
    EXPECT_EQ(bytes_of(derive_tree_secret(secret.view(), "key", generation, kKeyBytes)),
              hex(v[kind + "_key"]));
    EXPECT_EQ(bytes_of(derive_tree_secret(secret.view(), "nonce", generation, kNonceBytes)),
              hex(v[kind + "_nonce"]));
  }
}

TEST(mls_vectors, secret_tree) {
  VCPLAY_NEEDS_MLS_VECTORS();
  if (!any_file_of(kSecretTree)) GTEST_SKIP() << "SKIPPED: the folder of vectors has no secret-tree file";
  for_each_entry(kSecretTree, Suites::ours_only, [](const Json& entry) {
    const Json& data = entry["sender_data"];
    Bytes sample = hex(data["ciphertext"]);
    sample.resize(std::min(sample.size(), kHashBytes));
    const Bytes secret = hex(data["sender_data_secret"]);
    EXPECT_EQ(bytes_of(expand_with_label(secret, "key", sample, kKeyBytes)), hex(data["key"]));
    EXPECT_EQ(bytes_of(expand_with_label(secret, "nonce", sample, kNonceBytes)), hex(data["nonce"]));
    const LeafCount size{static_cast<std::uint32_t>(entry["leaves"].size())};
    for (LeafIndex leaf{0}; leaf.value < size.value; ++leaf.value) {
      const SecretBytes of_leaf =
          secret_of_leaf(SecretBytes(hex(entry["encryption_secret"])), root(size), leaf);
      check_ratchet(of_leaf.view(), "handshake", entry["leaves"][leaf.value]);
      check_ratchet(of_leaf.view(), "application", entry["leaves"][leaf.value]);
    }
  });
}

TEST(mls_vectors, transcript_hashes) {
  VCPLAY_NEEDS_MLS_VECTORS();
  for_each_entry(kTranscriptHashes, Suites::ours_only, [](const Json& entry) {
    const auto message = decoded<AuthenticatedContent>(hex(entry["authenticated_content"]));
    ASSERT_NE(message.content.get<Commit>(), nullptr);
    const Bytes confirmed = confirmed_transcript_hash(hex(entry["interim_transcript_hash_before"]), message);
    EXPECT_EQ(confirmed, hex(entry["confirmed_transcript_hash_after"]));
    EXPECT_EQ(mac(hex(entry["confirmation_key"]), confirmed), message.auth.confirmation_tag);
    EXPECT_EQ(interim_transcript_hash(confirmed, *message.auth.confirmation_tag),
              hex(entry["interim_transcript_hash_after"]));
  });
}

template <typename T>
void expect_same_bytes_again(const Json& text) {
  const Bytes bytes = hex(text);
  EXPECT_EQ(encoded(decoded<T>(bytes)), bytes);
}

TEST(mls_vectors, messages) {
  VCPLAY_NEEDS_MLS_VECTORS();
  for_each_entry(kMessages, Suites::any, [](const Json& entry) {
    for (const char* message :
         {"mls_welcome", "mls_group_info", "mls_key_package", "public_message_application",
          "public_message_proposal", "public_message_commit"}) {
      SCOPED_TRACE(message);
      expect_same_bytes_again<MlsMessage>(entry[message]);
    }
    expect_same_bytes_again<RatchetTree>(entry["ratchet_tree"]);
    expect_same_bytes_again<Add>(entry["add_proposal"]);
    expect_same_bytes_again<Update>(entry["update_proposal"]);
    expect_same_bytes_again<Remove>(entry["remove_proposal"]);
    expect_same_bytes_again<PreSharedKey>(entry["pre_shared_key_proposal"]);
    expect_same_bytes_again<ReInit>(entry["re_init_proposal"]);
    expect_same_bytes_again<ExternalInit>(entry["external_init_proposal"]);
    expect_same_bytes_again<GroupContextExtensions>(entry["group_context_extensions_proposal"]);
    expect_same_bytes_again<Commit>(entry["commit"]);
    EXPECT_EQ(bytes_of(GroupSecrets::decode(hex(entry["group_secrets"])).encode()),
              hex(entry["group_secrets"]));
    try {
      static_cast<void>(decoded<MlsMessage>(hex(entry["private_message"])));
      ADD_FAILURE() << "a PrivateMessage was taken";
    } catch (const Refusal& refusal) {
      EXPECT_EQ(refusal.kind(), Refusal::Kind::unsupported);
    }
  });
}

GroupContext context_of(const Json& entry) {
  GroupContext context;
  context.group_id = hex(entry["group_id"]);
  context.epoch = entry["epoch"].get<std::uint64_t>();
  context.tree_hash = hex(entry["tree_hash"]);
  context.confirmed_transcript_hash = hex(entry["confirmed_transcript_hash"]);
  return context;
}

template <typename T>
void check_protection(const Json& entry, const std::string& kind) {
  const GroupContext context = context_of(entry);
  const Bytes membership_key = hex(entry["membership_key"]);
  const Bytes signature_key = hex(entry["signature_pub"]);
  const auto verifies = [&](const PublicMessage& message) {
    return membership_tag_is_valid(message, membership_key, context) &&
           signature_is_valid(message.authenticated(), signature_key, context);
  };
  const auto message = from_message<PublicMessage>(entry[kind + "_pub"]);
  EXPECT_TRUE(verifies(message));
  EXPECT_EQ(message.content.sender, Sender::member(LeafIndex{1}));
  const T* const content = message.content.get<T>();
  ASSERT_NE(content, nullptr);
  EXPECT_EQ(encoded(*content), hex(entry[kind]));

  FramedContent again{context.group_id, context.epoch, Sender::member(LeafIndex{1}), {}, *content};
  AuthenticatedContent ours = sign_content(std::move(again), private_key(entry["signature_priv"]), context);
  ours.auth.confirmation_tag = message.auth.confirmation_tag;
  PublicMessage protected_again = protect(std::move(ours), membership_key, context);
  EXPECT_TRUE(verifies(protected_again));
  protected_again.content.epoch += 1;
  EXPECT_FALSE(verifies(protected_again));
}

TEST(mls_vectors, message_protection_public_parts) {
  VCPLAY_NEEDS_MLS_VECTORS();
  for_each_entry(kMessageProtection, Suites::ours_only, [](const Json& entry) {
    check_protection<Proposal>(entry, "proposal");
    check_protection<Commit>(entry, "commit");
    FramedContent application{hex(entry["group_id"]),
                              0,
                              Sender::member(LeafIndex{1}),
                              {},
                              ApplicationData{hex(entry["application"])}};
    EXPECT_THROW(
        static_cast<void>(sign_content(std::move(application), PrivateKey::generate(), context_of(entry))),
        Refusal);
    for (const char* kind : {"proposal_priv", "commit_priv", "application_priv"}) {
      EXPECT_THROW(static_cast<void>(decoded<MlsMessage>(hex(entry[kind]))), Refusal);
    }
  });
}

}  // namespace
}  // namespace vcplay::mls::vectors
