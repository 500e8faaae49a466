// RFC 9420 s6.1 and s6.2: who signs what, and how a member proves to be one.
#include "mls/framing.hpp"
#include "mls/refusal.hpp"

namespace vcplay::mls {
namespace {

constexpr std::string_view kLabel = "FramedContentTBS";

// s6.1: FramedContentTBS. The group context is covered when the sender is, or becomes, a member.
void write_to_be_signed(Writer& out, WireFormat wire_format, const FramedContent& content,
                        const GroupContext& context) {
  out.u16(kMls10);
  out.u16(static_cast<std::uint16_t>(wire_format));
  content.write(out);
  const SenderType sender = content.sender.type;
  if (sender == SenderType::member || sender == SenderType::new_member_commit) context.write(out);
}

Bytes to_be_signed(const AuthenticatedContent& message, const GroupContext& context) {
  Writer out;
  write_to_be_signed(out, message.wire_format, message.content, context);
  return out.take();
}

// s6.2: AuthenticatedContentTBM.
Bytes membership_tag(const PublicMessage& message, ByteView membership_key, const GroupContext& context) {
  Writer out;
  write_to_be_signed(out, WireFormat::public_message, message.content, context);
  message.auth.write(out);
  return mac(membership_key, out.bytes());
}

}  // namespace

AuthenticatedContent sign_content(FramedContent content, const PrivateKey& key, const GroupContext& context) {
  AuthenticatedContent message{WireFormat::public_message, std::move(content), {}};
  // s6: application data may never go into a PublicMessage.
  require(message.content.get<ApplicationData>() == nullptr, "6",
          "application data may not be sent in the open");
  message.auth.signature = sign_with_label(key, kLabel, to_be_signed(message, context));
  return message;
}

bool signature_is_valid(const AuthenticatedContent& message, const SignaturePublicKey& key,
                        const GroupContext& context) {
  return verify_with_label(key, kLabel, to_be_signed(message, context), message.auth.signature);
}

PublicMessage protect(AuthenticatedContent message, ByteView membership_key, const GroupContext& context) {
  PublicMessage sent{std::move(message.content), std::move(message.auth), {}};
  if (sent.content.sender.is_member()) sent.membership_tag = membership_tag(sent, membership_key, context);
  return sent;
}

bool membership_tag_is_valid(const PublicMessage& message, ByteView membership_key,
                             const GroupContext& context) {
  return crypto::equal_in_constant_time(message.membership_tag,
                                        membership_tag(message, membership_key, context));
}

MlsMessage external_proposal(Bytes group_id, std::uint64_t epoch, std::uint32_t place, const PrivateKey& key,
                             Proposal proposal) {
  FramedContent content{std::move(group_id), epoch, Sender::external(place), {}, std::move(proposal)};
  // s6.1: an external sender's signature does not cover the group context, nor does it prove membership.
  return {protect(sign_content(std::move(content), key, {}), {}, {})};
}

}  // namespace vcplay::mls
