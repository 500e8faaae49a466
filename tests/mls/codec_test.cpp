// Hand-worked facts about the presentation language, tree math and what decoding refuses.
#include "words/mls_words.hpp"

namespace vcplay::mls::test {
namespace {

using Kind = Refusal::Kind;

template <typename Action>
void expect_kind(Kind kind, Action action) {
  try {
    action();
    ADD_FAILURE() << "nothing was refused";
  } catch (const Refusal& refusal) {
    EXPECT_EQ(refusal.kind(), kind) << refusal.what();
  }
}

std::uint32_t varint_of(std::string_view text) {
  const Bytes bytes = hex(text);
  Reader in(bytes);
  const std::uint32_t value = in.varint();
  in.expect_end("a length");
  return value;
}

// The examples of RFC 9420 s2.1.2.
TEST(mls_codec, lengths_of_one_two_and_four_bytes) {
  EXPECT_EQ(varint_of("25"), 37U);
  EXPECT_EQ(varint_of("7bbd"), 15293U);
  EXPECT_EQ(varint_of("9d7f3e7d"), 494878333U);
}

TEST(mls_codec, lengths_at_the_edges_are_written_in_as_few_bytes_as_they_need) {
  const std::pair<std::size_t, const char*> edges[] = {
      {0, "00"}, {63, "3f"}, {64, "4040"}, {16383, "7fff"}, {16384, "80004000"}, {1073741823, "bfffffff"}};
  for (const auto& [value, text] : edges) {
    Writer out;
    out.varint(value);
    EXPECT_EQ(to_hex(out.bytes()), text);
    EXPECT_EQ(varint_of(text), value);
  }
  Writer out;
  EXPECT_THROW(out.varint(1073741824), Refusal);
}

TEST(mls_codec, lengths_with_the_prefix_11_or_in_too_many_bytes_are_refused) {
  for (const char* text :
       {"c0", "ffffffffffffffff", "4000", "403f", "80000000", "80003fff", "", "40", "80", "800040"}) {
    SCOPED_TRACE(text);
    expect_kind(Kind::malformed, [&] { static_cast<void>(varint_of(text)); });
  }
}

TEST(mls_codec, a_vector_never_reaches_beyond_its_message) {
  const Bytes bytes = hex("05aabbccdd");
  Reader in(bytes);
  expect_kind(Kind::malformed, [&] { static_cast<void>(in.opaque()); });
}

TEST(mls_codec, a_presence_octet_is_0_or_1) {
  const Bytes bytes = {0, 1, 2};
  Reader in(bytes);
  EXPECT_FALSE(in.present());
  EXPECT_TRUE(in.present());
  expect_kind(Kind::malformed, [&] { static_cast<void>(in.present()); });
}

TEST(mls_codec, integers_are_big_endian) {
  const Bytes bytes = hex("0102030405060708090a0b0c0d0e0f");
  Reader in(bytes);
  EXPECT_EQ(in.u8(), 0x01);
  EXPECT_EQ(in.u16(), 0x0203);
  EXPECT_EQ(in.u32(), 0x04050607U);
  EXPECT_EQ(in.u64(), 0x08090a0b0c0d0e0fULL);
  EXPECT_TRUE(in.done());
}

TEST(mls_codec, the_parts_of_a_tree_of_four) {
  //       3
  //     1   5
  //    0 2 4 6
  constexpr LeafCount four{4};
  EXPECT_EQ(root(four), NodeIndex{3});
  EXPECT_EQ(left(NodeIndex{3}), NodeIndex{1});
  EXPECT_EQ(right(NodeIndex{3}), NodeIndex{5});
  EXPECT_EQ(parent(NodeIndex{6}, four), NodeIndex{5});
  EXPECT_EQ(parent(NodeIndex{3}, four), std::nullopt);
  EXPECT_EQ(sibling(NodeIndex{1}, four), NodeIndex{5});
  EXPECT_EQ(direct_path(NodeIndex{4}, four), (std::vector<NodeIndex>{{5}, {3}}));
  EXPECT_EQ(level(NodeIndex{3}), 2U);
}

TEST(mls_codec, common_ancestors_are_the_lowest_node_on_both_paths) {
  constexpr LeafCount size{32};
  for (std::uint32_t a = 0; a < size.value; ++a) {
    for (std::uint32_t b = 0; b < size.value; ++b) {
      NodeIndex expected = node_of({a});
      while (!is_below({b}, expected)) expected = *parent(expected, size);
      EXPECT_EQ(common_ancestor({a}, {b}), expected);
    }
  }
}

static_assert(!std::is_convertible_v<LeafIndex, NodeIndex> && !std::is_convertible_v<NodeIndex, LeafIndex>);

Bytes key_package_message() { return encoded(MlsMessage{Person("a").key_package().key_package}); }

TEST(mls_codec, messages_of_another_version_or_an_unknown_form_are_refused) {
  Bytes message = key_package_message();
  message[1] = 2;
  expect_kind(Kind::unsupported, [&] { static_cast<void>(decoded<MlsMessage>(message)); });
  message[1] = 1;
  message[3] = 2;  // mls_private_message
  expect_kind(Kind::unsupported, [&] { static_cast<void>(decoded<MlsMessage>(message)); });
  message[3] = 6;
  expect_kind(Kind::malformed, [&] { static_cast<void>(decoded<MlsMessage>(message)); });
  message[3] = 5;
  message[5] = 9;  // the key package's own version
  expect_kind(Kind::malformed, [&] { static_cast<void>(decoded<MlsMessage>(message)); });
}

TEST(mls_codec, bytes_behind_a_message_are_refused) {
  Bytes message = key_package_message();
  message.push_back(0);
  expect_kind(Kind::malformed, [&] { static_cast<void>(decoded<MlsMessage>(message)); });
}

TEST(mls_codec, unknown_proposals_credentials_senders_and_contents_are_refused) {
  expect_kind(Kind::unsupported, [] { static_cast<void>(decoded<Proposal>(hex("000800"))); });
  expect_kind(Kind::unsupported, [] { static_cast<void>(decoded<Proposal>(hex("000000"))); });
  expect_kind(Kind::unsupported, [] { static_cast<void>(decoded<Credential>(hex("000200"))); });  // X.509
  expect_kind(Kind::malformed, [] { static_cast<void>(decoded<Sender>(hex("05"))); });
  expect_kind(Kind::malformed, [] { static_cast<void>(decoded<Sender>(hex("00"))); });
  expect_kind(Kind::malformed, [] { static_cast<void>(decoded<PreSharedKeyId>(hex("030000"))); });
  expect_kind(Kind::malformed, [] { static_cast<void>(decoded<ProposalOrRef>(hex("0300"))); });
  // group id, epoch, member 0, no authenticated data, content type 4
  expect_kind(Kind::malformed,
              [] { static_cast<void>(decoded<FramedContent>(hex("00000000000000000001000000000004"))); });
}

TEST(mls_codec, a_list_with_two_extensions_of_one_type_is_refused) {
  EXPECT_EQ(decoded<Extensions>(hex("06000100000200")).list.size(), 2U);
  expect_kind(Kind::malformed, [] { static_cast<void>(decoded<Extensions>(hex("06000100000100"))); });
}

TEST(mls_codec, a_list_of_very_many_extensions_is_refused_before_they_are_compared) {
  Extensions extensions;
  for (std::uint16_t type = 0; type < 257; ++type) extensions.list.push_back({type, {}});
  expect_kind(Kind::malformed, [&] { static_cast<void>(decoded<Extensions>(encoded(extensions))); });
}

TEST(mls_codec, unmerged_leaves_are_in_increasing_order) {
  const auto with = [](std::string_view leaves) {
    return decoded<ParentNode>(hex("0000" + std::string(leaves)));
  };
  EXPECT_EQ(with("080000000100000005").unmerged_leaves.size(), 2U);
  expect_kind(Kind::malformed, [&] { static_cast<void>(with("080000000500000001")); });
  expect_kind(Kind::malformed, [&] { static_cast<void>(with("080000000500000005")); });
}

class TreeBytes {
 public:
  TreeBytes& blank() { return raw({0}); }
  TreeBytes& leaf(const LeafNode& node) { return raw({1, 1}).raw(encoded(node)); }
  TreeBytes& parent() { return raw({1, 2}).raw(encoded(ParentNode{})); }
  [[nodiscard]] Bytes bytes() const {
    Writer out;
    out.opaque(nodes_);
    return out.bytes();
  }

