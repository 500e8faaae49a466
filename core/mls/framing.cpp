#include "mls/framing.hpp"

#include "mls/refusal.hpp"

namespace vcplay::mls {
namespace {

// ContentType on the wire.
constexpr std::uint8_t kApplication = 1;
constexpr std::uint8_t kProposal = 2;
constexpr std::uint8_t kCommit = 3;

void write_wire_format(Writer& out, WireFormat format) { out.u16(static_cast<std::uint16_t>(format)); }

void read_version(Reader& in) {
  const std::uint16_t version = in.u16();
  if (version != kMls10)
    refuse_unsupported("6", "a message has the protocol version " + std::to_string(version));
}

void check_version(std::uint16_t inner) {
  // s10 for key packages: the version within is the version of the message around it.
  if (inner != kMls10) refuse_malformed("10", "a message holds something of another protocol version");
}

}  // namespace

void Sender::write(Writer& out) const {
  out.u8(static_cast<std::uint8_t>(type));
  if (type == SenderType::member || type == SenderType::external) out.u32(index);
}

Sender Sender::read(Reader& in) {
  const std::uint8_t type = in.u8();
  if (type < 1 || type > 4) refuse_malformed("6", "a message has a sender of an unknown type");
  Sender sender{static_cast<SenderType>(type), 0};
  if (sender.type == SenderType::member || sender.type == SenderType::external) sender.index = in.u32();
  return sender;
}

void FramedContent::write(Writer& out) const {
  out.opaque(group_id);
  out.u64(epoch);
  sender.write(out);
  out.opaque(authenticated_data);
  out.u8(static_cast<std::uint8_t>(content.index() + 1));
  std::visit([&](const auto& body) { body.write(out); }, content);
}

FramedContent FramedContent::read(Reader& in) {
  FramedContent framed;
  framed.group_id = in.opaque_copy();
  framed.epoch = in.u64();
  framed.sender = Sender::read(in);
  framed.authenticated_data = in.opaque_copy();
  switch (in.u8()) {
    case kApplication:
      framed.content = ApplicationData::read(in);
      break;
    case kProposal:
      framed.content = Proposal::read(in);
      break;
    case kCommit:
      framed.content = Commit::read(in);
      break;
    default:
      refuse_malformed("6", "a message has content of an unknown type");
  }
  return framed;
}

void FramedContentAuthData::write(Writer& out) const {
  out.opaque(signature);
  if (confirmation_tag) out.opaque(*confirmation_tag);
}

FramedContentAuthData FramedContentAuthData::read(Reader& in, const FramedContent& content) {
  FramedContentAuthData auth;
  auth.signature = in.opaque_copy();
  if (content.get<Commit>() != nullptr) auth.confirmation_tag = in.opaque_copy();
  return auth;
}

void AuthenticatedContent::write(Writer& out) const {
  write_wire_format(out, wire_format);
  content.write(out);
  auth.write(out);
}

AuthenticatedContent AuthenticatedContent::read(Reader& in) {
  AuthenticatedContent message;
  const std::uint16_t format = in.u16();
  if (format != 1 && format != 2) refuse_malformed("6", "content has a wire format that carries none");
  message.wire_format = static_cast<WireFormat>(format);
  message.content = FramedContent::read(in);
  message.auth = FramedContentAuthData::read(in, message.content);
  return message;
}

void PublicMessage::write(Writer& out) const {
  content.write(out);
  auth.write(out);
  if (content.sender.is_member()) out.opaque(membership_tag);
}

PublicMessage PublicMessage::read(Reader& in) {
  PublicMessage message;
  message.content = FramedContent::read(in);
  message.auth = FramedContentAuthData::read(in, message.content);
  if (message.content.sender.is_member()) message.membership_tag = in.opaque_copy();
  return message;
}

void MlsMessage::write(Writer& out) const {
  static constexpr WireFormat formats[] = {WireFormat::public_message, WireFormat::welcome,
                                           WireFormat::group_info, WireFormat::key_package};
  out.u16(kMls10);
  write_wire_format(out, formats[body.index()]);
  std::visit([&](const auto& message) { message.write(out); }, body);
}

MlsMessage MlsMessage::read(Reader& in) {
  read_version(in);
  switch (static_cast<WireFormat>(in.u16())) {
    case WireFormat::public_message:
      return {PublicMessage::read(in)};
    case WireFormat::private_message:
      refuse_unsupported("6.3", "a PrivateMessage came; only PublicMessages are spoken here");
    case WireFormat::welcome:
      return {Welcome::read(in)};
    case WireFormat::group_info: {
      GroupInfo info = GroupInfo::read(in);
      check_version(info.group_context.version);
      return {std::move(info)};
    }
    case WireFormat::key_package: {
      KeyPackage key_package = KeyPackage::read(in);
      check_version(key_package.version);
      return {std::move(key_package)};
    }
  }
  refuse_malformed("6", "a message has an unknown wire format");
}

}  // namespace vcplay::mls
