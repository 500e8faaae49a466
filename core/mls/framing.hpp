// Message framing (RFC 9420 s6): what is sent, by whom, and how it is authenticated.
#pragma once

#include <optional>
#include <variant>

#include "mls/commit.hpp"
#include "mls/group_context.hpp"
#include "mls/welcome.hpp"

namespace vcplay::mls {

enum class WireFormat : std::uint16_t {
  public_message = 1,
  private_message = 2,  // refused: DAVE's handshake is public and its media are not MLS messages
  welcome = 3,
  group_info = 4,
  key_package = 5,
};

enum class SenderType : std::uint8_t {
  member = 1,
  external = 2,
  new_member_proposal = 3,
  new_member_commit = 4
};

/// Who sent a message.
struct Sender {
  SenderType type = SenderType::member;
  std::uint32_t index = 0;  // a member's leaf, or a place in external_senders

  [[nodiscard]] static Sender member(LeafIndex leaf) noexcept { return {SenderType::member, leaf.value}; }
  [[nodiscard]] static Sender external(std::uint32_t place) noexcept { return {SenderType::external, place}; }
  [[nodiscard]] bool is_member() const noexcept { return type == SenderType::member; }
  /// Of a member.
  [[nodiscard]] LeafIndex leaf() const noexcept { return {index}; }
  friend bool operator==(const Sender&, const Sender&) = default;

  void write(Writer& out) const;
  [[nodiscard]] static Sender read(Reader& in);
};

struct ApplicationData {
  Bytes data;

  void write(Writer& out) const { out.opaque(data); }
  [[nodiscard]] static ApplicationData read(Reader& in) { return {in.opaque_copy()}; }
};

/// What is said, where and by whom; not yet authenticated.
struct FramedContent {
  Bytes group_id;
  std::uint64_t epoch = 0;
  Sender sender;
  Bytes authenticated_data;
  // In the order of ContentType on the wire, from 1.
  std::variant<ApplicationData, Proposal, Commit> content;

  template <typename T>
  [[nodiscard]] const T* get() const noexcept {
    return std::get_if<T>(&content);
  }

  void write(Writer& out) const;
  [[nodiscard]] static FramedContent read(Reader& in);
};

/// s6.1: the sender's signature, and for Commits the proof that the sender reached the new epoch.
struct FramedContentAuthData {
  Bytes signature;
  std::optional<Bytes> confirmation_tag;  // present in Commits and nowhere else

  void write(Writer& out) const;
  [[nodiscard]] static FramedContentAuthData read(Reader& in, const FramedContent& content);
};

/// Content together with its authentication: what proposal refs and transcripts are hashes of.
struct AuthenticatedContent {
  WireFormat wire_format = WireFormat::public_message;
  FramedContent content;
  FramedContentAuthData auth;

  void write(Writer& out) const;
  [[nodiscard]] static AuthenticatedContent read(Reader& in);
};

/// s6.2: AuthenticatedContent as it travels; a member's carries a proof of membership.
struct PublicMessage {
  FramedContent content;
  FramedContentAuthData auth;
  Bytes membership_tag;  // only from members

  [[nodiscard]] AuthenticatedContent authenticated() const {
    return {WireFormat::public_message, content, auth};
  }

  void write(Writer& out) const;
  [[nodiscard]] static PublicMessage read(Reader& in);
};

/// The outermost layer of everything that MLS sends. A PrivateMessage is refused as unsupported.
struct MlsMessage {
  std::variant<PublicMessage, Welcome, GroupInfo, KeyPackage> body;

  template <typename T>
  [[nodiscard]] const T* get() const noexcept {
    return std::get_if<T>(&body);
  }

  void write(Writer& out) const;
  [[nodiscard]] static MlsMessage read(Reader& in);
};

// ── s6.1 and s6.2: signing, checking, proving membership; `context` is the one of the message's epoch ──

[[nodiscard]] AuthenticatedContent sign_content(FramedContent content, const PrivateKey& key,
                                                const GroupContext& context);
[[nodiscard]] bool signature_is_valid(const AuthenticatedContent& message, const SignaturePublicKey& key,
                                      const GroupContext& context);
[[nodiscard]] PublicMessage protect(AuthenticatedContent message, ByteView membership_key,
                                    const GroupContext& context);
[[nodiscard]] bool membership_tag_is_valid(const PublicMessage& message, ByteView membership_key,
                                           const GroupContext& context);

/// s12.1.8: a proposal of the external sender at `place`, for one epoch of a group.
[[nodiscard]] MlsMessage external_proposal(Bytes group_id, std::uint64_t epoch, std::uint32_t place,
                                           const PrivateKey& key, Proposal proposal);

}  // namespace vcplay::mls
