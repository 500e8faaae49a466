#include "mls/leaf_node.hpp"

#include "mls/refusal.hpp"

namespace vcplay::mls {
namespace {

// LeafNodeSource on the wire.
constexpr std::uint8_t kKeyPackage = 1;
constexpr std::uint8_t kUpdate = 2;
constexpr std::uint8_t kCommit = 3;

constexpr std::string_view kLabel = "LeafNodeTBS";

void write_source(Writer& out, const LeafNodeSource& source) {
  if (const auto* lifetime = std::get_if<Lifetime>(&source)) {
    out.u8(kKeyPackage);
    out.u64(lifetime->not_before);
    out.u64(lifetime->not_after);
  } else if (const auto* commit = std::get_if<FromCommit>(&source)) {
    out.u8(kCommit);
    out.opaque(commit->parent_hash);
  } else {
    out.u8(kUpdate);
  }
}

LeafNodeSource read_source(Reader& in) {
  switch (in.u8()) {
    case kKeyPackage: {
      Lifetime lifetime;
      lifetime.not_before = in.u64();
      lifetime.not_after = in.u64();
      return lifetime;
    }
    case kUpdate:
      return FromUpdate{};
    case kCommit:
      return FromCommit{in.opaque_copy()};
    default:
      refuse_malformed("7.2", "a leaf has an unknown source");
  }
}

// Everything above the signature, which LeafNode and LeafNodeTBS share.
void write_unsigned(Writer& out, const LeafNode& leaf) {
  out.opaque(leaf.encryption_key);
  out.opaque(leaf.signature_key);
  leaf.credential.write(out);
  leaf.capabilities.write(out);
  write_source(out, leaf.source);
  leaf.extensions.write(out);
}

Bytes to_be_signed(const LeafNode& leaf, const LeafPosition& position) {
  Writer out;
  write_unsigned(out, leaf);
  if (!leaf.is_from_key_package()) {
    out.opaque(position.group_id);
    out.u32(position.index.value);
  }
  return out.take();
}

}  // namespace

void Capabilities::write(Writer& out) const {
  write_code_points(out, versions);
  write_code_points(out, cipher_suites);
  write_code_points(out, extensions);
  write_code_points(out, proposals);
  write_code_points(out, credentials);
}

Capabilities Capabilities::read(Reader& in) {
  Capabilities capabilities;
  capabilities.versions = read_code_points(in);
  capabilities.cipher_suites = read_code_points(in);
  capabilities.extensions = read_code_points(in);
  capabilities.proposals = read_code_points(in);
  capabilities.credentials = read_code_points(in);
  return capabilities;
}

void LeafNode::write(Writer& out) const {
  write_unsigned(out, *this);
  out.opaque(signature);
}

LeafNode LeafNode::read(Reader& in) {
  LeafNode leaf;
  leaf.encryption_key = in.opaque_copy();
  leaf.signature_key = in.opaque_copy();
  leaf.credential = Credential::read(in);
  leaf.capabilities = Capabilities::read(in);
  leaf.source = read_source(in);
  leaf.extensions = Extensions::read(in);
  leaf.signature = in.opaque_copy();
  return leaf;
}

const Bytes* LeafNode::parent_hash() const noexcept {
  const auto* commit = std::get_if<FromCommit>(&source);
  return commit == nullptr ? nullptr : &commit->parent_hash;
}

void LeafNode::sign(const PrivateKey& key, const LeafPosition& position) {
  signature = sign_with_label(key, kLabel, to_be_signed(*this, position));
}

bool LeafNode::signature_is_valid(const LeafPosition& position) const {
  return verify_with_label(signature_key, kLabel, to_be_signed(*this, position), signature);
}

}  // namespace vcplay::mls