 private:
  TreeBytes& raw(const Bytes& bytes) {
    nodes_.insert(nodes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  Bytes nodes_;
};

TEST(mls_codec, ratchet_trees_end_with_a_node_and_keep_leaves_and_parents_apart) {
  const LeafNode leaf = Person("a").key_package().key_package.leaf_node;
  const auto read = [](const TreeBytes& tree) { return decoded<RatchetTree>(tree.bytes()); };
  EXPECT_EQ(read(TreeBytes().leaf(leaf)).size(), LeafCount{1});
  EXPECT_EQ(read(TreeBytes().leaf(leaf).blank().blank().blank().leaf(leaf)).size(), LeafCount{4});
  expect_kind(Kind::malformed, [&] { static_cast<void>(read(TreeBytes())); });
  expect_kind(Kind::malformed, [&] { static_cast<void>(read(TreeBytes().leaf(leaf).blank())); });
  expect_kind(Kind::malformed, [&] { static_cast<void>(read(TreeBytes().parent())); });
  expect_kind(Kind::malformed, [&] { static_cast<void>(read(TreeBytes().leaf(leaf).leaf(leaf))); });
}

TEST(mls_codec, a_ratchet_tree_of_absurd_size_is_refused) {
  Writer out;
  out.opaque(Bytes(40'000, 0));
  expect_kind(Kind::unsupported, [&] { static_cast<void>(decoded<RatchetTree>(out.bytes())); });
}

TEST(mls_codec, a_tree_grows_by_doubling_and_shrinks_by_halving) {
  const auto leaf = [](int i) { return Person(std::to_string(i)).key_package().key_package.leaf_node; };
  RatchetTree tree(leaf(0));
  for (int i = 1; i < 5; ++i) EXPECT_EQ(tree.add(leaf(i)), LeafIndex{static_cast<std::uint32_t>(i)});
  EXPECT_EQ(tree.size(), LeafCount{8});
  tree.remove({2});
  EXPECT_EQ(tree.size(), LeafCount{8});
  EXPECT_EQ(tree.add(leaf(6)), LeafIndex{2});  // the leftmost blank leaf
  tree.remove({4});
  EXPECT_EQ(tree.size(), LeafCount{4});
  tree.remove({1});
  tree.remove({2});
  EXPECT_EQ(tree.size(), LeafCount{4});
  tree.remove({3});
  EXPECT_EQ(tree.size(), LeafCount{1});
}

}  // namespace
}  // namespace vcplay::mls::test
