// The kinds of files that a corpus of damaged ones is made from.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace vcplay::testing {

struct CorpusKind {
  const char* name;
  const char* file;
  const char* arguments;  // of ffmpeg; or the text of a list
};
inline void PrintTo(const CorpusKind& kind, std::ostream* out) { *out << kind.name; }

[[nodiscard]] const std::vector<CorpusKind>& corpus_kinds();
[[nodiscard]] bool is_list(const CorpusKind& kind);
/// An undamaged file of this kind.
[[nodiscard]] std::string make_whole(const CorpusKind& kind);

}  // namespace vcplay::testing
