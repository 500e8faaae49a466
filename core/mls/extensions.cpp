#include "mls/extensions.hpp"

#include <algorithm>

#include "mls/refusal.hpp"

namespace vcplay::mls {
namespace {

// Far above what anybody needs, and few enough to compare each with each.
constexpr std::size_t kMaxExtensions = 256;

}  // namespace

void Credential::write(Writer& out) const {
  out.u16(kBasicCredential);
  out.opaque(identity);
}

Credential Credential::read(Reader& in) {
  const std::uint16_t type = in.u16();
  if (type != kBasicCredential) {
    refuse_unsupported("5.3", "a credential has the type " + std::to_string(type) + ", not basic");
  }
  return {in.opaque_copy()};
}

void Extension::write(Writer& out) const {
  out.u16(type);
  out.opaque(data);
}

Extension Extension::read(Reader& in) {
  Extension extension;
  extension.type = in.u16();
  extension.data = in.opaque_copy();
  return extension;
}

const Bytes* Extensions::find(std::uint16_t type) const noexcept {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const Extension& e) { return e.type == type; });
  return found == list.end() ? nullptr : &found->data;
}

Extensions Extensions::read(Reader& in) {
  Extensions extensions;
  for (Reader items = in.vector(); !items.done();) {
    Extension extension = Extension::read(items);
    if (extensions.find(extension.type) != nullptr) {
      refuse_malformed("13.4", "a list has two extensions of the type " + std::to_string(extension.type));
    }
    if (extensions.list.size() == kMaxExtensions)
      refuse_malformed("13.4", "a list has more than 256 extensions");
    extensions.list.push_back(std::move(extension));
  }
  return extensions;
}

void RequiredCapabilities::write(Writer& out) const {
  write_code_points(out, extension_types);
  write_code_points(out, proposal_types);
  write_code_points(out, credential_types);
}

RequiredCapabilities RequiredCapabilities::read(Reader& in) {
  RequiredCapabilities required;
  required.extension_types = read_code_points(in);
  required.proposal_types = read_code_points(in);
  required.credential_types = read_code_points(in);
  return required;
}

void ExternalSender::write(Writer& out) const {
  out.opaque(signature_key);
  credential.write(out);
}

ExternalSender ExternalSender::read(Reader& in) {
  ExternalSender sender;
  sender.signature_key = in.opaque_copy();
  sender.credential = Credential::read(in);
  return sender;
}

Extension external_senders_extension(const std::vector<ExternalSender>& senders) {
  Writer out;
  out.vector(senders);
  return {extension_type::external_senders, out.take()};
}

std::vector<ExternalSender> external_senders(const Extensions& extensions) {
  std::vector<ExternalSender> senders;
  const Bytes* const data = extensions.find(extension_type::external_senders);
  if (data == nullptr) return senders;
  Reader in(*data);
  for (Reader items = in.vector(); !items.done();) senders.push_back(ExternalSender::read(items));
  in.expect_end("the external senders");
  return senders;
}

void write_code_points(Writer& out, const std::vector<std::uint16_t>& values) {
  Writer body;
  for (const std::uint16_t value : values) body.u16(value);
  out.opaque(body.bytes());
}

std::vector<std::uint16_t> read_code_points(Reader& in) {
  std::vector<std::uint16_t> values;
  for (Reader items = in.vector(); !items.done();) values.push_back(items.u16());
  return values;
}

bool lists(const std::vector<std::uint16_t>& values, std::uint16_t value) noexcept {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace vcplay::mls
