// What an Icecast server says is playing, and the title that a pattern makes of it.
#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/title_template.hpp"
#include "media/remote.hpp"
#include "shown.hpp"
#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using namespace cli;

constexpr std::string_view kSigns = "%[]|&#";  // that a pattern does not mean as they stand

std::string announced(std::string_view metadata) {
  const auto title = media::stream_title(metadata);
  if (!title) return {};
  must_hold(is_utf8(*title), "a title is UTF-8");
  must_hold(title->size() <= 2 * metadata.size(), "a title is a part of what came");
  return *title;
}

std::size_t tags_in(std::string_view pattern) {
  return static_cast<std::size_t>(std::count(pattern.begin(), pattern.end(), '%')) / 2;
}

void fill(std::string_view pattern, const std::string& title) {
  media::TrackInfo track;
  track.location = "https://user:password@example.org/live?token=1";
  track.station = title;
  track.artist = "Somebody";
  NowPlaying now;
  now.begin(track);
  now.retitle({.title = title});
  const std::size_t longest = std::max(title.size(), track.location.size());
  must_hold(TitleTemplate().fill(now) == (title.empty() ? track.location : title),
            "a title is the station's");
  try {
    const std::string text = TitleTemplate(pattern, "--title").fill(now);
    must_hold(text.size() <= pattern.size() + tags_in(pattern) * longest,
              "a tag stands where it was asked for");
    const bool is_plain = pattern.find_first_of(kSigns) == std::string_view::npos;
    must_hold(!is_plain || text == pattern, "a text without signs stays as it is");
    const std::string shown = display_safe(text, 200);
    if (!shown.empty()) must_be_a_sentence(shown);
  } catch (const Error& error) {
    must_hold(error.cause() == Cause::usage, "a pattern that is wrong is a matter of usage");
    must_be_a_sentence(error.what());
  }
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&](const char* name, std::string_view pattern, std::string_view metadata) {
    Bytes input = {static_cast<std::uint8_t>(pattern.size())};
    input.insert(input.end(), pattern.begin(), pattern.end());
    input.insert(input.end(), metadata.begin(), metadata.end());
    all.push_back({name, std::move(input)});
  };
  add("usual", "[%artist% - &%title%]|%title%|%name%|%file%",
      "StreamTitle='Bj\xf6rk - J\xf3ga';StreamUrl='x';");
  add("apostrophe", "%name%: [%title%|#[none#]] (%time% of %position%)", "StreamTitle='Don't';StreamUrl='';");
  add("cut", "%filename% %album%", "StreamUrl='';StreamTitle='\xe6\xbc\xa2\xe5\xad");
  add("hostile", "%title%", "StreamTitle='\x1b[2J\xe2\x80\xae\n%file%'");
  add("unknown", "%titel%", "");
  add("open", "[%title%|[a&b]", "");
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  fuzz::Input input({data, size});
  const std::string_view pattern = as_text(input.take(input.u8()));
  fuzz::fill(pattern, fuzz::announced(as_text(input.rest())));
  return 0;
}
