// The seven proposals (RFC 9420 s12.1) and pre-shared key ids (s8.4).
#pragma once

#include <variant>

#include "mls/key_package.hpp"

namespace vcplay::mls {

// s17.4: the default ones.
namespace proposal_type {
inline constexpr std::uint16_t add = 1;
inline constexpr std::uint16_t update = 2;
inline constexpr std::uint16_t remove = 3;
inline constexpr std::uint16_t psk = 4;
inline constexpr std::uint16_t reinit = 5;
inline constexpr std::uint16_t external_init = 6;
inline constexpr std::uint16_t group_context_extensions = 7;
[[nodiscard]] constexpr bool is_default(std::uint16_t type) noexcept { return type >= 1 && type <= 7; }
}  // namespace proposal_type

/// s12.1.1: the client with this key package becomes a member.
struct Add {
  KeyPackage key_package;

  void write(Writer& out) const { key_package.write(out); }
  [[nodiscard]] static Add read(Reader& in) { return {KeyPackage::read(in)}; }
};

/// s12.1.2: the sender gets a new leaf.
struct Update {
  LeafNode leaf_node;

  void write(Writer& out) const { leaf_node.write(out); }
  [[nodiscard]] static Update read(Reader& in) { return {LeafNode::read(in)}; }
};

/// s12.1.3: the member at this leaf goes.
struct Remove {
  LeafIndex removed;

  void write(Writer& out) const { out.u32(removed.value); }
  [[nodiscard]] static Remove read(Reader& in) { return {{in.u32()}}; }
};

enum class ResumptionPskUsage : std::uint8_t { application = 1, reinit = 2, branch = 3 };

struct ExternalPskId {
  Bytes id;
  friend bool operator==(const ExternalPskId&, const ExternalPskId&) = default;
};

struct ResumptionPskId {
  ResumptionPskUsage usage = ResumptionPskUsage::application;
  Bytes group_id;
  std::uint64_t epoch = 0;
  friend bool operator==(const ResumptionPskId&, const ResumptionPskId&) = default;
};

/// s8.4: which pre-shared key is meant, and a nonce for this use of it.
struct PreSharedKeyId {
  std::variant<ExternalPskId, ResumptionPskId> psk;
  Bytes nonce;

  void write(Writer& out) const;
  [[nodiscard]] static PreSharedKeyId read(Reader& in);
  friend bool operator==(const PreSharedKeyId&, const PreSharedKeyId&) = default;
};

/// s12.1.4: a pre-shared key goes into the key schedule.
struct PreSharedKey {
  PreSharedKeyId psk;

  void write(Writer& out) const { psk.write(out); }
  [[nodiscard]] static PreSharedKey read(Reader& in) { return {PreSharedKeyId::read(in)}; }
};

/// s12.1.5: the group is to be replaced by another. Recognised, so that it can be refused.
struct ReInit {
  Bytes group_id;
  std::uint16_t version = kMls10;
  std::uint16_t cipher_suite = kCipherSuite;
  Extensions extensions;

  void write(Writer& out) const;
  [[nodiscard]] static ReInit read(Reader& in);
};

/// s12.1.6: the init secret of an external Commit. Recognised, so that it can be refused.
struct ExternalInit {
  Bytes kem_output;

  void write(Writer& out) const { out.opaque(kem_output); }
  [[nodiscard]] static ExternalInit read(Reader& in) { return {in.opaque_copy()}; }
};

/// s12.1.7: the group context gets these extensions and loses those that it has.
struct GroupContextExtensions {
  Extensions extensions;

  void write(Writer& out) const { extensions.write(out); }
  [[nodiscard]] static GroupContextExtensions read(Reader& in) { return {Extensions::read(in)}; }
};

/// s12.1: one change that somebody wants.
struct Proposal {
  // In the order of their types on the wire, from 1.
  std::variant<Add, Update, Remove, PreSharedKey, ReInit, ExternalInit, GroupContextExtensions> content;

  [[nodiscard]] std::uint16_t type() const noexcept {
    return static_cast<std::uint16_t>(content.index() + 1);
  }
  template <typename T>
  [[nodiscard]] const T* get() const noexcept {
    return std::get_if<T>(&content);
  }

  void write(Writer& out) const;
  [[nodiscard]] static Proposal read(Reader& in);
};

/// The name that the RFC gives to a proposal's type, for sentences.
[[nodiscard]] const char* name_of(const Proposal& proposal) noexcept;

}  // namespace vcplay::mls
