#include "mls/proposals.hpp"

#include "mls/refusal.hpp"

namespace vcplay::mls {
namespace {

// PSKType on the wire.
constexpr std::uint8_t kExternal = 1;
constexpr std::uint8_t kResumption = 2;

ResumptionPskUsage read_usage(Reader& in) {
  const std::uint8_t usage = in.u8();
  if (usage < 1 || usage > 3) refuse_malformed("8.4", "a resumption PSK has an unknown usage");
  return static_cast<ResumptionPskUsage>(usage);
}

}  // namespace

void PreSharedKeyId::write(Writer& out) const {
  if (const auto* external = std::get_if<ExternalPskId>(&psk)) {
    out.u8(kExternal);
    out.opaque(external->id);
  } else {
    const auto& resumption = std::get<ResumptionPskId>(psk);
    out.u8(kResumption);
    out.u8(static_cast<std::uint8_t>(resumption.usage));
    out.opaque(resumption.group_id);
    out.u64(resumption.epoch);
  }
  out.opaque(nonce);
}

PreSharedKeyId PreSharedKeyId::read(Reader& in) {
  PreSharedKeyId id;
  switch (in.u8()) {
    case kExternal:
      id.psk = ExternalPskId{in.opaque_copy()};
      break;
    case kResumption: {
      ResumptionPskId resumption;
      resumption.usage = read_usage(in);
      resumption.group_id = in.opaque_copy();
      resumption.epoch = in.u64();
      id.psk = std::move(resumption);
      break;
    }
    default:
      refuse_malformed("8.4", "a PSK has an unknown type");
  }
  id.nonce = in.opaque_copy();
  return id;
}

void ReInit::write(Writer& out) const {
  out.opaque(group_id);
  out.u16(version);
  out.u16(cipher_suite);
  extensions.write(out);
}

ReInit ReInit::read(Reader& in) {
  ReInit reinit;
  reinit.group_id = in.opaque_copy();
  reinit.version = in.u16();
  reinit.cipher_suite = in.u16();
  reinit.extensions = Extensions::read(in);
  return reinit;
}

void Proposal::write(Writer& out) const {
  out.u16(type());
  std::visit([&](const auto& proposal) { proposal.write(out); }, content);
}

Proposal Proposal::read(Reader& in) {
  const std::uint16_t type = in.u16();
  switch (type) {
    case proposal_type::add:
      return {Add::read(in)};
    case proposal_type::update:
      return {Update::read(in)};
    case proposal_type::remove:
      return {Remove::read(in)};
    case proposal_type::psk:
      return {PreSharedKey::read(in)};
    case proposal_type::reinit:
      return {ReInit::read(in)};
    case proposal_type::external_init:
      return {ExternalInit::read(in)};
    case proposal_type::group_context_extensions:
      return {GroupContextExtensions::read(in)};
    default:
      // s12.2: a non-default type must be supported by all members; we support none, so no
      // list may contain one.
      refuse_unsupported("12.2", "a proposal has the unknown type " + std::to_string(type));
  }
}

const char* name_of(const Proposal& proposal) noexcept {
  static constexpr const char* names[] = {
      "Add", "Update", "Remove", "PreSharedKey", "ReInit", "ExternalInit", "GroupContextExtensions"};
  return names[proposal.content.index()];
}

}  // namespace vcplay::mls
