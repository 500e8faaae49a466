#include "mls/group_context.hpp"

namespace vcplay::mls {

void GroupContext::write(Writer& out) const {
  out.u16(version);
  out.u16(cipher_suite);
  out.opaque(group_id);
  out.u64(epoch);
  out.opaque(tree_hash);
  out.opaque(confirmed_transcript_hash);
  extensions.write(out);
}

GroupContext GroupContext::read(Reader& in) {
  GroupContext context;
  context.version = in.u16();
  context.cipher_suite = in.u16();
  context.group_id = in.opaque_copy();
  context.epoch = in.u64();
  context.tree_hash = in.opaque_copy();
  context.confirmed_transcript_hash = in.opaque_copy();
  context.extensions = Extensions::read(in);
  return context;
}

}  // namespace vcplay::mls
