// XSPF, the XML playlist (xspf.org, version 1).
#include <expat.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <type_traits>

#include "media/playlist.hpp"

namespace vcplay::media {
namespace {

struct FreeParser {
  void operator()(XML_Parser parser) const noexcept { XML_ParserFree(parser); }
};
using ParserPtr = std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser>;

/// What expat's callbacks fill. They are C's: nothing may be thrown out of them.
struct Reading {
  XML_Parser parser = nullptr;
  std::vector<PlaylistEntry> entries;
  PlaylistEntry track;
  std::string text;  // of the innermost element
  int depth = 0;
  int track_depth = 0;  // 0: outside
  bool has_types = false;
  bool out_of_memory = false;

  [[nodiscard]] bool is_full() const noexcept { return entries.size() > kMaxPlaylistEntries; }

  template <typename Work>
  void guarded(Work&& work) noexcept {
    try {
      work();
    } catch (...) {
      out_of_memory = true;
      XML_StopParser(parser, XML_FALSE);
    }
  }
};

Reading& reading(void* self) { return *static_cast<Reading*>(self); }

/// Without a namespace's prefix.
std::string_view local_name(const char* name) {
  const std::string_view whole(name);
  return whole.substr(whole.rfind(':') + 1);
}

/// The first line that is not blank: writers indent as they like.
std::string first_line(std::string_view text) {
  std::string_view line;
  while (line.empty() && !text.empty()) line = take_line(text);
  return std::string(line);
}

void on_start(void* self, const char* name, const char** /*attributes*/) {
  Reading& now = reading(self);
  now.depth += 1;
  now.text.clear();
  if (now.track_depth != 0 || local_name(name) != "track") return;
  now.track_depth = now.depth;
  now.track = {};
  now.track.is_uri = true;
}

void on_end(void* self, const char* name) {
  Reading& now = reading(self);
  now.guarded([&] {
    const std::string_view element = local_name(name);
    if (now.track_depth != 0 && now.depth == now.track_depth + 1) {
      const std::string value = first_line(now.text);
      // A track may have several: alternatives, the preferred one first.
      if (element == "location" && now.track.reference.empty()) now.track.reference = value;
      if (element == "title") now.track.title = value;
      if (element == "creator") now.track.artist = value;
    } else if (now.depth == now.track_depth) {
      if (!now.track.reference.empty()) now.entries.push_back(std::move(now.track));
      now.track_depth = 0;
      if (now.is_full()) XML_StopParser(now.parser, XML_FALSE);
    }
    now.text.clear();
    now.depth -= 1;
  });
}

void on_text(void* self, const char* text, int size) {
  Reading& now = reading(self);
  if (now.track_depth == 0) return;
  now.guarded([&] { now.text.append(text, static_cast<std::size_t>(size)); });
}

// Entities could grow without end or name files; XSPF needs neither them nor a DTD.
void on_doctype(void* self, const char* /*name*/, const char* /*system*/, const char* /*public_id*/,
                int /*inner*/) {
  Reading& now = reading(self);
  now.has_types = true;
  XML_StopParser(now.parser, XML_FALSE);
}

// Expat 2.9 names a new function whose number is 64 bits wide everywhere, and deprecates the old one.
#if XML_MAJOR_VERSION > 2 || (XML_MAJOR_VERSION == 2 && XML_MINOR_VERSION >= 9)
std::uint64_t line_number(XML_Parser parser) { return XML_GetCurrentLineNumber64(parser); }
#else
std::uint64_t line_number(XML_Parser parser) { return XML_GetCurrentLineNumber(parser); }
#endif

}  // namespace

std::vector<PlaylistEntry> parse_xspf(std::string_view text) {
  const ParserPtr parser(XML_ParserCreate(nullptr));
  if (parser == nullptr) throw std::bad_alloc();
  Reading now;
  now.parser = parser.get();
  XML_SetUserData(parser.get(), &now);
  XML_SetElementHandler(parser.get(), on_start, on_end);
  XML_SetCharacterDataHandler(parser.get(), on_text);
  XML_SetStartDoctypeDeclHandler(parser.get(), on_doctype);
  const XML_Status status = XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE);
  if (now.out_of_memory) throw std::bad_alloc();
  if (now.has_types)
    throw std::runtime_error("it declares a document type or entities, which vcplay does not read");
  if (status != XML_STATUS_OK && !now.is_full()) {
    throw std::runtime_error("line " + std::to_string(line_number(parser.get())) + ": " +
                             XML_ErrorString(XML_GetErrorCode(parser.get())));
  }
  return std::move(now.entries);
}

}  // namespace vcplay::media
