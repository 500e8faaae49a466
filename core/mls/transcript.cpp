#include "mls/transcript.hpp"

namespace vcplay::mls {

Bytes confirmed_transcript_hash(ByteView interim_before, const AuthenticatedContent& commit) {
  Writer input;  // ConfirmedTranscriptHashInput
  input.u16(static_cast<std::uint16_t>(commit.wire_format));
  commit.content.write(input);
  input.opaque(commit.auth.signature);
  const crypto::Digest digest = crypto::sha256({interim_before, input.bytes()});
  return {digest.begin(), digest.end()};
}

Bytes interim_transcript_hash(ByteView confirmed, ByteView confirmation_tag) {
  Writer input;  // InterimTranscriptHashInput
  input.opaque(confirmation_tag);
  const crypto::Digest digest = crypto::sha256({confirmed, input.bytes()});
  return {digest.begin(), digest.end()};
}

}  // namespace vcplay::mls
