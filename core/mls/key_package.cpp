#include "mls/key_package.hpp"

#include "mls/leaf_rules.hpp"
#include "mls/refusal.hpp"

namespace vcplay::mls {
namespace {

constexpr std::string_view kLabel = "KeyPackageTBS";

void write_unsigned(Writer& out, const KeyPackage& key_package) {
  out.u16(key_package.version);
  out.u16(key_package.cipher_suite);
  out.opaque(key_package.init_key);
  key_package.leaf_node.write(out);
  key_package.extensions.write(out);
}

Bytes to_be_signed(const KeyPackage& key_package) {
  Writer out;
  write_unsigned(out, key_package);
  return out.take();
}

}  // namespace

void KeyPackage::write(Writer& out) const {
  write_unsigned(out, *this);
  out.opaque(signature);
}

KeyPackage KeyPackage::read(Reader& in) {
  KeyPackage key_package;
  key_package.version = in.u16();
  key_package.cipher_suite = in.u16();
  key_package.init_key = in.opaque_copy();
  key_package.leaf_node = LeafNode::read(in);
  key_package.extensions = Extensions::read(in);
  key_package.signature = in.opaque_copy();
  return key_package;
}

void KeyPackage::sign(const PrivateKey& key) {
  signature = sign_with_label(key, kLabel, to_be_signed(*this));
}

bool KeyPackage::signature_is_valid() const {
  return verify_with_label(leaf_node.signature_key, kLabel, to_be_signed(*this), signature);
}

OwnKeyPackage make_key_package(const LeafContents& leaf, const PrivateKey& signature_key,
                               const Extensions& extensions) {
  OwnKeyPackage own{{}, PrivateKey::generate(), PrivateKey::generate(), signature_key.duplicate()};
  KeyPackage& key_package = own.key_package;
  key_package.init_key = public_key_of(own.init_key);
  key_package.leaf_node.encryption_key = public_key_of(own.leaf_key);
  key_package.leaf_node.signature_key = public_key_of(signature_key);
  key_package.leaf_node.credential = leaf.credential;
  key_package.leaf_node.capabilities = leaf.capabilities;
  key_package.leaf_node.source = leaf.lifetime;
  key_package.leaf_node.extensions = leaf.extensions;
  key_package.leaf_node.sign(signature_key, {});
  key_package.extensions = extensions;
  key_package.sign(signature_key);
  return own;
}

void validate_key_package(const KeyPackage& key_package) {
  // s10.1: the cipher suite and protocol version match those of the group.
  require(key_package.version == kMls10, "10.1", "a key package is for another protocol version than mls10");
  require(key_package.cipher_suite == kCipherSuite, "10.1",
          "a key package is for another cipher suite than 2");
  // s10.1: the leaf is valid for a key package.
  leaf_rules::source_is_key_package(key_package.leaf_node);
  leaf_rules::stands_alone(key_package.leaf_node);
  leaf_rules::signature_is_valid(key_package.leaf_node, {});
  // s10: init_key is a public key of the suite. Extensions beside the leaf that we do not know are ignored.
  static_cast<void>(point_of(key_package.init_key));
  // s10.1: the key package's own signature.
  require(key_package.signature_is_valid(), "10.1", "a key package's signature is not valid");
  // s10.1: the leaf's key differs from the init key.
  require(key_package.leaf_node.encryption_key != key_package.init_key, "10.1",
          "a key package uses one key both as its init key and in its leaf");
}

}  // namespace vcplay::mls
