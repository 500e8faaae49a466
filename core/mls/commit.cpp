#include "mls/commit.hpp"

#include "mls/refusal.hpp"

namespace vcplay::mls {
namespace {

// ProposalOrRefType on the wire.
constexpr std::uint8_t kProposal = 1;
constexpr std::uint8_t kReference = 2;

}  // namespace

void UpdatePathNode::write(Writer& out) const {
  out.opaque(encryption_key);
  out.vector(encrypted_path_secret);
}

UpdatePathNode UpdatePathNode::read(Reader& in) {
  UpdatePathNode node;
  node.encryption_key = in.opaque_copy();
  for (Reader items = in.vector(); !items.done();)
    node.encrypted_path_secret.push_back(HpkeCiphertext::read(items));
  return node;
}

void UpdatePath::write(Writer& out) const {
  leaf_node.write(out);
  out.vector(nodes);
}

UpdatePath UpdatePath::read(Reader& in) {
  UpdatePath path;
  path.leaf_node = LeafNode::read(in);
  for (Reader items = in.vector(); !items.done();) path.nodes.push_back(UpdatePathNode::read(items));
  return path;
}

void ProposalOrRef::write(Writer& out) const {
  if (const auto* proposal = std::get_if<Proposal>(&value)) {
    out.u8(kProposal);
    proposal->write(out);
  } else {
    out.u8(kReference);
    out.opaque(std::get<ProposalRef>(value).hash);
  }
}

ProposalOrRef ProposalOrRef::read(Reader& in) {
  switch (in.u8()) {
    case kProposal:
      return {Proposal::read(in)};
    case kReference:
      return {ProposalRef{in.opaque_copy()}};
    default:
      refuse_malformed("12.4", "a Commit holds something that is neither a proposal nor a reference");
  }
}

void Commit::write(Writer& out) const {
  out.vector(proposals);
  out.optional(path);
}

Commit Commit::read(Reader& in) {
  Commit commit;
  for (Reader items = in.vector(); !items.done();) commit.proposals.push_back(ProposalOrRef::read(items));
  if (in.present()) commit.path = UpdatePath::read(in);
  return commit;
}

}  // namespace vcplay::mls
