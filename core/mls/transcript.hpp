// The running hashes over all Commits of a group (RFC 9420 s8.2).
#pragma once

#include "mls/framing.hpp"

namespace vcplay::mls {

/// Up to and including this Commit's signature.
[[nodiscard]] Bytes confirmed_transcript_hash(ByteView interim_before, const AuthenticatedContent& commit);
/// Up to and including its confirmation tag.
[[nodiscard]] Bytes interim_transcript_hash(ByteView confirmed, ByteView confirmation_tag);

}  // namespace vcplay::mls
