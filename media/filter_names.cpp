#include "media/filter_names.hpp"

extern "C" {
#include <libavutil/avstring.h>
#include <libavutil/mem.h>
}

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>

namespace vcplay::media {
namespace {

constexpr const char* kBlanks = " \n\t\r";

struct Refused {
  std::string_view name;
  std::string_view reason;
};

constexpr std::string_view kReaches = "it can open files or the network";
constexpr std::string_view kRunsCode = "it runs code from other files";
constexpr std::string_view kCommands = "it takes commands from elsewhere";
constexpr std::string_view kWaits = "it waits by the clock, and vcplay keeps the time itself";
constexpr std::string_view kOverruns = "it reads or writes past the end of a short track";
constexpr std::string_view kKeeps = "it keeps a whole track in memory";

constexpr Refused kRefused[] = {
    {"amovie", kReaches},
    {"movie", kReaches},
    {"ametadata", kReaches},
    {"metadata", kReaches},
    {"arnndn", kReaches},
    {"asr", kReaches},
    {"sofalizer", kReaches},
    {"flite", kReaches},
    {"firequalizer", kReaches},  // its dumpfile
    {"anlmdn", kOverruns},       // FFmpeg's, found with valgrind: 37 samples are enough
    {"apsyclip", kOverruns},
    {"axcorrelate", kOverruns},
    {"dialoguenhance", kOverruns},
    {"a3dscope", "it makes pictures"},
    {"ladspa", kRunsCode},
    {"lv2", kRunsCode},
    {"frei0r", kRunsCode},
    {"frei0r_src", kRunsCode},
    {"asendcmd", kCommands},
    {"sendcmd", kCommands},
    {"azmq", kCommands},
    {"zmq", kCommands},
    {"acue", kWaits},
    {"cue", kWaits},
    {"arealtime", kWaits},
    {"realtime", kWaits},
    {"areverse", kKeeps},
    {"asetnsamples", kKeeps},
    {"reverse", kKeeps},
    {"aloop", "it repeats in memory; --loop does it better"},
};

// What turns sound into sound, and touches nothing else. What libavfilter gains is not allowed until somebody
// has looked whether it opens files, waits, or keeps a track in memory.
constexpr std::string_view kAllowed[] = {
    // what sounds
    "aap", "acompressor", "acontrast", "acopy", "acrossfade", "acrossover", "acrusher", "adeclick", "adeclip",
    "adecorrelate", "adelay", "adenorm", "aderivative", "adrc", "adynamicequalizer", "adynamicsmooth",
    "aecho", "aemphasis", "aeval", "aexciter", "afade", "afftdn", "afftfilt", "afifo", "afir", "aformat",
    "afreqshift", "afwtdn", "agate", "aiir", "aintegral", "ainterleave", "alatency", "alimiter", "allpass",
    "amerge", "amix", "amultiply", "anequalizer", "anlmf", "anlms", "anull", "apad", "aperms", "aphaser",
    "aphaseshift", "apulsator", "aresample", "arls", "asdr", "asegment", "aselect", "asetpts", "asetrate",
    "asettb", "asisdr", "asoftclip", "asplit", "asubboost", "asubcut", "asupercut", "asuperpass",
    "asuperstop", "atempo", "atilt", "atrim", "bandpass", "bandreject", "bass", "biquad", "bs2b",
    "channelmap", "channelsplit", "chorus", "compand", "compensationdelay", "crossfeed", "crystalizer",
    "dcshift", "deesser", "dynaudnorm", "earwax", "equalizer", "extrastereo", "flanger", "haas", "hdcd",
    "headphone", "highpass", "highshelf", "join", "loudnorm", "lowpass", "lowshelf", "mcompand", "pan",
    "replaygain", "rubberband", "sidechaincompress", "sidechaingate", "silenceremove", "speechnorm",
    "stereotools", "stereowiden", "superequalizer", "surround", "tiltshelf", "treble", "tremolo", "vibrato",
    "virtualbass", "volume",
    // what measures, and says so in FFmpeg's log alone
    "apsnr", "ashowinfo", "aspectralstats", "astats", "drmeter", "ebur128", "silencedetect", "volumedetect",
    // where sound begins and ends
    "aevalsrc", "afirsrc", "anoisesrc", "anullsink", "anullsrc", "hilbert", "sinc", "sine"};

/// Reads a graph as libavfilter does: labels, a name, options, labels, and a comma or semicolon.
class Reader {
 public:
  explicit Reader(const char* graph) : rest_(graph) {}

  [[nodiscard]] std::string token(const char* end) {
    const std::unique_ptr<char, decltype(&av_free)> text(av_get_token(&rest_, end), &av_free);
    return text == nullptr ? std::string() : text.get();
  }
  void skip_blanks() { rest_ += std::strspn(rest_, kBlanks); }
  void skip_labels() {
    while (*rest_ == '[') {
      ++rest_;
      static_cast<void>(token("]"));
      if (*rest_ == ']') ++rest_;
      skip_blanks();
    }
  }
  [[nodiscard]] char peek() const { return *rest_; }
  void step() { ++rest_; }

 private:
  const char* rest_;
};

/// FFmpeg 7 reads an option "/name=file" from that file; blanks may stand before it.
bool reads_files(std::string_view options) {
  while (true) {
    const std::size_t begin = options.find_first_not_of(kBlanks);
    if (begin != std::string_view::npos && options[begin] == '/') return true;
    const std::size_t end = options.find(':');
    if (end == std::string_view::npos) return false;
    options.remove_prefix(end + 1);
  }
}

struct Named {
  std::string name;
  std::string options;
};

/// What stands in `graph`, up to where libavfilter would complain.
std::vector<Named> read(const std::string& graph) {
  std::vector<Named> filters;
  Reader reader(graph.c_str());
  reader.skip_blanks();
  while (reader.peek() != '\0') {
    reader.skip_blanks();
    reader.skip_labels();
    const std::string instance = reader.token("=,;[");
    Named filter{instance.substr(0, instance.find('@')), {}};
    if (reader.peek() == '=') {
      reader.step();
      filter.options = reader.token("[],;");
    }
    filters.push_back(std::move(filter));
    reader.skip_blanks();
    reader.skip_labels();
    if (reader.peek() != ',' && reader.peek() != ';') break;
    reader.step();
  }
  return filters;
}

std::string reason_against(const Named& filter) {
  for (const Refused& refused : kRefused) {
    if (filter.name == refused.name) {
      return "--af: the filter " + filter.name + " is not allowed: " + std::string(refused.reason);
    }
  }
  if (!is_allowed_filter(filter.name)) {
    return "--af: the filter " + filter.name +
           " is not allowed: it is none of those that only turn sound into sound";
  }
  return reads_files(filter.options) ? "--af: options of filters cannot be read from files" : "";
}

}  // namespace

bool is_allowed_filter(std::string_view name) {
  return std::find(std::begin(kAllowed), std::end(kAllowed), name) != std::end(kAllowed);
}

std::string reason_against_filters(const std::string& graph) {
  // The one thing that may stand before the first filter, and of no use to audio.
  if (graph.find("sws_flags") != std::string::npos) return "--af: sws_flags is for pictures";
  for (const Named& filter : read(graph)) {
    if (std::string reason = reason_against(filter); !reason.empty()) return reason;
  }
  return {};
}

std::vector<std::string> filters_named_in(const std::string& graph) {
  std::vector<std::string> names;
  for (Named& filter : read(graph)) names.push_back(std::move(filter.name));
  return names;
}

}  // namespace vcplay::media
